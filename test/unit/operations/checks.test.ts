import { type Check, type CheckCode, checkCodes, type FactOf } from '../../../src/domain/check.ts';
import { isAlreadySet } from '../../../src/domain/key-change.ts';
import type { Observation, ObservedOthers } from '../../../src/domain/observed.ts';
import type { OwnKey } from '../../../src/domain/own-key.ts';
import { judgeKey, type KeyTerms } from '../../../src/operations/checks.ts';
import { type StoredChangeSpec, workOf } from '../../../src/operations/registry.ts';
import { healthcareAgent } from '../../../src/operations/resources/healthcare-agent.ts';
import { resourceId } from '../../support/builders/fixtures.ts';
import {
  control,
  guards,
  key,
  keyName,
  newKey,
  noon,
  observation,
  planFor,
  resource,
  retirement,
  retiring,
  toNewVersion,
  under,
  vault,
  version,
  wish,
  wishForNewKey,
  wishToRepair,
  wishToRetire,
  wishToRotate,
} from '../../support/builders/plans.ts';
import { termsOf } from '../../support/builders/policies.ts';

const checksOf = (
  seen: Partial<Observation>,
  wished: StoredChangeSpec = wish(),
  own: OwnKey | null = null,
  terms?: KeyTerms,
) => planFor({ seen, wished, own, ...(terms === undefined ? {} : { terms }) }).checks;
/** Where a rotation starts: the agent under version `a…`, which is there and enabled. */
const rotating = (change: Partial<Observation> = {}): Partial<Observation> => ({
  resource: resource({ customerKey: under(version('a')), systemAssigned: true }),
  key: key({ version: version('b') }),
  from: key(),
  ...change,
});
/** Where nothing needs repair: the agent under version `a…`, with access to it. */
const asApproved = (change: Partial<Observation> = {}): Partial<Observation> => ({
  resource: resource({ customerKey: under(version('a')), systemAssigned: true }),
  vault: vault({ purgeProtection: true }),
  grantHeld: true,
  ...change,
});
const own: OwnKey = { keyVersion: version('a'), intents: [] };
const soon = '2026-03-03T00:00:00.000Z';
const past = '2026-03-01T00:00:00.000Z';
const hsm = { ...newKey, type: 'RSA-HSM' } as const;

/** For every code one thing Azure may hold that leads to it, and the judgement with its fact. */
interface Example<C extends CheckCode> {
  readonly seen: Partial<Observation>;
  readonly outcome: Check['outcome'];
  readonly fact: FactOf<C>;
  readonly wished?: StoredChangeSpec | undefined;
  readonly own?: OwnKey | undefined;
  readonly terms?: KeyTerms | undefined;
}
const others = (change: Partial<ObservedOthers> = {}): ObservedOthers => ({
  sameKey: [],
  vaultsAlike: [],
  keysAlike: [],
  unread: false,
  ...change,
});
const ward = { id: resourceId('ward-agent'), name: 'ward-agent', subscription: { id: 's-1', name: 'Care production' } };
const cutoff = '2021-11-11';
const keyAt = (digit: string) => under(version(digit));
const userIdentity = `${resourceId().replace(/Microsoft.*/, 'Microsoft.ManagedIdentity/userAssignedIdentities/')}id-care`;
const read = 'Microsoft.KeyVault/vaults/keys/read';
const create = 'Microsoft.KeyVault/vaults/keys/create/action';

const examples: { readonly [C in CheckCode]: Example<C> } = {
  'created-after-cutoff': {
    seen: { resource: resource({ createdAt: '2021-11-12T00:00:00Z' }) },
    outcome: 'pass',
    fact: { day: '2021-11-12', cutoff },
  },
  'created-before-cutoff': {
    seen: { resource: resource({ createdAt: '2021-11-11T23:59:59Z' }) },
    outcome: 'block',
    fact: { day: '2021-11-11', cutoff },
  },
  'created-unknown': { seen: { resource: resource({ createdAt: null }) }, outcome: 'block', fact: { cutoff } },
  'provisioning-settled': { seen: {}, outcome: 'pass', fact: { provisioningState: 'Succeeded' } },
  'provisioning-unsettled': {
    seen: { resource: resource({ provisioningState: 'Updating' }) },
    outcome: 'block',
    fact: { provisioningState: 'Updating' },
  },
  'microsoft-managed': { seen: {}, outcome: 'pass', fact: {} },
  'customer-managed': { seen: rotating(), outcome: 'pass', fact: { key: keyAt('a') }, wished: wishToRotate() },
  'already-under-this-key': {
    seen: { resource: resource({ customerKey: keyAt('a') }) },
    outcome: 'block',
    fact: { key: keyAt('a') },
  },
  'already-under-another-key': {
    seen: { resource: resource({ customerKey: keyAt('b') }) },
    outcome: 'block',
    fact: { key: keyAt('b') },
  },
  'key-user-identity': {
    seen: rotating({ resource: resource({ customerKey: { ...keyAt('a'), userIdentity } }) }),
    outcome: 'block',
    fact: { identity: userIdentity },
    wished: wishToRotate(),
  },
  'key-moved': {
    seen: rotating({ resource: resource({ customerKey: keyAt('c') }) }),
    outcome: 'block',
    fact: { key: keyAt('c'), expected: keyAt('a') },
    wished: wishToRotate(),
  },
  'old-version-disabled': {
    seen: rotating({ from: key({ enabled: false }) }),
    outcome: 'warn',
    fact: { key: keyAt('a') },
    wished: wishToRotate(),
  },
  'old-version-unknown': {
    seen: rotating({ from: null }),
    outcome: 'warn',
    fact: { key: keyAt('a') },
    wished: wishToRotate(),
  },
  'same-tenant': { seen: {}, outcome: 'pass', fact: {} },
  'other-tenant': { seen: { vault: vault({ tenantId: 'other' }) }, outcome: 'block', fact: { tenantId: 'other' } },
  'same-region': { seen: {}, outcome: 'pass', fact: { region: 'westeurope' } },
  'other-region': {
    seen: { vault: vault({ location: 'northeurope' }) },
    outcome: 'warn',
    fact: { resource: 'westeurope', vault: 'northeurope' },
  },
  'same-subscription': { seen: { control: control() }, outcome: 'pass', fact: {} },
  'other-subscription': {
    seen: { control: control({ vaultSubscription: { id: 's-2', name: 'Research' } }) },
    outcome: 'warn',
    fact: { resource: { id: 's-1', name: 'Care production' }, vault: { id: 's-2', name: 'Research' } },
  },
  'vault-not-permitted': {
    seen: {},
    outcome: 'block',
    fact: { rule: 'care', vault: 'kv-care', sameSubscription: true },
    terms: termsOf({ name: 'care', vaults: [{ names: ['kv-hospital-*'] }] }),
  },
  'controllers-known': { seen: { control: control() }, outcome: 'pass', fact: { count: 1 } },
  'controllers-not-checked': {
    seen: { control: control({ controllers: [], unseen: ['role-assignments', 'names'] }) },
    outcome: 'warn',
    fact: { unseen: ['role-assignments'] },
  },
  'controllers-not-named': { seen: { control: control({ unseen: ['names'] }) }, outcome: 'warn', fact: {} },
  'key-not-shared': { seen: { others: others() }, outcome: 'pass', fact: {} },
  'key-shared': {
    seen: { others: others({ sameKey: [ward] }) },
    outcome: 'warn',
    fact: { key: keyName, agent: ward.name, id: ward.id, subscription: ward.subscription },
  },
  'name-alike': {
    seen: { others: others({ vaultsAlike: ['kv-care-prcd'] }) },
    outcome: 'warn',
    fact: { of: 'vault', name: vault().name, other: 'kv-care-prcd' },
  },
  'other-agents-not-checked': { seen: { others: others({ unread: true }) }, outcome: 'warn', fact: {} },
  'key-used-undeclared': {
    seen: { undeclared: [{ name: 'backup', last: '2026-03-01T12:00:00.000Z' }] },
    outcome: 'warn',
    fact: { users: [{ name: 'backup', last: '2026-03-01T12:00:00.000Z' }] },
  },
  'key-origin-unknown': { seen: { control: control() }, outcome: 'warn', fact: {} },
  'key-must-be-new': {
    seen: {},
    outcome: 'block',
    fact: { rule: 'care' },
    terms: termsOf({ name: 'care', requireNewKey: true }),
  },
  'vault-reachable': { seen: {}, outcome: 'pass', fact: {} },
  'vault-firewalled': { seen: { vault: vault({ firewall: 'closed' }) }, outcome: 'block', fact: {} },
  'soft-delete-on': { seen: {}, outcome: 'pass', fact: {} },
  'soft-delete-will-be-on': { seen: { vault: vault({ softDelete: false }) }, outcome: 'warn', fact: {} },
  'purge-protection-on': { seen: { vault: vault({ purgeProtection: true }) }, outcome: 'pass', fact: {} },
  'purge-protection-will-be-on': { seen: {}, outcome: 'pass', fact: {} },
  'key-fit': { seen: {}, outcome: 'pass', fact: { type: 'RSA', size: 3072 } },
  'key-new': { seen: { key: null }, outcome: 'pass', fact: { type: 'RSA', size: 3072 }, wished: wishForNewKey() },
  'key-made': { seen: { keyIs: 'own' }, outcome: 'pass', fact: { name: 'care' }, wished: wishForNewKey(), own },
  'key-version-new': {
    seen: rotating({ key: null }),
    outcome: 'pass',
    fact: { type: 'RSA', size: 3072 },
    wished: wishToRotate(toNewVersion),
  },
  'key-missing': { seen: { key: null }, outcome: 'block', fact: { deleted: 'none' } },
  'key-of-others': {
    seen: { keyIs: 'others' },
    outcome: 'block',
    fact: { name: 'care' },
    wished: wishForNewKey(),
    own,
  },
  'key-doubtful': {
    seen: { keyIs: 'copied' },
    outcome: 'block',
    fact: { name: 'care', doubt: 'copied' },
    wished: wishForNewKey(),
    own,
  },
  'key-name-taken': { seen: {}, outcome: 'block', fact: { name: 'care' }, wished: wishForNewKey() },
  'key-not-rsa': { seen: { key: key({ type: 'EC', size: null }) }, outcome: 'block', fact: { type: 'EC' } },
  'key-size-unfit': { seen: { key: key({ size: 1024 }) }, outcome: 'block', fact: { size: 1024 } },
  'key-disabled': { seen: { key: key({ enabled: false }) }, outcome: 'block', fact: {} },
  'key-not-yet-valid': { seen: { key: key({ notBefore: soon }) }, outcome: 'block', fact: { from: soon } },
  'key-expired': { seen: { key: key({ expires: past }) }, outcome: 'block', fact: { at: past } },
  'key-expires': { seen: { key: key({ expires: soon }) }, outcome: 'warn', fact: { at: soon } },
  'key-cannot-wrap': {
    seen: { key: key({ operations: ['wrapKey'] }) },
    outcome: 'block',
    fact: { missing: ['unwrapKey'] },
  },
  'key-hsm-needs-premium': {
    seen: { key: null },
    outcome: 'block',
    fact: {},
    wished: wishForNewKey({ newKey: hsm }),
  },
  'key-name-deleted': {
    seen: { key: null, guards: guards({ deletedKey: 'deleted' }) },
    outcome: 'block',
    fact: { name: 'care' },
    wished: wishForNewKey(),
  },
  'key-name-not-checked': {
    seen: { key: null, guards: guards({ deletedKey: 'not-checked' }) },
    outcome: 'warn',
    fact: { name: 'care' },
    wished: wishForNewKey(),
  },
  'nothing-to-repair': { seen: asApproved(), outcome: 'block', fact: {}, wished: wishToRepair() },
  'repair-outdated': {
    seen: asApproved({ resource: resource({ customerKey: null }) }),
    outcome: 'block',
    fact: { key: null, expected: keyAt('a') },
    wished: wishToRepair(),
  },
  'approved-key-gone': {
    seen: asApproved({ key: null, keyNow: null }),
    outcome: 'block',
    fact: { vault: 'kv-care', name: 'care', version: version('a'), inUse: true },
    wished: wishToRepair(),
  },
  'role-needed': {
    seen: asApproved({ key: key({ enabled: false }) }),
    outcome: 'warn',
    fact: {
      task: 'enable-key-version',
      by: 'role-assignments',
      vault: 'kv-care',
      keyName: 'care',
      keyVersion: version('a'),
    },
    wished: wishToRepair(),
  },
  'old-version-unfit': {
    seen: retiring({ retirement: retirement({ enabled: false }) }),
    outcome: 'block',
    fact: { version: version('a'), why: 'disabled' },
    wished: wishToRetire(),
  },
  'vault-log-needed': {
    seen: retiring({ retirement: retirement({ log: { outcome: 'not-readable', code: 'InsufficientAccessError' } }) }),
    outcome: 'block',
    fact: { why: 'not-readable', told: 'InsufficientAccessError' },
    wished: wishToRetire(),
  },
  'new-version-used': {
    seen: retiring(),
    outcome: 'pass',
    fact: { since: '2026-02-28T12:00:00.000Z', until: '2026-03-01T12:00:00.000Z' },
    wished: wishToRetire(),
  },
  'old-version-used': {
    seen: retiring(),
    outcome: 'pass',
    fact: { version: version('a'), users: [], since: '2026-02-01T12:00:00.000Z' },
    wished: wishToRetire(),
  },
  'declared-not-read': {
    seen: retiring({ retirement: retirement({ unread: { subscriptions: 1, types: 22 } }) }),
    outcome: 'warn',
    fact: { subscriptions: 1, types: 22 },
    wished: wishToRetire(),
  },
  'no-lock': { seen: {}, outcome: 'pass', fact: {} },
  locked: {
    seen: { guards: guards({ readOnlyLocks: [{ name: 'freeze', scope: '/s' }] }) },
    outcome: 'block',
    fact: { locks: [{ name: 'freeze', scope: '/s' }] },
  },
  'locks-not-checked': { seen: { guards: guards({ readOnlyLocks: null }) }, outcome: 'warn', fact: {} },
  'bot-allowed': { seen: {}, outcome: 'pass', fact: {} },
  'bot-not-allowed': {
    seen: { guards: guards({ allowed: { 'Microsoft.HealthBot/healthBots/write': true } }) },
    outcome: 'block',
    fact: {
      actions: [
        'Microsoft.Authorization/roleAssignments/read',
        'Microsoft.Authorization/roleAssignments/write',
        'Microsoft.KeyVault/vaults/write',
      ],
      dataActions: [],
    },
  },
  'rights-not-checked': { seen: { guards: guards({ allowed: null }) }, outcome: 'warn', fact: {} },
  'vault-rights-not-checked': {
    seen: rotating({ key: null, vault: vault({ access: 'access-policies' }), guards: guards({ allowedData: null }) }),
    outcome: 'warn',
    fact: { actions: [read, create] },
    wished: wishToRotate(toNewVersion),
  },
};
const example = (code: CheckCode): Omit<Example<CheckCode>, 'fact'> & { readonly fact: object } => examples[code];

it.each(checkCodes)('comes to %s', (code) => {
  const { seen, outcome, fact, wished, own: mine, terms } = example(code);
  expect(checksOf(seen, wished, mine ?? null, terms)).toContainEqual({ outcome, code, fact });
});

describe('the checks of a plan', () => {
  it('block each change while a user-assigned identity opens the key', () => {
    const { vaultUri: keyVaultUri, ...named } = keyAt('a');
    const customerKey = healthcareAgent.customerKeyIn({ keyVaultProperties: { ...named, keyVaultUri, userIdentity } });
    expect(customerKey).toEqual({ ...keyAt('a'), userIdentity });
    const seen = { resource: resource({ customerKey, systemAssigned: true }) };
    for (const wished of [wish(), wishToRotate(), wishToRepair()])
      expect(checksOf(seen, wished)).toContainEqual({
        ...{ outcome: 'block', code: 'key-user-identity', fact: { identity: userIdentity } },
      });
  });

  it('judge each thing once: nothing passes and fails at the same time', () => {
    for (const code of checkCodes) {
      const { seen, wished, own: mine, terms } = example(code);
      const found = checksOf(seen, wished, mine ?? null, terms).map((check) => check.code);
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
      fact: { type: 'RSA-HSM', size: 3072 },
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
      fact: {},
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

describe('an agent that an operation left without success', () => {
  const about = (seen: Partial<Observation>, wished?: StoredChangeSpec, mine: OwnKey | null = null) =>
    checksOf(seen, wished, mine)
      .map((check) => `${check.outcome} ${check.code}`)
      .filter((one) => /provisioning|already|customer-managed|microsoft-managed|^block/.test(one));
  const left = (customerKey: ReturnType<typeof under> | null) => ({
    resource: resource({ provisioningState: 'Failed', customerKey }),
  });

  it('is warned of and not blocked, for the change that is asked for sets it right', () => {
    expect(about(left(null))).toEqual(['warn provisioning-unsettled', 'pass microsoft-managed']);
    expect(about({ resource: resource({ provisioningState: 'Canceled' }) })).toEqual([
      'warn provisioning-unsettled',
      'pass microsoft-managed',
    ]);
  });

  it('is not taken to be under the key that it still shows: it can be asked for anew', () => {
    expect(about(left(keyAt('a')))).toEqual(['warn provisioning-unsettled', 'warn already-under-this-key']);
    const rotated = rotating({ ...left(under(version('b'))) });
    expect(about(rotated, wishToRotate())).toEqual(['warn provisioning-unsettled', 'warn already-under-this-key']);
  });

  it('is no news to a run, which asks nobody again for it', () => {
    expect(about(left(null), undefined, own)).toEqual(['pass provisioning-unsettled', 'pass microsoft-managed']);
    expect(about(left(keyAt('a')), undefined, own)).toEqual([
      'pass provisioning-unsettled',
      'pass already-under-this-key',
    ]);
  });

  it('still blocks where it shows a key that nobody asked for, is at work, or does not say how it is', () => {
    expect(about(left(keyAt('b')))).toContain('block already-under-another-key');
    for (const provisioningState of ['Accepted', 'Working', 'Deleting', 'unknown'])
      expect(about({ resource: resource({ provisioningState }) })).toContain('block provisioning-unsettled');
  });
});

describe('a rotation', () => {
  const codes = (seen: Partial<Observation>, wished: StoredChangeSpec, mine: OwnKey | null = null) =>
    checksOf(seen, wished, mine).map((check) => `${check.outcome} ${check.code}`);

  it('is for an agent under a key of the customer’s', () => {
    expect(codes(rotating({ resource: resource() }), wishToRotate())).toContain('block microsoft-managed');
  });

  it('has nothing to do where the agent is there already, which in its own run is no block', () => {
    const there = rotating({ resource: resource({ customerKey: under(version('b')) }) });
    expect(codes(there, wishToRotate())).toContain('block already-under-this-key');
    expect(codes(there, wishToRotate(), own)).toContain('pass already-under-this-key');
  });

  it('takes from no other version than the one that was approved, also in its own run', () => {
    const elsewhere = rotating({ resource: resource({ customerKey: under(version('c')) }) });
    expect(codes(elsewhere, wishToRotate(), own)).toContain('block key-moved');
  });

  it.each<[string, Parameters<typeof key>[0], string]>([
    ['disabled', { enabled: false }, 'block key-disabled'],
    ['expired', { expires: past }, 'block key-expired'],
    ['not yet valid', { notBefore: soon }, 'block key-not-yet-valid'],
    ['of a kind that cannot wrap', { type: 'EC', size: null }, 'block key-not-rsa'],
  ])('refuses a version that is %s', (_what, change, code) => {
    expect(codes(rotating({ key: key({ version: version('b'), ...change }) }), wishToRotate())).toContain(code);
  });

  it('needs a right in the vault itself for a version that it makes, and names it', () => {
    const lacking = rotating({ key: null, guards: guards({ allowedData: { [read]: false, [create]: false } }) });
    expect(checksOf(lacking, wishToRotate(toNewVersion))).toContainEqual({
      outcome: 'block',
      code: 'bot-not-allowed',
      fact: { actions: [], dataActions: [read, create] },
    });
    expect(codes(rotating({ guards: guards({ allowedData: {} }) }), wishToRotate())).toContain('pass bot-allowed');
  });

  it('to a version that expired before it was made is blocked', () => {
    const old: typeof toNewVersion = { ...toNewVersion, make: { ...newKey, expires: past } };
    expect(codes(rotating({ key: null }), wishToRotate(old))).toContain('block key-expired');
  });
});

describe('an agent', () => {
  const asWished = (customerKey: ReturnType<typeof under> | null, wished = wish()) =>
    isAlreadySet(workOf({ wish: wished, observation: observation({ resource: resource({ customerKey }) }) }));

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
