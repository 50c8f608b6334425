import fc from 'fast-check';
import type { Effect } from '../../../src/domain/effect.ts';
import type { ObservedUse, ObservedUser } from '../../../src/domain/key-impact.ts';
import type { Observation } from '../../../src/domain/observed.ts';
import {
  blocksOf,
  effectsOf,
  isCovered,
  notCovered,
  type Plan,
  stagesOf,
  warningsOf,
} from '../../../src/domain/plan.ts';
import type { KeyedResource } from '../../../src/domain/ports/inventory.ts';
import { reviewFacts } from '../../../src/operations/pages/review-page.ts';
import { StoredChangeSpec } from '../../../src/operations/registry.ts';
import { repairCmk } from '../../../src/operations/repair-cmk/repair-cmk.ts';
import { observeRetirement, retireVersion } from '../../../src/operations/retire-version/retire-version.ts';
import { commandWorld, formOn, lastVerifiedWith } from '../../support/builders/command-world.ts';
import { requestId, resourceId, vaultId } from '../../support/builders/fixtures.ts';
import {
  guards,
  key,
  keyName,
  noon,
  observation,
  planFor,
  principal,
  ref,
  resource,
  retirement,
  retiring,
  under,
  vault,
  version,
  wishToRepair,
  wishToRetire,
} from '../../support/builders/plans.ts';
import { keyed, scriptedAzure } from '../../support/builders/scripted-azure.ts';

const identity = { systemAssigned: true, principalId: principal, tenantId: vault().tenantId };
const approved = under(version('a'));
const asApproved: Observation = observation({
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
  'the identity is off': {
    does: (seen) => ({ ...agentHas(identityOff)(seen), grantHeld: false }),
    undo: 'identity',
  },
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
  what.reduce((seen, name) => Object.assign(seen, damages[name]?.does(seen)), { ...asApproved });
const planOf = (seen: Partial<Observation>, change: Parameters<typeof wishToRepair>[0] = {}): Plan =>
  planFor({ seen, wished: wishToRepair({ from: (seen.resource ?? asApproved.resource).customerKey, ...change }) });
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
        const left = inRun(asApproved, StoredChangeSpec.parse(plan.spec));
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
    const plan = planOf(asApproved, change);
    expect(blocks(plan)).toEqual([]);
    expect(effectsOf(plan)).toEqual([]);
    expect(warningsOf(plan)).toContainEqual({
      outcome: 'warn',
      code: 'identity-replaced',
      fact: { approved: change.approvedIdentity, now: principal, hasAccess: true },
    });
    expect(blocks(planOf(asApproved, { approvedIdentity: principal.toUpperCase() }))).toEqual(['nothing-to-repair']);
    // The run of an agent whose identity was off turns on another one.
    const wished = wishToRepair(change);
    const off = planFor({ seen: damaged(['the identity is off']), wished });
    expect(warningsOf(off).map(({ code }) => code)).not.toContain('identity-replaced');
    expect(isCovered(notCovered(off, inRun(asApproved, wished)))).toBe(true);
  });

  it('says that a purged key can’t be repaired, also if its name has another key', () => {
    const purged = { ...asApproved, key: null, keyNow: null };
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

describe('the form of a repair', () => {
  const verified = lastVerifiedWith();
  const approvedIdentity = verified.principalId ?? '';

  it('reviews what was approved last, also if another request succeeded since the form opened', async () => {
    const { ports } = commandWorld({ resource: resource({ customerKey: null }) });
    const stale = { basis: verified.request, from: null, vaultId, keyName, keyVersion: verified.keyVersion };
    const form = formOn('review', ports, { operation: 'repair-cmk', answers: { resource: ref(), version: stale } });
    const newer = lastVerifiedWith({ request: requestId(9), keyVersion: version('b') });
    const facts = await reviewFacts(repairCmk, form, { ...ports, lastVerified: async () => newer });
    const spec = { ...wishToRepair({ from: null, approvedIdentity }), basis: newer.request, keyVersion: version('b') };
    expect(facts).toMatchObject({ page: 'review', plan: { spec } });
  });
});

const hoursAgo = (hours: number): string => new Date(noon.getTime() - hours * 3_600_000).toISOString();
const own = { keyVersion: null, intents: [] };
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
const declares = (name: string, keyVersion: string, identity: string): KeyedResource =>
  keyed({ id: resourceId(name), name, customerKey: under(keyVersion, { keyName: 'care' }) }, [identity]);
const log = (...users: readonly ObservedUser[]): ObservedUse => ({
  outcome: 'read',
  first: hoursAgo(700),
  last: hoursAgo(1),
  users,
});
const refusedToday = usedOld('x', 23, { refused: true });
const byAgent = used(principal, version('b'), hoursAgo(30));

/** What blocks a plan, with this log and these resources. */
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
  });

  it('although someone was refused with it two days ago, or called without a token', async () => {
    const unknown = usedOld('x', 1, { refused: true, principalId: null });
    expect(await blocksWith(log(byAgent, usedOld('x', 25, { refused: true }), unknown))).toEqual([]);
  });
});

test.each<[string, ObservedUse, readonly KeyedResource[], string]>([
  ['the log shows no use of the current version', log(), [], 'new-version-used'],
  ['the agent began a few hours ago', log(used(principal, version('b'), hoursAgo(23))), [], 'new-version-used'],
  ['the agent used the old one within a day', log(byAgent, usedOld(principal, 23)), [], 'old-version-used'],
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
  const done = planFor({ seen: retiring({ retirement: retirement({ enabled: false }) }), wished: wishToRetire(), own });
  expect(isCovered(notCovered(plan, done))).toBe(true);
  expect(effectsOf(done)).toEqual([]);
});
