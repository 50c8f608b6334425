import { CheckCode, isAsWished, judgeKey } from '../../../src/domain/checks.ts';
import type { Observation, Wish } from '../../../src/domain/observed.ts';
import {
  guards,
  key,
  newKey,
  noon,
  observation,
  planFor,
  resource,
  under,
  vault,
  version,
  wish,
  wishForNewKey,
} from '../support/plans.ts';

const checksOf = (seen: Partial<Observation>, wished: Wish = wish()) => planFor({ seen, wished }).checks;
const soon = '2026-03-03T00:00:00.000Z';
const past = '2026-03-01T00:00:00.000Z';
const hsm = { ...newKey, type: 'RSA-HSM' } as const;

/** For every code one thing Azure may hold that leads to it, and the judgement with its fact. */
const examples: Record<CheckCode, readonly [Partial<Observation>, 'pass' | 'warn' | 'block', string, Wish?]> = {
  'created-after-cutoff': [{ resource: resource({ createdAt: '2021-11-12T00:00:00Z' }) }, 'pass', '2021-11-12'],
  'created-before-cutoff': [{ resource: resource({ createdAt: '2021-11-11T23:59:59Z' }) }, 'block', '2021-11-11'],
  'created-unknown': [{ resource: resource({ createdAt: null }) }, 'block', ''],
  'provisioning-settled': [{}, 'pass', 'Succeeded'],
  'provisioning-unsettled': [{ resource: resource({ provisioningState: 'Updating' }) }, 'block', 'Updating'],
  'microsoft-managed': [{}, 'pass', ''],
  'already-under-this-key': [
    { resource: resource({ customerKey: under(version('a')) }) },
    'block',
    `care in https://kv-care.vault.azure.net/, version ${version('a')}`,
  ],
  'already-under-another-key': [
    { resource: resource({ customerKey: under(version('b')) }) },
    'block',
    `care in https://kv-care.vault.azure.net/, version ${version('b')}`,
  ],
  'same-tenant': [{}, 'pass', ''],
  'other-tenant': [{ vault: vault({ tenantId: 'other' }) }, 'block', 'other'],
  'same-region': [{}, 'pass', 'westeurope'],
  'other-region': [{ vault: vault({ location: 'northeurope' }) }, 'warn', 'westeurope, northeurope'],
  'vault-reachable': [{}, 'pass', ''],
  'vault-firewalled': [{ vault: vault({ firewall: 'closed' }) }, 'block', ''],
  'soft-delete-on': [{}, 'pass', ''],
  'soft-delete-will-be-on': [{ vault: vault({ softDelete: false }) }, 'warn', ''],
  'purge-protection-on': [{ vault: vault({ purgeProtection: true }) }, 'pass', ''],
  'purge-protection-will-be-on': [{}, 'pass', ''],
  'key-fit': [{}, 'pass', 'RSA 3072'],
  'key-new': [{ key: null }, 'pass', 'RSA 3072', wishForNewKey()],
  'key-missing': [{ key: null }, 'block', ''],
  'key-name-taken': [{}, 'block', 'care', wishForNewKey()],
  'key-not-rsa': [{ key: key({ type: 'EC', size: null }) }, 'block', 'EC'],
  'key-size-unfit': [{ key: key({ size: 1024 }) }, 'block', '1024'],
  'key-disabled': [{ key: key({ enabled: false }) }, 'block', ''],
  'key-not-yet-valid': [{ key: key({ notBefore: soon }) }, 'block', soon],
  'key-expired': [{ key: key({ expires: past }) }, 'block', past],
  'key-expires': [{ key: key({ expires: soon }) }, 'warn', soon],
  'key-cannot-wrap': [{ key: key({ operations: ['wrapKey'] }) }, 'block', 'unwrapKey'],
  'key-hsm-needs-premium': [{ key: null }, 'block', '', wishForNewKey({ newKey: hsm })],
  'key-name-deleted': [{ key: null, guards: guards({ deletedKey: 'deleted' }) }, 'block', 'care', wishForNewKey()],
  'key-name-not-checked': [
    { key: null, guards: guards({ deletedKey: 'not-checked' }) },
    'warn',
    'care',
    wishForNewKey(),
  ],
  'no-lock': [{}, 'pass', ''],
  locked: [{ guards: guards({ readOnlyLocks: [{ name: 'freeze', scope: '/s' }] }) }, 'block', 'freeze on /s'],
  'locks-not-checked': [{ guards: guards({ readOnlyLocks: null }) }, 'warn', ''],
  'bot-allowed': [{}, 'pass', ''],
  'bot-not-allowed': [
    { guards: guards({ allowed: { 'Microsoft.HealthBot/healthBots/write': true } }) },
    'block',
    'Microsoft.Authorization/roleAssignments/read, Microsoft.Authorization/roleAssignments/write, Microsoft.KeyVault/vaults/write',
  ],
  'rights-not-checked': [{ guards: guards({ allowed: null }) }, 'warn', ''],
};

it.each(CheckCode.options)('comes to %s', (code) => {
  const [seen, outcome, fact, wished] = examples[code];
  expect(checksOf(seen, wished)).toContainEqual({ outcome, code, fact });
});

describe('the checks of a plan', () => {
  it('judge each thing once: nothing passes and fails at the same time', () => {
    for (const code of CheckCode.options) {
      const [seen, , , wished] = examples[code];
      const found = checksOf(seen, wished).map((check) => check.code);
      expect(new Set(found).size).toBe(found.length);
      expect(found.filter((one) => one.startsWith('created-'))).toHaveLength(1);
      expect(found.filter((one) => one.endsWith('-region'))).toHaveLength(1);
      expect(found.filter((one) => one === 'key-fit' || one === 'key-disabled').length).toBeLessThanOrEqual(1);
    }
  });

  it('let a premium vault hold an RSA-HSM key', () => {
    const premium = { key: null, vault: vault({ sku: 'premium' }) } as const;
    expect(checksOf(premium, wishForNewKey({ newKey: hsm }))).toContainEqual({
      outcome: 'pass',
      code: 'key-new',
      fact: 'RSA-HSM 3072',
    });
  });

  it('warn that a new key will expire, and block one that expired before it was made', () => {
    const codes = (expires: string) =>
      checksOf({ key: null }, wishForNewKey({ newKey: { ...newKey, expires } })).map((check) => check.code);
    expect(codes(soon)).toContain('key-expires');
    expect(codes(past)).toContain('key-expired');
    expect(codes(past)).not.toContain('key-new');
  });

  it('compare tenants without regard to case', () => {
    expect(checksOf({ vault: vault({ tenantId: vault().tenantId.toUpperCase() }) })).toContainEqual({
      outcome: 'pass',
      code: 'same-tenant',
      fact: '',
    });
  });
});

describe('a key', () => {
  const codes = (change: Parameters<typeof key>[0]) => judgeKey(key(change), noon).map((check) => check.code);

  it('names everything that is wrong with it at once', () => {
    const bad = { size: 1024, enabled: false, notBefore: soon, operations: [] };
    expect(codes(bad)).toEqual(['key-size-unfit', 'key-disabled', 'key-not-yet-valid', 'key-cannot-wrap']);
  });

  it('of a kind that cannot wrap is not also told to allow wrapping', () => {
    expect(codes({ type: 'EC', size: null, operations: ['sign', 'verify'] })).toEqual(['key-not-rsa']);
  });

  it.each([2048, 3072, 4096])('fits with %i bits', (size) => {
    expect(codes({ size })).toEqual(['key-fit']);
  });

  it('has expired at the very moment of its expiry', () => {
    expect(codes({ expires: noon.toISOString() })).toEqual(['key-expired']);
  });

  it('may lie in hardware', () => {
    expect(codes({ type: 'RSA-HSM' })).toEqual(['key-fit']);
    expect(codes({ type: 'RSA-SOMETHING' })).toEqual(['key-not-rsa']);
  });
});

describe('an agent', () => {
  const asWished = (customerKey: ReturnType<typeof under> | null, wished = wish()) =>
    isAsWished(observation({ resource: resource({ customerKey }) }), wished);

  it('is as wished under the pinned version of the wished key, however the vault is spelled', () => {
    expect(asWished(under(version('a')))).toBe(true);
    expect(asWished(under(version('a'), { vaultUri: 'https://KV-care.vault.azure.net' }))).toBe(true);
  });

  it.each([
    ['no key of the customer’s', null],
    ['another version', under(version('b'))],
    ['whatever version is newest', under(null)],
    ['another key', under(version('a'), { keyName: 'other' })],
    ['another vault', under(version('a'), { vaultUri: 'https://kv-other.vault.azure.net/' })],
  ])('is not as wished under %s', (_what, customerKey) => {
    expect(asWished(customerKey)).toBe(false);
  });
});
