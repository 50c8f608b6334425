import { KeyVersion } from '../../../src/domain/ids.ts';
import type { KeyUser, ObservedUse, ObservedUser } from '../../../src/domain/key-impact.ts';
import { blocksOf, effectsOf, isCovered, notCovered, type Plan } from '../../../src/domain/plan.ts';
import type { LastVerified } from '../../../src/domain/watch/drift.ts';
import { openForm } from '../../../src/operations/open-form.ts';
import { operationOf } from '../../../src/operations/registry.ts';
import { observeRetirement, retireVersion } from '../../../src/operations/retire-version/retire-version.ts';
import { call, commandWorld, lastVerifiedWith } from '../../support/builders/command-world.ts';
import { resourceId } from '../../support/builders/fixtures.ts';
import {
  control,
  key,
  noon,
  planFor,
  principal,
  resource,
  retirement,
  retiring,
  under,
  vault,
  version,
  wishToRetire,
} from '../../support/builders/plans.ts';
import { termsOf } from '../../support/builders/policies.ts';
import { scriptedAzure } from '../../support/builders/scripted-azure.ts';

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
const declares = (name: string, keyVersion: string, identity: string): KeyUser => ({
  id: resourceId(name),
  name,
  noun: 'storage account',
  keyName: 'care',
  keyVersion,
  identities: [identity],
});
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
  users: readonly KeyUser[] = [],
  old_ = old,
): Promise<readonly string[]> {
  const azure = scriptedAzure({ keys: [old_, current], observed, declared: { users, unread: [], hidden: [] } });
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

test.each<[string, ObservedUse, readonly KeyUser[], string]>([
  ['the log shows no use of the current version', log(), [], 'new-version-used'],
  ['the agent began a few hours ago', log(used(principal, version('b'), hoursAgo(23))), [], 'new-version-used'],
  ['another identity used the current version', log(used('x', version('b'), hoursAgo(30))), [], 'new-version-used'],
  ['the agent used the old one within a day', log(byAgent, usedOld(principal, 23)), [], 'old-version-used'],
  ['a resource declares it', log(byAgent), [declares('stcare', version('a'), 's')], 'old-version-used'],
  ['others used it weeks ago, and nothing declares it', log(byAgent, usedOld('x', 600)), [], 'old-version-used'],
  ['someone was refused with it within a day', log(byAgent, refusedToday), [], 'old-version-used'],
  ['no log is configured', { outcome: 'not-configured' }, [], 'vault-log-needed'],
  ['the log has no rows', { outcome: 'no-rows' }, [], 'vault-log-needed'],
  ['the log began today', { ...log(byAgent), first: hoursAgo(2) } as ObservedUse, [], 'vault-log-needed'],
  ['the log ended yesterday', { ...log(byAgent), last: hoursAgo(26) } as ObservedUse, [], 'vault-log-needed'],
])('is blocked if %s', async (_what, observed, users, code) => {
  expect(await blocksWith(observed, users)).toEqual([code]);
});

test('is blocked if it is disabled already, or the agent has another key', async () => {
  expect(await blocksWith(log(byAgent), [], { ...old, enabled: false })).toEqual(['old-version-unfit']);
  const moved = retiring({ resource: resource({ ...retiring().resource, customerKey: under(version('a')) }) });
  expect(blocksOf(planFor({ seen: moved, wished: wishToRetire() })).map(({ code }) => code)).toEqual(['key-moved']);
});

test('is blocked in a vault that the policy doesn’t permit, and tells who has control over the key', () => {
  const terms = { ...termsOf(), vaults: [{ rule: 'none', permits: [] }] };
  const plan = planFor({ seen: retiring({ control: control() }), wished: wishToRetire(), terms });
  expect(blocksOf(plan).map(({ code }) => code)).toEqual(['vault-not-permitted']);
  expect(plan.checks.map(({ code }) => code)).toContain('controllers-known');
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

describe('the form', () => {
  const older = key({ version: version('9') });
  const opened = async (keys: readonly (typeof old)[], typed?: string) => {
    const world = { vault: vault(), resource: resource({ customerKey: under(version('b')) }), keys: [...keys] };
    const args = { resource: 'bot-care', ...(typed === undefined ? {} : { version: typed }) };
    return openForm(retireVersion, call(args), { ...commandWorld(world).ports, lastVerified: async () => approved });
  };
  const inUse = lastVerifiedWith({ keyVersion: version('b') });
  let approved: LastVerified | null = inUse;
  afterEach(() => {
    approved = inUse;
  });

  it('opens on the review with the only old version, or the one that was named', async () => {
    for (const form of [await opened([old, current]), await opened([older, old, current], 'aaaaaaaa')]) {
      if (form.kind === 'refused') throw new Error(form.code);
      expect(form.form.page).toBe('review');
      const spec = retireVersion.specOf(form.form);
      expect(spec).toEqual(wishToRetire());
      expect(spec === null ? null : operationOf(spec).answersOf(spec)).toEqual(form.form.answers);
    }
  });

  it('finds the version before the current one among any number, by its ID or as the only enabled one', async () => {
    const disabled = (_: unknown, n: number) =>
      key({ version: KeyVersion.parse(`${n}`.padStart(32, '0')), enabled: false });
    const many = Array.from({ length: 40 }, disabled);
    for (const typed of [undefined, old.version, old.version.slice(0, 8)]) {
      const form = await opened([...many, old, current, older], typed);
      if (form.kind === 'refused') throw new Error(form.code);
      expect(retireVersion.specOf(form.form)).toEqual(wishToRetire());
    }
  });

  it.each([
    ['nothing was approved here', null, 'no-approved-state'],
    ['another version was approved', lastVerifiedWith({ keyVersion: version('a') }), 'key-not-approved'],
    [
      'a key in another vault was approved',
      lastVerifiedWith({ vault: vault({ uri: 'https://kv-other.vault.azure.net' }) }),
      'key-not-approved',
    ],
  ])('is refused if %s', async (_what, verified, code) => {
    approved = verified;
    expect(await opened([old, current])).toMatchObject({ kind: 'refused', code });
  });

  it.each([
    ['no older version is enabled', [{ ...old, enabled: false }, current, older], undefined, 'no-old-version'],
    ['the named one is newer', [old, current, older], '99999999', 'no-old-version'],
    ['more than one is there', [older, old, current], undefined, 'old-version-not-named'],
  ] as const)('is refused if %s', async (_what, keys, typed, code) => {
    expect(await opened(keys, typed)).toMatchObject({ kind: 'refused', code });
  });
});
