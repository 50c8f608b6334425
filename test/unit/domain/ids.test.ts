import {
  ArmId,
  armIdParts,
  FormId,
  KeyName,
  KeyVersion,
  mintFormId,
  mintRequestId,
  PersonId,
  RequestId,
  sameArmId,
  TenantId,
} from '../../../src/domain/ids.ts';
import { keyScope, sameVaultUri } from '../../../src/domain/observed.ts';
import { resourceId, vaultId } from '../../support/builders/fixtures.ts';
import { keyName } from '../../support/builders/plans.ts';

const accepts = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown): boolean =>
  schema.safeParse(value).success;

describe('a request id', () => {
  it('is minted from six random bytes, five bits of each', () => {
    expect(mintRequestId(Uint8Array.of(0, 1, 18, 20, 27, 31))).toBe('CMK-01JMVZ');
    expect(mintRequestId(Uint8Array.of(224, 33, 255, 9, 8, 7, 6, 5))).toBe('CMK-01Z987');
  });

  it('is never shorter than six characters', () => expect(() => mintRequestId(Uint8Array.of(1, 2, 3))).toThrow());

  const misread = [...'ILOU'].map((letter) => `CMK-7F3K9${letter}`);
  it.each(['CMK-7F3K9', 'CMK-7F3K9QQ', 'cmk-7f3k9q', ' CMK-7F3K9Q', ...misread])('is not %j', (text) => {
    expect(accepts(RequestId, text)).toBe(false);
  });

  it('uses every character of its alphabet and no letter that is misread', () => {
    const minted = Array.from({ length: 256 }, (_, byte) => mintRequestId(new Uint8Array(6).fill(byte)));
    const letters = new Set(minted.flatMap((one) => one.slice(4).split('')));
    expect([...letters].sort().join('')).toBe('0123456789ABCDEFGHJKMNPQRSTVWXYZ');
  });
});

it('mints a form id from ten random bytes', () => {
  expect(mintFormId(new Uint8Array(12).fill(31))).toBe('F-ZZZZZZZZZZ');
  expect(accepts(FormId, 'F-ZZZZZZZZZ')).toBe(false);
});

it('reads Entra ids in any case and keeps them in lower case, so that one person is one id', () => {
  const upper = '20000000-0000-4000-8000-00000000ABCD';
  expect(PersonId.parse(upper)).toBe(upper.toLowerCase());
  expect(TenantId.parse(upper)).toBe(upper.toLowerCase());
  expect(accepts(PersonId, `{${upper}}`)).toBe(false);
  expect(accepts(PersonId, '')).toBe(false);
});

describe('an ARM id', () => {
  it.each([
    '/subscriptions/x/resourceGroups/rg/providers/p/t/n',
    '/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg',
    `${resourceId()}/`,
    `${resourceId()}/half`,
    `${resourceId()}/../other`,
    resourceId().replace('rg-care', '..'),
    `${resourceId()}?api-version=1`,
    `${resourceId()}#part`,
    `${resourceId()}${'a'.repeat(1000)}`,
  ])('is not %j', (text) => expect(accepts(ArmId, text)).toBe(false));

  it('is one resource in whatever case', () => {
    expect(sameArmId(resourceId(), resourceId().toUpperCase())).toBe(true);
    expect(sameArmId(resourceId(), resourceId('bot-other'))).toBe(false);
  });

  it('comes apart into what people speak of, also where one resource lies in another', () => {
    expect(armIdParts(keyScope({ vaultId, keyName }))).toEqual({
      subscriptionId: '40000000-0000-4000-8000-000000000001',
      resourceGroup: 'rg-care',
      name: 'care',
    });
  });
});

it('takes keys by the names and versions that Key Vault gives them', () => {
  expect(accepts(KeyName, 'a'.repeat(127))).toBe(true);
  for (const name of ['', 'a'.repeat(128), 'a_b', 'a/b']) expect(accepts(KeyName, name)).toBe(false);
  expect(accepts(KeyVersion, 'A'.repeat(32))).toBe(false);
  expect(accepts(KeyVersion, 'a'.repeat(31))).toBe(false);
});

it('takes the addresses of a vault for one, with and without a slash', () => {
  expect(sameVaultUri('https://KV.vault.azure.net', 'https://kv.vault.azure.net/')).toBe(true);
  expect(sameVaultUri('https://kv.vault.azure.net', 'https://kv2.vault.azure.net')).toBe(false);
});
