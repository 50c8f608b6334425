import { readFileSync, writeFileSync } from 'node:fs';
import {
  type Check,
  type CheckCode,
  checkCodes,
  type FactOf,
  isRemovableBlock,
  judge,
} from '../../../src/domain/check.ts';
import { isAlreadySet, type OwnKey } from '../../../src/domain/key-change.ts';
import type { Observation, ObservedOthers } from '../../../src/domain/observed.ts';
import { judgeKey, type KeyTerms } from '../../../src/operations/checks.ts';
import { type StoredChangeSpec, workOf } from '../../../src/operations/registry.ts';
import { healthcareAgent } from '../../../src/operations/resources/healthcare-agent.ts';
import { checkWords } from '../../../src/text/checks.ts';
import { resourceId, vaultId } from '../../support/builders/fixtures.ts';
import {
  control,
  guards,
  key,
  keyName,
  newKey,
  noon,
  observation,
  planFor,
  principal,
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
interface Asked {
  readonly wished?: StoredChangeSpec;
  readonly own?: OwnKey;
  readonly terms?: KeyTerms;
}
type Example<Fact> = readonly [Check['outcome'], fact: Fact, seen: Partial<Observation>, asked?: Asked];
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

const forNewKey = { wished: wishForNewKey() };
const ownKeyMade = { ...forNewKey, own };
const rotates = { wished: wishToRotate() };
const makesVersion = { wished: wishToRotate(toNewVersion) };
const repairs = { wished: wishToRepair() };
const retires = { wished: wishToRetire() };
const agent = (change: Parameters<typeof resource>[0]) => ({ resource: resource(change) });
const vaultIs = (change: Parameters<typeof vault>[0]) => ({ vault: vault(change) });
const examples: { readonly [C in CheckCode]: Example<FactOf<C>> } = {
  'created-after-cutoff': ['pass', { day: '2021-11-12', cutoff }, agent({ createdAt: '2021-11-12T00:00:00Z' })],
  'created-before-cutoff': ['block', { day: '2021-11-11', cutoff }, agent({ createdAt: '2021-11-11T23:59:59Z' })],
  'created-unknown': ['block', { cutoff }, agent({ createdAt: null })],
  'provisioning-settled': ['pass', { provisioningState: 'Succeeded' }, {}],
  'provisioning-unsettled': ['block', { provisioningState: 'Updating' }, agent({ provisioningState: 'Updating' })],
  'microsoft-managed': ['pass', {}, {}],
  'customer-managed': ['pass', { key: keyAt('a') }, rotating(), rotates],
  'already-under-this-key': ['block', { key: keyAt('a') }, agent({ customerKey: keyAt('a') })],
  'already-under-another-key': ['block', { key: keyAt('b') }, agent({ customerKey: keyAt('b') })],
  'key-user-identity': [
    'block',
    { identity: userIdentity },
    rotating(agent({ customerKey: { ...keyAt('a'), userIdentity } })),
    rotates,
  ],
  'key-moved': [
    'block',
    { key: keyAt('c'), expected: keyAt('a') },
    rotating(agent({ customerKey: keyAt('c') })),
    rotates,
  ],
  'old-version-disabled': ['warn', { key: keyAt('a') }, rotating({ from: key({ enabled: false }) }), rotates],
  'old-version-unknown': ['warn', { key: keyAt('a') }, rotating({ from: null }), rotates],
  'same-tenant': ['pass', {}, {}],
  'other-tenant': ['block', { tenantId: 'other' }, vaultIs({ tenantId: 'other' })],
  'same-region': ['pass', { region: 'westeurope' }, {}],
  'other-region': ['warn', { resource: 'westeurope', vault: 'northeurope' }, vaultIs({ location: 'northeurope' })],
  'same-subscription': ['pass', {}, { control: control() }],
  'other-subscription': [
    'warn',
    { resource: { id: 's-1', name: 'Care production' }, vault: { id: 's-2', name: 'Research' } },
    { control: control({ vaultSubscription: { id: 's-2', name: 'Research' } }) },
  ],
  'vault-not-permitted': [
    'block',
    { rule: 'care', vault: 'kv-care', sameSubscription: true },
    {},
    { terms: termsOf({ name: 'care', vaults: [{ names: ['kv-hospital-*'] }] }) },
  ],
  'controllers-known': ['pass', { count: 1 }, { control: control() }],
  'controllers-not-checked': [
    'warn',
    { unseen: ['role-assignments'] },
    { control: control({ controllers: [], unseen: ['role-assignments', 'names'] }) },
  ],
  'controllers-not-named': ['warn', {}, { control: control({ unseen: ['names'] }) }],
  'key-not-shared': ['pass', {}, { others: others() }],
  'key-shared': [
    'warn',
    { key: keyName, agent: ward.name, id: ward.id, subscription: ward.subscription },
    { others: others({ sameKey: [ward] }) },
  ],
  'name-alike': [
    'warn',
    { of: 'vault', name: vault().name, other: 'kv-care-prcd' },
    { others: others({ vaultsAlike: ['kv-care-prcd'] }) },
  ],
  'other-agents-not-checked': ['warn', {}, { others: others({ unread: true }) }],
  'key-used-undeclared': [
    'warn',
    { users: [{ name: 'backup', last: '2026-03-01T12:00:00.000Z' }] },
    { undeclared: [{ name: 'backup', last: '2026-03-01T12:00:00.000Z' }] },
  ],
  'key-origin-unknown': ['warn', {}, { control: control() }],
  'key-must-be-new': ['block', { rule: 'care' }, {}, { terms: termsOf({ name: 'care', requireNewKey: true }) }],
  'vault-reachable': ['pass', {}, {}],
  'vault-firewalled': ['block', {}, vaultIs({ firewall: 'closed' })],
  'soft-delete-on': ['pass', {}, {}],
  'soft-delete-will-be-on': ['warn', {}, vaultIs({ softDelete: false })],
  'purge-protection-on': ['pass', {}, vaultIs({ purgeProtection: true })],
  'purge-protection-will-be-on': ['pass', {}, {}],
  'key-fit': ['pass', { type: 'RSA', size: 3072 }, {}],
  'key-new': ['pass', { type: 'RSA', size: 3072 }, { key: null }, forNewKey],
  'key-made': ['pass', { name: 'care' }, { keyIs: 'own' }, ownKeyMade],
  'key-version-new': ['pass', { type: 'RSA', size: 3072 }, rotating({ key: null }), makesVersion],
  'key-missing': ['block', { deleted: 'none' }, { key: null }],
  'key-of-others': ['block', { name: 'care' }, { keyIs: 'others' }, ownKeyMade],
  'key-doubtful': ['block', { name: 'care', doubt: 'copied' }, { keyIs: 'copied' }, ownKeyMade],
  'key-name-taken': ['block', { name: 'care' }, {}, forNewKey],
  'key-not-rsa': ['block', { type: 'EC' }, { key: key({ type: 'EC', size: null }) }],
  'key-size-unfit': ['block', { size: 1024 }, { key: key({ size: 1024 }) }],
  'key-disabled': ['block', {}, { key: key({ enabled: false }) }],
  'key-not-yet-valid': ['block', { from: soon }, { key: key({ notBefore: soon }) }],
  'key-expired': ['block', { at: past }, { key: key({ expires: past }) }],
  'key-expires': ['warn', { at: soon }, { key: key({ expires: soon }) }],
  'key-cannot-wrap': ['block', { missing: ['unwrapKey'] }, { key: key({ operations: ['wrapKey'] }) }],
  'key-hsm-needs-premium': ['block', {}, { key: null }, { wished: wishForNewKey({ newKey: hsm }) }],
  'key-name-deleted': ['block', { name: 'care' }, { key: null, guards: guards({ deletedKey: 'deleted' }) }, forNewKey],
  'key-name-not-checked': [
    'warn',
    { name: 'care' },
    { key: null, guards: guards({ deletedKey: 'not-checked' }) },
    forNewKey,
  ],
  'nothing-to-repair': ['block', {}, asApproved(), repairs],
  'identity-replaced': [
    'warn',
    { approved: 'before', now: principal, hasAccess: true },
    asApproved({
      resource: resource({ customerKey: under(version('a')), systemAssigned: true, principalId: principal }),
    }),
    { wished: wishToRepair({ approvedIdentity: 'before' }) },
  ],
  'repair-outdated': ['block', { key: null, expected: keyAt('a') }, asApproved(agent({ customerKey: null })), repairs],
  'approved-key-gone': [
    'block',
    { vault: 'kv-care', name: 'care', version: version('a'), inUse: true },
    asApproved({ key: null, keyNow: null }),
    repairs,
  ],
  'role-needed': [
    'warn',
    { task: 'enable-key-version', by: 'role-assignments', vault: 'kv-care', keyName: 'care', keyVersion: version('a') },
    asApproved({ key: key({ enabled: false }) }),
    repairs,
  ],
  'old-version-unfit': [
    'block',
    { version: version('a'), why: 'disabled' },
    retiring({ retirement: retirement({ enabled: false }) }),
    retires,
  ],
  'vault-log-needed': [
    'block',
    { why: 'not-readable', told: 'InsufficientAccessError' },
    retiring({ retirement: retirement({ log: { outcome: 'not-readable', code: 'InsufficientAccessError' } }) }),
    retires,
  ],
  'new-version-used': [
    'pass',
    { since: '2026-02-28T12:00:00.000Z', until: '2026-03-01T12:00:00.000Z' },
    retiring(),
    retires,
  ],
  'old-version-used': [
    'pass',
    { version: version('a'), users: [], since: '2026-02-01T12:00:00.000Z' },
    retiring(),
    retires,
  ],
  'declared-not-read': [
    'warn',
    { subscriptions: 1, types: 22 },
    retiring({ retirement: retirement({ unread: { subscriptions: 1, types: 22 } }) }),
    retires,
  ],
  'no-lock': ['pass', {}, {}],
  locked: [
    'block',
    { locks: [{ name: 'freeze', scope: '/s' }] },
    { guards: guards({ readOnlyLocks: [{ name: 'freeze', scope: '/s' }] }) },
  ],
  'locks-not-checked': ['warn', {}, { guards: guards({ readOnlyLocks: null }) }],
  'bot-allowed': ['pass', {}, {}],
  'bot-not-allowed': [
    'block',
    {
      actions: [
        'Microsoft.Authorization/roleAssignments/read',
        'Microsoft.Authorization/roleAssignments/write',
        'Microsoft.KeyVault/vaults/write',
      ],
      dataActions: [],
    },
    { guards: guards({ allowed: { 'Microsoft.HealthBot/healthBots/write': true } }) },
  ],
  'rights-not-checked': ['warn', {}, { guards: guards({ allowed: null }) }],
  'vault-rights-not-checked': [
    'warn',
    { actions: [read, create] },
    rotating({ key: null, vault: vault({ access: 'access-policies' }), guards: guards({ allowedData: null }) }),
    makesVersion,
  ],
};
const example = (code: CheckCode): Example<object> => examples[code];
const checksIn = ([, , seen, { wished, own: mine, terms } = {}]: Example<object>) =>
  checksOf(seen, wished, mine ?? null, terms);

it.each(checkCodes)('comes to %s', (code) => {
  const [outcome, fact] = example(code);
  expect(checksIn(example(code))).toContainEqual({ outcome, code, fact });
});

/** Facts that read otherwise than those of the examples. */
const otherFacts: readonly Check[] = [
  judge('warn', 'provisioning-unsettled', { provisioningState: 'Failed' }),
  judge('block', 'microsoft-managed', {}),
  judge('warn', 'already-under-this-key', { key: keyAt('a') }),
  judge('block', 'key-moved', { key: under(null, { keyName: 'other' }), expected: keyAt('a') }),
  judge('block', 'vault-not-permitted', { rule: 'care', vault: 'kv-care', sameSubscription: false }),
  judge('warn', 'controllers-not-checked', { unseen: ['role-assignments', 'roles'] }),
  judge('warn', 'other-subscription', { resource: { id: 's-1', name: null }, vault: { id: 's-2', name: null } }),
  judge('warn', 'name-alike', { of: 'key', name: 'cmk-1ab', other: 'cmk-lab' }),
  ...(['none', 'deleted', 'not-checked'] as const).map((deleted) => judge('block', 'key-missing', { deleted })),
  judge('block', 'key-missing', { deleted: 'none', now: version('b') }),
  judge('block', 'key-cannot-wrap', { missing: ['wrapKey', 'unwrapKey'] }),
  judge('warn', 'identity-replaced', { approved: 'before', now: principal, hasAccess: false }),
  judge('block', 'locked', {
    locks: [resourceId(), vaultId, ...[5, 3].map((parts) => vaultId.split('/').slice(0, parts).join('/'))].map(
      (scope, at) => ({ name: `freeze-${at}`, scope }),
    ),
  }),
];

/** The words, and whether a review offers to check again. */
function lineOf(check: Check): string {
  const { title, text, remedy } = checkWords(check);
  const offer = check.outcome === 'block' && isRemovableBlock(check) ? ', check again' : '';
  return `${check.outcome} ${check.code}${offer}: ${[title, text, remedy].filter(Boolean).join(' | ')}`;
}

it('reads as test/golden/check-words.txt has it; UPDATE_GOLDEN=1 rewrites that', () => {
  const all = [...checkCodes.flatMap((code) => checksIn(example(code))), ...otherFacts];
  const lines = [...new Set(all.map(lineOf))].sort().join('\n');
  const golden = new URL('../../golden/check-words.txt', import.meta.url);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, `${lines}\n`);
  expect(`${lines}\n`).toBe(readFileSync(golden, 'utf8'));
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
      const found = checksIn(example(code)).map((check) => check.code);
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

  it.each([2048, 3072, 4096])('fits with %i bits', (size) => expect(codes({ size })).toEqual(['key-fit']));

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

  it('to a version that expired before it was made is blocked', () => {
    const old: typeof toNewVersion = { ...toNewVersion, make: { ...newKey, expires: past } };
    expect(codes(rotating({ key: null }), wishToRotate(old))).toContain('block key-expired');
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
  ])('is not as wished under %s', (_what, customerKey) => expect(asWished(customerKey)).toBe(false));
});
