import { done } from '../../../src/domain/failure.ts';
import { ArmId, DriftId } from '../../../src/domain/ids.ts';
import type { StoredEvent } from '../../../src/domain/request/events.ts';
import { decideDrift, foldWatch, openDriftOf, type ResourceWatch } from '../../../src/domain/watch/resource-watch.ts';
import type { DriftState } from '../../../src/domain/watch/state.ts';
import { type CyclePorts, watchCycle } from '../../../src/workflow/key-watch/watch-cycle.ts';
import { lastVerifiedWith } from '../../support/builders/command-world.ts';
import { failure } from '../../support/builders/commands.ts';
import { key, noon, principal, ref, resource, under, vault, version } from '../../support/builders/plans.ts';
import { keyed, scriptedAzure } from '../../support/builders/scripted-azure.ts';

test('what looks different is read first; what can’t be judged or read is logged and keeps no other from it', async () => {
  const approved = version('a');
  const azure = scriptedAzure({
    resource: resource({ principalId: principal, customerKey: under(approved) }),
    vault: vault({ purgeProtection: true }),
    keys: [key({ version: approved })],
    granted: true,
  });
  azure.refuse('vaults.get', failure());
  const verifiedAs = (name: string) =>
    lastVerifiedWith({ resource: ref(name), vault: vault({ purgeProtection: true }) });
  const agents = new Map(['a', 'b', 'c'].map((name) => [name, verifiedAs(name)]));
  const warnings: object[] = [];
  const read: string[] = [];
  const resources = [...agents.keys()].map((name) =>
    keyed({ id: name as ArmId, name, customerKey: name === 'c' ? null : under(approved) }),
  );
  const cycle = await watchCycle(
    {
      azure: {
        ...azure,
        inventory: { ...azure.inventory, resourceKeys: async () => done({ resources, unread: [] }) },
        resources: {
          ...azure.resources,
          get: async (ref) => {
            read.push(ref.id.slice(-1));
            if (ref.id.endsWith('/b')) throw new Error('an answer that nobody expected');
            return azure.resources.get(ref);
          },
        },
      },
      requests: { held: async () => new Map() },
      drifts: {
        open: async () => new Map(),
        load: async () => null,
        of: async () => null,
        succeeded: async () => new Map(),
        append: async () => {
          throw new Error('nothing is news');
        },
      },
      verified: async () => agents,
      now: () => noon,
      settleMs: 0,
      intervalMs: 0,
      signal: new AbortController().signal,
      watching: { seconds: async () => 1_801 },
      log: { warn: (fields, message) => void warnings.push({ ...fields, message }) },
    },
    'a cycle',
    '',
  );
  expect([...new Set(read)]).toEqual(['c', 'a', 'b']);
  expect([...cycle.verdicts.keys()].sort()).toEqual(['a', 'c']);
  expect(cycle).toMatchObject({ cursor: 'b', isWhole: false });
  expect(warnings).toMatchObject([
    { resources: 1, overdueSeconds: 1_801, message: 'the key watch couldn’t judge some resources, and tries again' },
    { resources: { vault: 2 }, overdueSeconds: 1_801, message: 'the key watch couldn’t read some resources' },
  ]);
});

const now = new Date('2026-03-01T12:00:00.000Z');
const approved = key({ version: version('a'), created: '2026-01-01T00:00:00.000Z' });
const agent = resource({
  systemAssigned: true,
  principalId: principal,
  provisioningState: 'Succeeded',
  customerKey: under(version('a')),
});
const place = vault({ purgeProtection: true });
const verified = lastVerifiedWith({ vault: place, at: '2026-01-30T12:00:00.000Z' });
const id = DriftId.parse('DRIFT-0000000000');

/** While a replica reads a disabled key, another one opens and closes the drift. */
test('a reading from before another replica closed the drift opens no second one', async () => {
  const events: StoredEvent[] = [];
  const watch = (): ResourceWatch | null => foldWatch(id, events);
  const append = (decide: (watch: ResourceWatch | null, at: Date) => ReturnType<typeof decideDrift>): void => {
    const decision = decide(watch(), now);
    if (decision.kind !== 'accepted') throw new Error('refused');
    for (const { body, texts } of decision.events) {
      const revision = events.length + 1;
      events.push({ seq: revision, revision, time: now.toISOString(), cause: 'a test', texts, body } as StoredEvent);
    }
  };
  const byOther = (...states: DriftState[]): void =>
    append((stored, at) => decideDrift(stored, { verified, verdict: { states, unread: [] } }, new Map(), at));
  let isEnabled = false;
  const ports = {
    azure: {
      resources: { get: async () => done(agent) },
      vaults: { get: async () => done(place) },
      keys: {
        get: async () => {
          const answer = done({ ...approved, enabled: isEnabled });
          if (!isEnabled) {
            byOther({ code: 'key-disabled' });
            byOther();
            isEnabled = true;
          }
          return answer;
        },
      },
      grants: { held: async () => done(true) },
      vaultLog: null,
      inventory: { resourceKeys: async () => done({ resources: [], unread: [], complete: true }) },
      changes: { since: async () => done([]), activity: async () => done([]) },
    },
    requests: { held: async () => new Map() },
    drifts: {
      append: async (_agent: ArmId, _cause: string, decide: Parameters<typeof append>[0]) => append(decide),
      of: async () => watch(),
      open: async () => {
        const drift = openDriftOf(watch());
        return new Map(drift === null ? [] : [[agent.id.toLowerCase(), drift]]);
      },
    },
    verified: async () => new Map([[ArmId.parse(agent.id.toLowerCase()), verified]]),
    now: () => now,
    settleMs: 0,
    intervalMs: 1,
    signal: new AbortController().signal,
    watching: { seconds: async () => 0 },
    log: { warn: (fields: object) => expect(fields).toBe(null) },
  };
  await watchCycle(ports as unknown as CyclePorts, 'a cycle', '');
  expect(events.map(({ body }) => body.type === 'drift-found' && body.data.found.length)).toEqual([1, 0]);
});
