import fc from 'fast-check';
import { azureChanges } from '../../../../src/azure/arm/changes.ts';
import type { Connection } from '../../../../src/azure/connection/connection.ts';
import { botFailure, done, failed, type Outcome } from '../../../../src/domain/failure.ts';
import { ArmId, driftIdOf, RequestId } from '../../../../src/domain/ids.ts';
import type { ObservedKey, ObservedResource, ObservedVault } from '../../../../src/domain/observed.ts';
import type { ChangeRecord } from '../../../../src/domain/ports/azure.ts';
import type { StoredEvent } from '../../../../src/domain/request/events.ts';
import { causesOf } from '../../../../src/domain/watch/causes.ts';
import { type DriftVerdict, judgeDrift, type WatchReading } from '../../../../src/domain/watch/drift.ts';
import {
  alertsOf,
  decideDrift,
  evolveWatch,
  foldWatch,
  openDriftOf,
  type ResourceWatch,
  statesAfter,
} from '../../../../src/domain/watch/resource-watch.ts';
import { type DriftState, severityOf } from '../../../../src/domain/watch/state.ts';
import { healthcareAgent } from '../../../../src/operations/resources/healthcare-agent.ts';
import { kinds } from '../../../../src/operations/resources/registry.ts';
import { storageAccount } from '../../../../src/operations/resources/storage-account.ts';
import { driftWords } from '../../../../src/text/drift.ts';
import { lastVerifiedWith } from '../../../support/builders/command-world.ts';
import { key, principal, resource, under, vault, version } from '../../../support/builders/plans.ts';

const now = new Date('2026-03-01T12:00:00.000Z');
const inDays = (days: number): string => new Date(now.getTime() + days * 24 * 3_600_000).toISOString();
const approved = key({ version: version('a'), created: '2026-01-01T00:00:00.000Z' });
const agent = resource({
  systemAssigned: true,
  principalId: principal,
  provisioningState: 'Succeeded',
  customerKey: under(version('a')),
});
const place = vault({ purgeProtection: true });
const elsewhere = ArmId.parse(place.id.replace(/resourceGroups\/[^/]+/, 'resourceGroups/rg-other'));

const verified = lastVerifiedWith({ at: inDays(-30), vault: place, before: version('b') });

const asApproved: WatchReading = {
  resource: done(agent),
  vault: done(place),
  movedTo: null,
  key: done(approved),
  deleted: null,
  newest: done(approved),
  before: done(key({ version: version('b') })),
  retired: null,
  access: done(true),
  use: null,
};
const judge = (change: Partial<WatchReading>): DriftVerdict => judgeDrift(verified, { ...asApproved, ...change }, now);
/** The vault's log: refused calls and others, each by whom, with which version, and how many minutes ago. */
type Call = readonly [by: string | null, digit: string, minutes: number, refused?: 'refused'];
const logged = (...calls: readonly Call[]) =>
  done({
    first: inDays(-1),
    last: now.toISOString(),
    cutShort: null,
    users: calls.map(([principalId, digit, minutes, refused]) => {
      const at = new Date(now.getTime() - minutes * 60_000).toISOString();
      const of = { principalId, resourceId: null, keyName: approved.name, keyVersion: version(digit) };
      return { ...of, refused: refused !== undefined, first: at, last: at };
    }),
  });
const codesOf = (change: Partial<WatchReading>) => judge(change).states.map(({ code }) => code);

const throughUser = {
  ...under(version('a')),
  userIdentity: agent.id.replace(/Microsoft.*/, 'Microsoft.ManagedIdentity/userAssignedIdentities/id-care'),
};
const agentWith = (change: Partial<ObservedResource>) => ({ resource: done({ ...agent, ...change }) });
const vaultWith = (change: Partial<ObservedVault>) => ({ vault: done({ ...place, ...change }) });
const keyWith = (change: Partial<ObservedKey>) => ({ key: done({ ...approved, ...change }) });
const keyGone = (deleted: WatchReading['deleted']) => ({ key: done(null), deleted, newest: null, access: null });
const notRead: Outcome<never> = failed(botFailure('reading', { code: 'unexpected', errorId: 'x' }));

test.each<[string, Partial<WatchReading>, readonly DriftState['code'][]]>([
  ['as approved', {}, []],
  ['a newer version', { newest: done(key({ version: version('c'), created: inDays(-1) })) }, ['newer-version']],
  ['expires in 30 days', keyWith({ expires: inDays(30) }), ['key-expires']],
  ['expired', keyWith({ expires: inDays(0) }), ['key-expired']],
  ['old version disabled', { before: done(key({ version: version('b'), enabled: false })) }, ['old-version-disabled']],
  ['disabled', keyWith({ enabled: false }), ['key-disabled']],
  ['deleted', keyGone('deleted'), ['key-deleted']],
  ['purged', keyGone('none'), ['key-purged']],
  ['vault gone', { vault: done(null), key: null, newest: null, access: null }, ['vault-gone']],
  ['access lost', { access: done(false) }, ['access-lost']],
  [
    'identity replaced',
    { ...agentWith({ principalId: 'other' }), access: done(false) },
    ['identity-changed', 'access-lost'],
  ],
  ['firewall closed', vaultWith({ firewall: 'closed' }), ['firewall-changed']],
  ['purge protection off', vaultWith({ purgeProtection: false }), ['purge-protection-off']],
  ['stripped', agentWith({ customerKey: null }), ['key-stripped']],
  ['another key', agentWith({ customerKey: under(version('c')) }), ['key-replaced']],
  ['resource deleted', { resource: done(null) }, ['resource-deleted']],
])('%s', (_name, change, expected) => {
  expect(codesOf(change)).toEqual(expected);
  expect(judge(change).unread).toEqual([]);
});

test('a resource that follows new versions differs where it is pinned, and where its newest version is disabled', () => {
  const follows = (change: Partial<WatchReading>) =>
    judgeDrift({ ...verified, follows: true }, { ...asApproved, ...change }, now).states;
  const newest = key({ version: version('c'), created: inDays(-1) });
  const following = agentWith({ customerKey: under(null) });
  expect(follows({ ...following, key: done(newest), newest: done(newest) })).toEqual([]);
  expect(follows(agentWith({}))).toEqual([{ code: 'key-replaced', now: under(version('a')) }]);
  const disabled = done({ ...newest, enabled: false });
  expect(follows({ ...following, key: disabled })).toEqual([{ code: 'key-disabled', keyVersion: version('c') }]);
});

test('what cannot be read is named, and nothing of it is said to be fine or wrong', () => {
  expect(judge({ resource: notRead })).toEqual({ states: [], unread: ['resource'] });
  expect(judge({ vault: notRead, key: null, newest: null, access: null })).toEqual({ states: [], unread: ['vault'] });
  expect(judge({ key: notRead, newest: null, before: null, access: null })).toEqual({ states: [], unread: ['key'] });
  expect(judge({ access: notRead })).toEqual({ states: [], unread: ['access'] });
  expect(judge(agentWith({ provisioningState: 'Accepted', customerKey: null })).unread).toEqual(['resource']);
});

const examples: readonly DriftState[] = [
  { code: 'identity-changed', now: null },
  { code: 'access-lost', by: 'access-policies' },
  { code: 'key-replaced', now: under(version('c')) },
  { code: 'key-replaced', now: throughUser },
  { code: 'resource-failed', provisioningState: 'Failed' },
  { code: 'key-expired', at: inDays(-1) },
  { code: 'key-expires', at: inDays(9) },
  { code: 'firewall-changed', now: 'open' },
  { code: 'vault-moved', to: elsewhere },
  { code: 'old-version-disabled', keyVersion: version('b') },
  { code: 'newer-version', keyVersion: version('c'), created: inDays(-1) },
  { code: 'use-refused', keyVersion: version('a') },
  { code: 'retired-version-needed', keyVersion: version('c') },
  ...([
    'resource-deleted',
    'key-purged',
    'vault-gone',
    'key-deleted',
    'key-missing',
    'key-disabled',
    'key-stripped',
    'purge-protection-off',
  ].map((code) => ({ code })) as DriftState[]),
];

test.each(kinds)('each alert names the thing itself: $short', ({ name, short, deleted }) => {
  const others = kinds.filter((one) => one.name !== name).map((one) => one.short);
  for (const state of examples) {
    const words = driftWords(state, { ...verified, resource: { ...verified.resource, kind: name } });
    const text = [words.title, words.text, words.remedy].join(' ');
    expect(text).not.toMatch(new RegExp(`\\b(resource|${others.join('|')}|undefined)\\b`));
    if (state.code === 'resource-deleted')
      expect(words).toMatchObject({
        title: `The ${short} was deleted`,
        text: deleted.means,
        remedy: deleted.next,
      });
  }
});

test('the activity log gives a candidate, never a person who changed something else', async () => {
  const [agents, vaults] = [agent.id, place.id].map((one) => one.slice(0, one.lastIndexOf('/') + 1));
  const assignment = 'providers/Microsoft.Authorization/roleAssignments/1';
  const groupOf = (one: string) => one.slice(0, one.indexOf('/providers/'));
  const write = (resourceId: string, caller: string, minutes: number, operation: string) => ({
    resourceId,
    caller,
    operationName: { value: operation },
    status: { value: 'Succeeded' },
    eventTimestamp: new Date(now.getTime() + minutes * 60_000).toISOString(),
  });
  const removal = 'Microsoft.Authorization/roleAssignments/delete';
  const causesIn = async (...events: readonly object[]) => {
    const list = async function* () {
      yield* events;
    };
    const connection = {
      call: async (_: string, work: (clients: unknown) => Promise<unknown>) => done(await work({ plain: { list } })),
    };
    const read = await azureChanges(connection as unknown as Connection).activity([agent.id, place.id], now);
    const lost = { code: 'access-lost', by: 'role-assignments' } as const;
    const found = causesOf([lost, { code: 'key-stripped' }], verified, read.ok ? read.value : [], healthcareAgent);
    return [found.get('access-lost')?.by, found.get('key-stripped')?.by];
  };
  const others = [
    write(`${vaults}${place.name}-dev/keys/x/${assignment}`, 'first@example.com', 9, removal),
    write(`${groupOf(place.id)}-dev/${assignment}`, 'first@example.com', 9, removal),
    write(`${agents}${agent.name}-test`, 'first@example.com', 9, 'Microsoft.HealthBot/healthBots/write'),
  ];
  expect(await causesIn(...others)).toEqual([undefined, undefined]);
  const removed = `${place.id.toUpperCase()}/keys/${approved.name}/${assignment}`;
  expect(await causesIn(...others, write(removed, 'second@example.com', 1, removal))).toEqual([
    'second@example.com',
    undefined,
  ]);
});

const below = (path: string, names: string) => names.split(' ').map((name) => `${path}.${name}`);
const ofAccount = 'keySource keyvaultproperties.keyname keyVaultProperties.keyVaultUri identity.userAssignedIdentity';
/** Azure writes the second when it takes a new version. */
const notOfKey = 'services.blob.keyType keyvaultproperties.currentVersionedKeyIdentifier';
test.each([
  [healthcareAgent, below('properties.keyVaultProperties', 'keyName keyVersion'), ['tags.keyVaultProperties']],
  [storageAccount, below('properties.encryption', ofAccount), below('properties.encryption', notOfKey)],
])(
  'a change of the key is a cause, and one of another property is none, though the log has it: %#',
  (kind, causes, others) => {
    const operation = `${kind.type}/write`;
    const usual = { target: agent.id, at: now.toISOString(), by: 'x', byType: 'User', clientType: null, operation };
    const log = {
      ...usual,
      correlationId: '1',
      source: 'activity-log',
      changeType: operation,
      properties: [],
    } as const;
    const told = (...records: readonly ChangeRecord[]) =>
      causesOf([{ code: 'key-stripped' }], verified, records, kind).size === 1;
    expect(told(log)).toBe(true);
    const isCause = (path: string) => told(log, { ...log, source: 'resource-graph', properties: [path] });
    expect([...causes, ...others].filter(isCause)).toEqual(causes);
  },
);

const id = driftIdOf('0'.repeat(64));

/** Stores what the verdict says, as the store does. */
function after(
  events: readonly StoredEvent[],
  verdict: DriftVerdict,
  at: Date,
  basis = verified,
): readonly StoredEvent[] {
  const decision = decideDrift(foldWatch(id, events), { verified: basis, verdict }, new Map(), at);
  if (decision.kind === 'refused') throw new Error('refused');
  const stored = decision.events.map(({ body, texts }, n) => {
    const revision = events.length + n + 1;
    return { seq: revision, revision, cause: 'watch', time: at.toISOString(), body, texts };
  });
  return [...events, ...stored];
}

const alertable = examples.filter(({ code }) => severityOf(code) !== 'info');
const verdicts = fc.record({
  states: fc.uniqueArray(fc.constantFrom(...examples), { selector: ({ code }) => code, maxLength: 4 }),
  unread: fc.uniqueArray(fc.constantFrom('resource' as const, 'vault' as const, 'key' as const, 'access' as const), {
    maxLength: 2,
  }),
});

test('over any history: at most one drift is open, it says what was found last, and nothing is stored twice', () => {
  fc.assert(
    fc.property(fc.array(verdicts, { maxLength: 12 }), (history) => {
      let events: readonly StoredEvent[] = [];
      for (const [n, verdict] of history.entries()) {
        const at = new Date(now.getTime() + n * 60_000);
        const expected = statesAfter(openDriftOf(foldWatch(id, events)), verdict);
        events = after(events, verdict, at);
        // Another replica found the same.
        expect(after(events, verdict, at)).toEqual(events);
        const watch: ResourceWatch | null = foldWatch(id, events);
        expect(openDriftOf(watch)?.found.map(({ state }) => state) ?? []).toEqual(expected);
        expect(watch?.drifts.slice(0, -1).every(({ closedAt }) => closedAt !== null) ?? true).toBe(true);
        // What can't be read closes nothing, and what was read is believed.
        for (const { state } of openDriftOf(watch)?.found ?? []) expect(alertable).toContainEqual(state);
        if (verdict.unread.length === 0)
          expect(
            expected.map(({ code }) => code).every((code) => verdict.states.some((one) => one.code === code)),
          ).toBe(true);
      }
      // Folding in one go is folding event by event.
      const [first, ...rest] = events;
      if (first !== undefined) {
        const begun = foldWatch(id, [first]);
        expect(begun === null ? null : rest.reduce(evolveWatch, begun)).toEqual(foldWatch(id, events));
      }
    }),
  );
});

test('a difference that is there after another approval too is compared with that one, and opens no other drift', () => {
  const disabled: DriftVerdict = { states: [{ code: 'key-disabled' }], unread: [] };
  const opened = after([], disabled, now);
  const rotated = { ...verified, request: RequestId.parse('CMK-000002'), keyVersion: version('c') };
  const changed = after(opened, disabled, now, rotated);
  expect(changed).toHaveLength(2);
  expect(openDriftOf(foldWatch(id, changed))).toMatchObject({ number: 1, basis: { request: 'CMK-000002' } });
  expect(after(changed, disabled, now, rotated)).toEqual(changed);
});

test('the webhook is told when a drift opens, each time it becomes critical later, and when it closes', () => {
  const closed = { code: 'firewall-changed', now: 'closed' } as const;
  const history = [[closed], [closed, { code: 'key-disabled' }], [closed], [{ code: 'key-purged' }], []] as const;
  let events: readonly StoredEvent[] = [];
  const told = history.map((states) => {
    events = after(events, { states, unread: [] }, now);
    const watch = foldWatch(id, events);
    return watch && alertsOf(watch, events.slice(-1)).flatMap((one) => (one.kind === 'webhook' ? one.key : []));
  });
  expect(told).toEqual([['1-opened'], ['1-critical-2'], [], ['1-critical-4'], ['1-closed']]);
});

describe('calls in the vault’s log', () => {
  const refused = (...calls: readonly Call[]) => codesOf({ use: logged(...calls) });

  it('tell that the agent is refused, until a call of it works again or none came for a day', () => {
    expect(refused([principal, 'a', 5, 'refused'])).toEqual(['use-refused']);
    expect(refused([principal, 'a', 5, 'refused'], [principal, 'a', 9])).toEqual(['use-refused']);
    expect(refused([principal, 'a', 9, 'refused'], [principal, 'a', 5])).toEqual([]);
    expect(refused([principal, 'a', 61, 'refused'])).toEqual(['use-refused']);
    expect(refused([principal, 'a', 24 * 60 + 1, 'refused'])).toEqual([]);
  });

  it('say nothing of the agent if others or another version are refused, or it happened before the approval', () => {
    expect(refused(['x', 'a', 5, 'refused'], [principal, 'c', 5, 'refused'])).toEqual([]);
    const later = { ...verified, at: new Date(now.getTime() - 60_000).toISOString() };
    const reading = { ...asApproved, use: logged([principal, 'a', 5, 'refused']) };
    expect(judgeDrift(later, reading, now).states).toEqual([]);
  });

  const retired = { ...verified, retired: version('c') };
  const off = key({ version: version('c'), enabled: false });
  const judged = (use: WatchReading['use'], found = off, basis = retired) =>
    judgeDrift(basis, { ...asApproved, use, retired: done(found) }, now);
  const needed = { states: [{ code: 'retired-version-needed', keyVersion: version('c') }] };
  const call = logged(['x', 'c', 300, 'refused']);

  it('until it can be used again', () => {
    expect(judged(call)).toMatchObject(needed);
    expect(judged(logged(['x', 'c', 300, 'refused'], ['x', 'c', 200])).states).toEqual([]);
    expect(judged(call, { ...off, enabled: true }).states).toEqual([]);
    expect(judged(notRead)).toMatchObject({ states: [], unread: ['use'] });
  });
});
