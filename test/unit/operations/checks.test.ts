import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { z } from 'zod';
import {
  type Check,
  type CheckCode,
  checkCodes,
  isRemovableBlock,
  judgeFirewall,
  judgeKey,
} from '../../../src/domain/check.ts';
import type { Effect } from '../../../src/domain/effect.ts';
import type { ObservedUse, ObservedUser } from '../../../src/domain/key-impact.ts';
import type { OwnKey } from '../../../src/domain/key-ownership.ts';
import type { CustomerKey, Observation, ObservedOthers } from '../../../src/domain/observed.ts';
import {
  blocksOf,
  effectsOf,
  isCovered,
  notCovered,
  type Plan,
  stagesOf,
  warningsOf,
} from '../../../src/domain/plan.ts';
import type { KeyTerms } from '../../../src/domain/policy/rules.ts';
import type { KeyedResource } from '../../../src/domain/ports/inventory.ts';
import { customerKeyBody, customerKeyIn } from '../../../src/domain/resource-kind.ts';
import { reviewFacts } from '../../../src/operations/pages/review-page.ts';
import { StoredChangeSpec } from '../../../src/operations/registry.ts';
import { repairCmk } from '../../../src/operations/repair-cmk/repair-cmk.ts';
import { healthcareAgent } from '../../../src/operations/resources/healthcare-agent.ts';
import { storageAccount } from '../../../src/operations/resources/storage-account.ts';
import { observeRetirement, retireVersion } from '../../../src/operations/retire-version/retire-version.ts';
import { checkWords } from '../../../src/text/checks.ts';
import { commandWorld, formOn, lastVerifiedWith } from '../../support/builders/command-world.ts';
import { requestId, resourceId, vaultId } from '../../support/builders/fixtures.ts';
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
  ref,
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
import { keyed, scriptedAzure } from '../../support/builders/scripted-azure.ts';

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

it.each([
  ['pinned', keyAt('a')],
  ['following new versions', { ...keyAt('a'), keyVersion: null }],
])(
  'the key of a storage account, %s, is read as it is written, and is none where Microsoft’s is in use',
  (_how, wanted) => {
    const { encryption } = z.object({ encryption: z.looseObject({}) }).parse(customerKeyBody(storageAccount, wanted));
    expect(customerKeyIn(storageAccount, { encryption })).toEqual(wanted);
    expect(customerKeyIn(storageAccount, { encryption: { ...encryption, keySource: 'Microsoft.Storage' } })).toBeNull();
    const identity = { userAssignedIdentity: userIdentity };
    expect(customerKeyIn(storageAccount, { encryption: { ...encryption, identity } })).toEqual({
      ...wanted,
      userIdentity,
    });
    expect(() => customerKeyIn(storageAccount, { encryption: { ...encryption, keyvaultproperties: 'x' } })).toThrow();
  },
);

it.each([
  [healthcareAgent, 'open', /lets the resource in/],
  [healthcareAgent, 'trusted', /isn’t a Key Vault trusted service\..* vault that allows access from all networks/],
  [storageAccount, 'trusted', /lets the resource in/],
  [
    storageAccount,
    'closed',
    /doesn’t admit trusted services\..* vault that allows trusted services, or access from all/,
  ],
] as const)('%# the firewall of a vault lets in what the kind’s declaration says', (kind, firewall, said) => {
  expect(lineOf(judgeFirewall({ firewall }, kind))).toMatch(said);
});

it('the checks of a plan block each change while a user-assigned identity opens the key', () => {
  const { vaultUri: keyVaultUri, ...named } = keyAt('a');
  const customerKey = customerKeyIn(healthcareAgent, { keyVaultProperties: { ...named, keyVaultUri, userIdentity } });
  expect(customerKey).toEqual({ ...keyAt('a'), userIdentity });
  const seen = { resource: resource({ customerKey, systemAssigned: true }) };
  for (const wished of [spec(), wishToRotate(), wishToRepair()])
    expect(checksOf(seen, wished)).toContainEqual({
      outcome: 'block',
      code: 'key-user-identity',
      fact: { identity: userIdentity },
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

const codes = (seen: Partial<Observation>, wished: StoredChangeSpec, mine: OwnKey | null = null) =>
  checksOf(seen, wished, mine).map((check) => `${check.outcome} ${check.code}`);
const agentUnder = (customerKey: CustomerKey | null) => rotating({ resource: resource({ customerKey }) });
const disabled = rotating({ key: key({ version: version('b'), enabled: false }) });
const withoutRight = rotating({ guards: guards({ allowedData: {} }) });

it.each<[string, Partial<Observation>, OwnKey | null, string]>([
  ['is for a resource under a key of the customer’s', agentUnder(null), null, 'block microsoft-managed'],
  ['has nothing to do where the resource is there', agentUnder(keyAt('b')), null, 'block already-under-this-key'],
  ['is not blocked by that in its own run', agentUnder(keyAt('b')), own, 'pass already-under-this-key'],
  ['starts from the approved version alone, in its run too', agentUnder(keyAt('c')), own, 'block key-moved'],
  ['refuses a version that is disabled', disabled, null, 'block key-disabled'],
  ['makes nothing, so no right in the vault is needed', withoutRight, null, 'pass bot-allowed'],
])('a rotation %s', (_what, seen, mine, expected) => expect(codes(seen, wishToRotate(), mine)).toContain(expected));

const identity = { systemAssigned: true, principalId: principal, tenantId: vault().tenantId };
const approved = under(version('a'));
const healthy: Observation = observation({
  resource: resource({ ...identity, customerKey: approved }),
  vault: vault({ purgeProtection: true }),
  key: key({ expires: '2027-01-01T00:00:00.000Z' }),
  grantHeld: true,
});

/** What anyone can do to an agent that is as approved, and the one change that undoes it. */
interface Damage {
  readonly does: (seen: Observation) => Partial<Observation>;
  readonly undo: Effect['change'];
}
const agentHas = (change: object) => (seen: Observation) => ({ resource: { ...seen.resource, ...change } });
const identityOff = { systemAssigned: false, principalId: null, tenantId: null };
const damages: Readonly<Record<string, Damage>> = {
  'the key is stripped': { does: agentHas({ customerKey: null }), undo: 'customer-key' },
  'another key is set': {
    does: agentHas({ customerKey: under(version('b'), { keyName: 'other' }) }),
    undo: 'customer-key',
  },
  'the identity is off': { does: (seen) => ({ ...agentHas(identityOff)(seen), grantHeld: false }), undo: 'identity' },
  'access is lost': { does: () => ({ grantHeld: false }), undo: 'role-assignment' },
  'purge protection is off': {
    does: (seen) => ({ vault: { ...seen.vault, purgeProtection: false } }),
    undo: 'purge-protection',
  },
  'the version is disabled': {
    does: ({ key: seen }) => ({ key: seen === null ? null : { ...seen, enabled: false } }),
    undo: 'key-enablement',
  },
  'the key is deleted': {
    does: () => ({ key: null, keyNow: null, guards: guards({ deletedKey: 'deleted' }) }),
    undo: 'key-recovery',
  },
};
const names = Object.keys(damages);

const damaged = (what: readonly string[]): Observation =>
  what.reduce((seen, name) => Object.assign(seen, damages[name]?.does(seen)), { ...healthy });
const planOf = (seen: Partial<Observation>, change: Parameters<typeof wishToRepair>[0] = {}): Plan =>
  planFor({ seen, wished: wishToRepair({ from: (seen.resource ?? healthy.resource).customerKey, ...change }) });
const changesIn = (plan: Plan): readonly string[] => effectsOf(plan).map(({ change }) => change);
const blocks = (plan: Plan): readonly string[] => blocksOf(plan).map(({ code }) => code);
/** What the run of an approved plan finds. */
const inRun = (seen: Partial<Observation>, wished: StoredChangeSpec = wishToRepair()): Plan =>
  planFor({ seen, wished, own: { keyVersion: null, intents: [] } });

describe('a plan to repair', () => {
  it('has the change of each damage and no other, whatever comes together, and is empty once they are undone', () => {
    fc.assert(
      fc.property(fc.subarray(names, { minLength: 1 }), (what) => {
        const plan = planOf(damaged(what));
        // A deleted key hides whether its version is disabled, and an identity that is off has no access.
        const hidden = what.includes('the key is deleted') ? ['the version is disabled'] : [];
        const wanted = what.filter((one) => !hidden.includes(one)).map((one) => damages[one]?.undo);
        const implied = what.includes('the identity is off') ? ['role-assignment'] : [];
        expect(new Set(changesIn(plan))).toEqual(new Set([...wanted, ...implied]));
        expect(blocks(plan)).toEqual([]);
        expect(stagesOf(plan).at(-1)).toEqual(['verify']);
        // In its run, the approval covers what is left to do at any moment.
        const left = inRun(healthy, StoredChangeSpec.parse(plan.spec));
        expect(isCovered(notCovered(plan, left))).toBe(true);
        expect(effectsOf(left)).toEqual([]);
      }),
    );
  });

  it('needs no approval again while a part of it is done', () => {
    fc.assert(
      fc.property(fc.subarray(names, { minLength: 1 }), fc.subarray(names), (what, undone) => {
        const rest = what.filter((one) => !undone.includes(one));
        // A version that is found disabled after its recovery is another matter.
        const isRecovered = what.includes('the key is deleted') && !rest.includes('the key is deleted');
        fc.pre(!(isRecovered && rest.includes('the version is disabled')));
        const plan = planOf(damaged(what));
        const now = damaged(rest);
        const set = [plan.observation.resource.customerKey, approved];
        fc.pre(set.some((one) => JSON.stringify(one) === JSON.stringify(now.resource.customerKey)));
        expect(isCovered(notCovered(plan, inRun(now, StoredChangeSpec.parse(plan.spec))))).toBe(true);
      }),
    );
  });

  it('asks for an approval of another identity, also if it already has access', () => {
    const change = { approvedIdentity: 'ffffffff-0000-4000-8000-000000000009' };
    const plan = planOf(healthy, change);
    expect(blocks(plan)).toEqual([]);
    expect(effectsOf(plan)).toEqual([]);
    expect(warningsOf(plan)).toContainEqual({
      outcome: 'warn',
      code: 'identity-replaced',
      fact: { approved: change.approvedIdentity, now: principal, hasAccess: true },
    });
    expect(blocks(planOf(healthy, { approvedIdentity: principal.toUpperCase() }))).toEqual(['nothing-to-repair']);
    // The run of an agent whose identity was off turns on another one.
    const wished = wishToRepair(change);
    const off = planFor({ seen: damaged(['the identity is off']), wished });
    expect(warningsOf(off).map(({ code }) => code)).not.toContain('identity-replaced');
    expect(isCovered(notCovered(off, inRun(healthy, wished)))).toBe(true);
  });

  it('says that a purged key can’t be repaired, also if its name has another key', () => {
    const purged = { ...healthy, key: null, keyNow: null };
    expect(blocks(planOf(purged))).toEqual(['approved-key-gone']);
    const again = { ...purged, keyNow: version('c'), guards: guards({ deletedKey: 'not-checked' }) };
    expect(blocks(planOf(again))).toEqual(['approved-key-gone']);
  });

  it('replaces no key that was set after the request, in its run neither', () => {
    const seen = damaged(['another key is set']);
    expect(blocks(planOf(seen, { from: approved }))).toEqual(['repair-outdated']);
    expect(blocks(inRun(seen))).toEqual(['repair-outdated']);
  });
});

const verified = lastVerifiedWith();
const approvedIdentity = verified.principalId ?? '';

it('the form of a repair reviews what was approved last, also if another request succeeded since the form opened', async () => {
  const { ports } = commandWorld({ resource: resource({ customerKey: null }) });
  const stale = { basis: verified.request, from: null, vaultId, keyName, keyVersion: verified.keyVersion };
  const form = formOn('review', ports, { operation: 'repair-cmk', answers: { resource: ref(), version: stale } });
  const newer = lastVerifiedWith({ request: requestId(9), keyVersion: version('b') });
  const facts = await reviewFacts(repairCmk, form, { ...ports, lastVerified: async () => newer });
  const spec = { ...wishToRepair({ from: null, approvedIdentity }), basis: newer.request, keyVersion: version('b') };
  expect(facts).toMatchObject({ page: 'review', plan: { spec } });
});

const hoursAgo = (hours: number): string => new Date(noon.getTime() - hours * 3_600_000).toISOString();
const firstRun = { keyVersion: null, intents: [] };
const old = key({ version: version('a') });
const current = key({ version: version('b') });

const used = (by: string, keyVersion: string, last: string, change: Partial<ObservedUser> = {}): ObservedUser => ({
  principalId: by,
  resourceId: null,
  keyName: 'care',
  keyVersion,
  refused: false,
  first: last,
  last,
  type: 'app',
  name: null,
  members: null,
  ...change,
});
const usedOld = (by: string, hours: number, change: Partial<ObservedUser> = {}): ObservedUser =>
  used(by, version('a'), hoursAgo(hours), change);
const declares = (name: string, keyVersion: string | null, identity: string): KeyedResource =>
  keyed({ id: resourceId(name), name, customerKey: under(keyVersion, { keyName: 'care' }) }, [identity]);
const log = (...users: readonly ObservedUser[]): ObservedUse => ({
  outcome: 'read',
  first: hoursAgo(700),
  last: hoursAgo(1),
  users,
});
const follower = declares('stfollows', null, 'f');
const refusedToday = usedOld('x', 23, { refused: true });
const byAgent = used(principal, version('b'), hoursAgo(30));

async function blocksWith(
  observed: ObservedUse,
  others: readonly KeyedResource[] = [],
  old_ = old,
): Promise<readonly string[]> {
  const azure = scriptedAzure({ keys: [old_, current], observed, others: [...others] });
  const { change } = retireVersion;
  const seen = await observeRetirement(azure, retiring(), change(wishToRetire()), noon);
  return blocksOf(planFor({ seen, wished: wishToRetire() })).map(({ code }) => code);
}

describe('an old version can be retired', () => {
  it('once the agent has used the current one for a day, and nothing uses the old one', async () => {
    expect(await blocksWith(log(byAgent))).toEqual([]);
  });

  it('although the agent, or a resource that moved on, used it earlier; and the bot tested it', async () => {
    const moved = declares('stcare', version('b'), 's');
    const calls = [usedOld(principal, 25), usedOld('s', 25), usedOld('bot', 1, { type: 'bot' })];
    expect(await blocksWith(log(byAgent, ...calls), [moved])).toEqual([]);
    const since = used('f', version('b'), hoursAgo(24));
    expect(await blocksWith(log(byAgent, usedOld('f', 25), since), [follower])).toEqual([]);
  });

  it('although someone was refused with it two days ago, or called without a token', async () => {
    const unknown = usedOld('x', 1, { refused: true, principalId: null });
    expect(await blocksWith(log(byAgent, usedOld('x', 25, { refused: true }), unknown))).toEqual([]);
  });
});

test.each<[string, ObservedUse, readonly KeyedResource[], string]>([
  ['the log shows no use of the current version', log(), [], 'new-version-used'],
  ['the resource began a few hours ago', log(used(principal, version('b'), hoursAgo(23))), [], 'new-version-used'],
  ['the resource used the old one within a day', log(byAgent, usedOld(principal, 23)), [], 'old-version-used'],
  ['a resource that follows was seen on none since', log(byAgent, usedOld('f', 25)), [follower], 'old-version-used'],
  ['a resource declares it', log(byAgent), [declares('stcare', version('a'), 's')], 'old-version-used'],
  ['others used it weeks ago, and nothing declares it', log(byAgent, usedOld('x', 600)), [], 'old-version-used'],
  ['someone was refused with it within a day', log(byAgent, refusedToday), [], 'old-version-used'],
  ['no log is configured', { outcome: 'not-configured' }, [], 'vault-log-needed'],
  ['the log began today', { ...log(byAgent), first: hoursAgo(2) } as ObservedUse, [], 'vault-log-needed'],
])('is blocked if %s', async (_what, observed, users, code) => {
  expect(await blocksWith(observed, users)).toEqual([code]);
});

test('its one change is made by a role, and the approval covers what is left at any moment', () => {
  const plan: Plan = planFor({ seen: retiring(), wished: wishToRetire() });
  expect(effectsOf(plan)).toMatchObject([{ change: 'key-disablement', keyVersion: version('a') }]);
  expect(plan.checks).toContainEqual(
    expect.objectContaining({ code: 'role-needed', fact: expect.objectContaining({ keyVersion: version('a') }) }),
  );
  const done = planFor({
    seen: retiring({ retirement: retirement({ enabled: false }) }),
    wished: wishToRetire(),
    own: firstRun,
  });
  expect(isCovered(notCovered(plan, done))).toBe(true);
  expect(effectsOf(done)).toEqual([]);
});
