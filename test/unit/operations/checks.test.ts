import { readFileSync, writeFileSync } from 'node:fs';
import { type Check, type CheckCode, checkCodes, isRemovableBlock, judgeKey } from '../../../src/domain/check.ts';
import type { OwnKey } from '../../../src/domain/key-change.ts';
import type { CustomerKey, Observation, ObservedOthers } from '../../../src/domain/observed.ts';
import type { KeyTerms } from '../../../src/domain/policy/rules.ts';
import { customerKeyIn } from '../../../src/domain/resource-kind.ts';
import type { StoredChangeSpec } from '../../../src/operations/registry.ts';
import { healthcareAgent } from '../../../src/operations/resources/healthcare-agent.ts';
import { checkWords } from '../../../src/text/checks.ts';
import { resourceId } from '../../support/builders/fixtures.ts';
import {
  control,
  guards,
  key,
  newKey,
  noon,
  planFor,
  principal,
  resource,
  retirement,
  retiring,
  spec,
  toNewVersion,
  under,
  vault,
  version,
  wishForNewKey,
  wishToRepair,
  wishToRetire,
  wishToRotate,
} from '../../support/builders/plans.ts';
import { termsOf } from '../../support/builders/policies.ts';

const checksOf = (
  seen: Partial<Observation>,
  wished: StoredChangeSpec = spec(),
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

interface Asked {
  readonly wished?: StoredChangeSpec;
  readonly own?: OwnKey;
  readonly terms?: KeyTerms;
}
const others = (change: Partial<ObservedOthers> = {}): Partial<Observation> => ({
  others: { sameKey: [], vaultsAlike: [], keysAlike: [], unread: false, ...change },
});
const ward = { id: resourceId('ward-agent'), name: 'ward-agent', subscription: { id: 's-1', name: 'Care production' } };
const keyAt = (digit: string) => under(version(digit));
const userIdentity = resourceId().replace(/Microsoft.*/, 'Microsoft.ManagedIdentity/userAssignedIdentities/id-care');

const forNewKey = { wished: wishForNewKey() };
const ownKeyMade = { ...forNewKey, own };
const rotates = { wished: wishToRotate() };
const makesVersion = { wished: wishToRotate(toNewVersion) };
const repairs = { wished: wishToRepair() };
const retires = { wished: wishToRetire() };
const agent = (change: Parameters<typeof resource>[0]) => ({ resource: resource(change) });
const vaultIs = (change: Parameters<typeof vault>[0]) => ({ vault: vault(change) });
const keyIs = (change: Parameters<typeof key>[0]) => ({ key: key(change) });
const seenBy = (change: Parameters<typeof guards>[0]) => ({ guards: guards(change) });
const controlIs = (change: Parameters<typeof control>[0]) => ({ control: control(change) });
const retiringWith = (change: Parameters<typeof retirement>[0]) => retiring({ retirement: retirement(change) });
const care = (change: Parameters<typeof termsOf>[0]) => ({ terms: termsOf({ name: 'care', ...change }) });
const unread = { outcome: 'not-readable', code: 'InsufficientAccessError' } as const;
const byIdentity = agent({ customerKey: keyAt('a'), systemAssigned: true, principalId: principal });

/** For every code one thing Azure may hold that leads to it. The golden file has the judgement and its facts. */
const examples: { readonly [C in CheckCode]: readonly [seen: Partial<Observation>, asked?: Asked] } = {
  'created-after-cutoff': [agent({ createdAt: '2021-11-12T00:00:00Z' })],
  'created-before-cutoff': [agent({ createdAt: '2021-11-11T23:59:59Z' })],
  'created-unknown': [agent({ createdAt: null })],
  'provisioning-settled': [{}],
  'provisioning-unsettled': [agent({ provisioningState: 'Updating' })],
  'microsoft-managed': [{}],
  'customer-managed': [rotating(), rotates],
  'already-under-this-key': [agent({ customerKey: keyAt('a') })],
  'already-under-another-key': [agent({ customerKey: keyAt('b') })],
  'key-user-identity': [rotating(agent({ customerKey: { ...keyAt('a'), userIdentity } })), rotates],
  'key-moved': [rotating(agent({ customerKey: keyAt('c') })), rotates],
  'old-version-disabled': [rotating({ from: key({ enabled: false }) }), rotates],
  'old-version-unknown': [rotating({ from: null }), rotates],
  'same-tenant': [{}],
  'other-tenant': [vaultIs({ tenantId: 'other' })],
  'same-region': [{}],
  'other-region': [vaultIs({ location: 'northeurope' })],
  'same-subscription': [controlIs({})],
  'other-subscription': [controlIs({ vaultSubscription: { id: 's-2', name: 'Research' } })],
  'vault-not-permitted': [{}, care({ vaults: [{ names: ['kv-hospital-*'] }] })],
  'controllers-known': [controlIs({})],
  'controllers-not-checked': [controlIs({ controllers: [], unseen: ['role-assignments', 'names'] })],
  'controllers-not-named': [controlIs({ unseen: ['names'] })],
  'key-not-shared': [others()],
  'key-shared': [others({ sameKey: [ward] })],
  'name-alike': [others({ vaultsAlike: ['kv-care-prcd'] })],
  'other-resources-not-checked': [others({ unread: true })],
  'key-used-undeclared': [{ undeclared: [{ name: 'backup', last: '2026-03-01T12:00:00.000Z' }] }],
  'key-origin-unknown': [controlIs({})],
  'key-must-be-new': [{}, care({ requireNewKey: true })],
  'vault-reachable': [{}],
  'vault-firewalled': [vaultIs({ firewall: 'closed' })],
  'soft-delete-on': [{}],
  'soft-delete-will-be-on': [vaultIs({ softDelete: false })],
  'purge-protection-on': [vaultIs({ purgeProtection: true })],
  'purge-protection-will-be-on': [{}],
  'key-fit': [{}],
  'key-new': [{ key: null }, forNewKey],
  'key-made': [{ keyIs: 'own' }, ownKeyMade],
  'key-version-new': [rotating({ key: null }), makesVersion],
  'key-missing': [{ key: null }],
  'key-of-others': [{ keyIs: 'others' }, ownKeyMade],
  'key-doubtful': [{ keyIs: 'copied' }, ownKeyMade],
  'key-name-taken': [{}, forNewKey],
  'key-not-rsa': [keyIs({ type: 'EC', size: null })],
  'key-size-unfit': [keyIs({ size: 1024 })],
  'key-disabled': [keyIs({ enabled: false })],
  'key-not-yet-valid': [keyIs({ notBefore: soon })],
  'key-expired': [keyIs({ expires: past })],
  'key-expires': [keyIs({ expires: soon })],
  'key-cannot-wrap': [keyIs({ operations: ['wrapKey'] })],
  'key-hsm-needs-premium': [{ key: null }, { wished: wishForNewKey({ newKey: hsm }) }],
  'key-name-deleted': [{ key: null, ...seenBy({ deletedKey: 'deleted' }) }, forNewKey],
  'key-name-not-checked': [{ key: null, ...seenBy({ deletedKey: 'not-checked' }) }, forNewKey],
  'nothing-to-repair': [asApproved(), repairs],
  'identity-replaced': [asApproved(byIdentity), { wished: wishToRepair({ approvedIdentity: 'before' }) }],
  'repair-outdated': [asApproved(agent({ customerKey: null })), repairs],
  'approved-key-gone': [asApproved({ key: null, keyNow: null }), repairs],
  'role-needed': [asApproved(keyIs({ enabled: false })), repairs],
  'old-version-unfit': [retiringWith({ enabled: false }), retires],
  'vault-log-needed': [retiringWith({ log: unread }), retires],
  'new-version-used': [retiring(), retires],
  'old-version-used': [retiring(), retires],
  'declared-not-read': [retiringWith({ unread: { subscriptions: 1, types: 22 } }), retires],
  'no-lock': [{}],
  locked: [seenBy({ readOnlyLocks: [{ name: 'freeze', scope: '/s' }] })],
  'locks-not-checked': [seenBy({ readOnlyLocks: null })],
  'bot-allowed': [{}],
  'bot-not-allowed': [seenBy({ allowed: { 'Microsoft.HealthBot/healthBots/write': true } })],
  'rights-not-checked': [seenBy({ allowed: null })],
  'vault-rights-not-checked': [
    rotating({ key: null, ...vaultIs({ access: 'access-policies' }), ...seenBy({ allowedData: null }) }),
    makesVersion,
  ],
};
const checksIn = (code: CheckCode): readonly Check[] => {
  const [seen, { wished, own: mine = null, terms } = {}] = examples[code];
  return checksOf(seen, wished, mine, terms);
};

it.each(checkCodes)('comes to %s', (code) => expect(checksIn(code).map((check) => check.code)).toContain(code));

/** The words, and whether a review offers to check again. */
function lineOf(check: Check): string {
  const { title, text, remedy } = checkWords(check);
  const offer = check.outcome === 'block' && isRemovableBlock(check) ? ', check again' : '';
  return `${check.outcome} ${check.code}${offer}: ${[title, text, remedy].filter(Boolean).join(' | ')}`;
}

it('reads as test/golden/check-words.txt has it; UPDATE_GOLDEN=1 rewrites that', () => {
  const all = checkCodes.flatMap(checksIn);
  const lines = [...new Set(all.map(lineOf))].sort().join('\n');
  const golden = new URL('../../golden/check-words.txt', import.meta.url);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, `${lines}\n`);
  expect(`${lines}\n`).toBe(readFileSync(golden, 'utf8'));
});

it('the checks of a plan block each change while a user-assigned identity opens the key', () => {
  const { vaultUri: keyVaultUri, ...named } = keyAt('a');
  const customerKey = customerKeyIn(healthcareAgent, { keyVaultProperties: { ...named, keyVaultUri, userIdentity } });
  expect(customerKey).toEqual({ ...keyAt('a'), userIdentity });
  const seen = { resource: resource({ customerKey, systemAssigned: true }) };
  for (const wished of [spec(), wishToRotate(), wishToRepair()])
    expect(checksOf(seen, wished)).toContainEqual({
      ...{ outcome: 'block', code: 'key-user-identity', fact: { identity: userIdentity } },
    });
});

it.each<[string, Parameters<typeof key>[0], readonly CheckCode[]]>([
  [
    'with many faults names all at once',
    { size: 1024, enabled: false, notBefore: soon, operations: [] },
    ['key-size-unfit', 'key-disabled', 'key-not-yet-valid', 'key-cannot-wrap'],
  ],
  ['that cannot wrap is not also told to', { type: 'EC', size: null, operations: ['sign', 'verify'] }, ['key-not-rsa']],
  ['has expired at the very moment of its expiry', { expires: noon.toISOString() }, ['key-expired']],
])('a key %s', (_what, change, codes) => {
  expect(judgeKey(key(change), noon).map((check) => check.code)).toEqual(codes);
});

describe('an agent that an operation left without success', () => {
  const about = (seen: Partial<Observation>, wished?: StoredChangeSpec, mine: OwnKey | null = null) =>
    checksOf(seen, wished, mine)
      .map((check) => `${check.outcome} ${check.code}`)
      .filter((one) => /provisioning|already|customer-managed|microsoft-managed|^block/.test(one));
  const left = (customerKey: ReturnType<typeof under> | null) => ({
    resource: resource({ provisioningState: 'Failed', customerKey }),
  });

  it('is not taken to be under the key that it still shows: it can be asked for anew', () => {
    expect(about(left(keyAt('a')))).toEqual(['warn provisioning-unsettled', 'warn already-under-this-key']);
    const rotated = rotating({ ...left(under(version('b'))) });
    expect(about(rotated, wishToRotate())).toEqual(['warn provisioning-unsettled', 'warn already-under-this-key']);
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
  const agentUnder = (customerKey: CustomerKey | null) => rotating({ resource: resource({ customerKey }) });
  const disabled = rotating({ key: key({ version: version('b'), enabled: false }) });
  const withoutRight = rotating({ guards: guards({ allowedData: {} }) });

  it.each<[string, Partial<Observation>, OwnKey | null, string]>([
    ['is for an agent under a key of the customer’s', agentUnder(null), null, 'block microsoft-managed'],
    ['has nothing to do where the agent is there', agentUnder(keyAt('b')), null, 'block already-under-this-key'],
    ['is not blocked by that in its own run', agentUnder(keyAt('b')), own, 'pass already-under-this-key'],
    ['starts from the approved version alone, in its run too', agentUnder(keyAt('c')), own, 'block key-moved'],
    ['refuses a version that is disabled', disabled, null, 'block key-disabled'],
    ['makes nothing, so no right in the vault is needed', withoutRight, null, 'pass bot-allowed'],
  ])('%s', (_what, seen, mine, expected) => expect(codes(seen, wishToRotate(), mine)).toContain(expected));
});
