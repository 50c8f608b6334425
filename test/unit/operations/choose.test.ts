import { done } from '../../../src/domain/failure.ts';
import { KeyName } from '../../../src/domain/ids.ts';
import type { ResourceSummary } from '../../../src/domain/ports/inventory.ts';
import { refuseOnFailure } from '../../../src/domain/request/refusal.ts';
import {
  chooseKey,
  chooseNewKey,
  chooseResource,
  chooseVault,
  isUsable,
  judgeKeys,
  judgeVaults,
  type NewKeyInputs,
} from '../../../src/operations/choose.ts';
import { failure } from '../../support/builders/commands.ts';
import { resourceId, tenant, vaultId } from '../../support/builders/fixtures.ts';
import { key, keyName, kind, noon, resource, vault, version } from '../../support/builders/plans.ts';
import { termsOf } from '../../support/builders/policies.ts';
import { scriptedAzure } from '../../support/builders/scripted-azure.ts';

const azure = scriptedAzure();
const refused = (code: string, fact: string) => ({ kind: 'refused', code, fact });

function withResources(...names: string[]) {
  const resources = names.map(
    (name, n) => ({ id: `${resourceId(name)}`.replace('rg-care', `rg-${n}`), name }) as ResourceSummary,
  );
  return { ...azure, inventory: { ...azure.inventory, resources: async () => done(resources) } };
}

const nearBotCare = { ...refused('unknown-resource', 'bot-cares'), near: 'bot-care' };

describe('an agent', () => {
  it.each(['bot-care', ' BOT-care ', resourceId(), resourceId().toUpperCase()])('is chosen by %j', async (typed) => {
    expect(await chooseResource(azure, typed)).toMatchObject({ id: resourceId() });
  });

  it('needs its id when two have the name, in whatever case', async () => {
    const two = withResources('bot-care', 'Bot-Care');
    expect(await chooseResource(two, 'bot-care')).toEqual(refused('ambiguous-resource', 'bot-care'));
    const id = resourceId('bot-care').replace('rg-care', 'rg-0');
    expect(await chooseResource(two, id)).toMatchObject({ id });
  });

  it.each<[string, string, object]>([
    ['a part of its name', 'bot', refused('unknown-resource', 'bot')],
    ['an id outside the subscriptions', resourceId().replace('40000000', '90000000'), { code: 'unknown-resource' }],
    ['a long name, which is not repeated in full', 'x'.repeat(500), refused('unknown-resource', 'x'.repeat(80))],
    ['a mistyped id, but named by its end', resourceId('bot-cares'), nearBotCare],
    [
      'an id of another type, but named by its end',
      resourceId('bot-cares').replace('HealthBot', 'HealthBots'),
      nearBotCare,
    ],
    ['an id with a slash, but named by its end', `${resourceId('bot-cares')}/`, nearBotCare],
  ])('is not chosen by %s', async (_what, typed, answer) => {
    expect(await chooseResource(azure, typed)).toMatchObject(answer);
  });
});

describe('a vault', () => {
  it.each(['kv-care', 'KV-CARE ', vaultId.toUpperCase()])('is chosen by %j', async (typed) => {
    expect(await chooseVault(azure, typed)).toMatchObject({ id: vaultId });
  });

  it('is named, when unknown, by the end of its id', async () => {
    const typed = vaultId.replace('kv-care', 'kv-cares');
    expect(await chooseVault(azure, typed)).toMatchObject(refused('unknown-vault', 'kv-cares'));
  });
});

describe('a key', () => {
  it('is chosen at the version that is newest now', async () => {
    const two = scriptedAzure({ keys: [key(), key({ version: version('b') })] });
    expect(await chooseKey(two, vaultId, ' care ')).toEqual({
      kind: 'existing',
      name: keyName,
      version: version('b'),
    });
  });

  it.each([
    ['other', 'unknown-key'],
    ['not a name', 'unknown-key'],
    ['', 'choice-missing'],
  ])('is refused by %j: %s', async (typed, code) => {
    expect(await chooseKey(azure, vaultId, typed)).toMatchObject({ code });
  });
});

it.each([
  ['agents', 'inventory.resources', chooseResource],
  ['vaults', 'inventory.vaults', chooseVault],
  ['keys', 'keys.get', (port: typeof azure) => chooseKey(port, vaultId, 'care')],
] as const)('says what Azure said when %s cannot be read', async (_what, read, choose) => {
  const dark = scriptedAzure();
  for (const [said, code] of [
    [{ next: 'wait', status: 429, code: 'Throttled', message: 'Too many requests.' }, 'azure-unreachable'],
    [{ status: 403, code: 'AuthorizationFailed', message: 'No.' }, 'azure-refused'],
    [{ status: 400, code: 'InvalidQuery', message: 'Query is invalid.' }, 'azure-cannot'],
  ] as const) {
    dark.refuse(read, failure(said));
    expect(await refuseOnFailure<unknown>(() => choose(dark, 'any'))).toMatchObject({
      code,
      failure: { code: said.code, message: said.message },
    });
  }
});

describe('a new key', () => {
  const choose = (change: Partial<NewKeyInputs>) =>
    chooseNewKey({ newKeyName: 'care-2026', keyType: 'RSA', keySize: '3072', keyExpiry: '', ...change }, noon);

  it('has the settings that stand on the card', () => {
    expect(choose({ newKeyName: ' care-2026 ', keyType: 'RSA-HSM', keySize: '4096', keyExpiry: '2027-01-01' })).toEqual(
      {
        kind: 'new',
        name: 'care-2026',
        key: { type: 'RSA-HSM', size: 4096, expires: '2027-01-01T00:00:00.000Z' },
      },
    );
  });

  it.each(['', 'new', 'a b', 'a_b', 'a'.repeat(128)])('is not named %j', (newKeyName) => {
    expect(choose({ newKeyName })).toMatchObject({ code: 'new-key-name-unfit' });
  });

  it.each(['2026-03-02', '2020-01-01', 'tomorrow', '2027-13-01', '2027-02-31', '2027-1-1'])(
    'does not expire on %j',
    (day) => {
      expect(choose({ keyExpiry: day })).toMatchObject({ code: 'new-key-expiry-unfit', fact: day });
    },
  );

  it.each([{ keyType: 'EC' }, { keyType: '' }, { keySize: '1024' }, { keySize: '' }, { keySize: '2048.5' }])(
    'is not of the kind %j',
    (change) => {
      expect(choose(change)).toMatchObject({ code: 'new-key-kind-unfit' });
    },
  );
});

describe('the lists to choose from', () => {
  it('put vaults first that need nothing, and last those that cannot be used', () => {
    const vaults = [
      vault({ name: 'kv-tenant', tenantId: 'other', purgeProtection: true }),
      vault({ name: 'kv-region', location: 'northeurope', purgeProtection: true }),
      vault({ name: 'kv-b', purgeProtection: true }),
      vault({ name: 'kv-firewall', firewall: 'closed', purgeProtection: true }),
      vault({ name: 'kv-unprotected' }),
      vault({ name: 'kv-a', purgeProtection: true }),
    ];
    const judged = judgeVaults(vaults, resource(), { tenantId: tenant, kind, terms: termsOf() });
    expect(judged.map((one) => one.vault.name)).toEqual([
      'kv-a',
      'kv-b',
      'kv-unprotected',
      'kv-region',
      'kv-firewall',
      'kv-tenant',
    ]);
    expect(judged.filter((one) => !isUsable(one)).map((one) => one.vault.name)).toEqual(['kv-firewall', 'kv-tenant']);
  });

  it('put keys first that fit, then by name', () => {
    const named = (name: string, change: Parameters<typeof key>[0] = {}) =>
      key({ name: KeyName.parse(name), ...change });
    const keys = [named('a', { enabled: false }), named('c'), named('b', { expires: '2027-01-01T00:00:00.000Z' })];
    expect(judgeKeys(keys, noon).map((one) => [one.key.name, one.fit])).toEqual([
      ['b', true],
      ['c', true],
      ['a', false],
    ]);
  });
});
