import { done } from '../../../src/domain/failure.ts';
import { ArmId, DriftId } from '../../../src/domain/ids.ts';
import type { StoredEvent } from '../../../src/domain/request/events.ts';
import { decideDrift, foldWatch, openDriftOf, type ResourceWatch } from '../../../src/domain/watch/resource-watch.ts';
import { type CyclePorts, watchCycle } from '../../../src/workflow/key-watch/watch-cycle.ts';
import { lastVerifiedWith } from '../../support/builders/command-world.ts';
import { key, principal, resource, under, vault, version } from '../../support/builders/plans.ts';

/** Two replicas read an agent at different times, and one stores its finding late. */

const now = new Date('2026-03-01T12:00:00.000Z');
const approved = key({ version: version('a'), created: '2026-01-01T00:00:00.000Z' });
const agent = resource({
  ...{ systemAssigned: true, principalId: principal, provisioningState: 'Succeeded' },
  customerKey: under(version('a')),
});
const place = vault({ purgeProtection: true });
const verified = lastVerifiedWith({ vault: place, at: '2026-01-30T12:00:00.000Z' });
const id = DriftId.parse('DRIFT-0000000000');

/** The agent's stream in memory, and an Azure whose key is disabled at first. `inBetween` runs once, as another replica. */
function worldOf(inBetween: (store: (states: 'disabled' | 'none') => void) => void) {
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
  const byOther = (states: 'disabled' | 'none'): void =>
    append((stored, at) => {
      const found = states === 'none' ? [] : [{ code: 'key-disabled' as const }];
      return decideDrift(stored, { verified, verdict: { states: found, unread: [] } }, new Map(), at);
    });
  let isEnabled = false;
  let left = true;
  const ports = {
    azure: {
      resources: { get: async () => done(agent) },
      vaults: { get: async () => done(place) },
      keys: {
        get: async () => {
          const answer = done({ ...approved, enabled: isEnabled });
          if (left) {
            left = false;
            inBetween(byOther);
            isEnabled = true;
          }
          return answer;
        },
      },
      ...{ grants: { held: async () => done(true) }, vaultLog: null },
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
    ...{ now: () => now, settleMs: 0, intervalMs: 1, signal: new AbortController().signal },
    watching: { seconds: async () => 0 },
    log: { warn: (fields: object) => expect(fields).toBe(null) },
  };
  const cycle = () => watchCycle(ports as unknown as CyclePorts, 'a cycle', '');
  return {
    cycle,
    byOther,
    found: () => events.map(({ body }) => body.type === 'drift-found' && body.data.found.length),
  };
}

test('a reading from before another replica closed the drift opens no second one', async () => {
  const { cycle, found } = worldOf((store) => {
    store('disabled');
    store('none');
  });
  await cycle();
  expect(found()).toEqual([1, 0]);
});

test('a drift that is gone when it is read again is not stored', async () => {
  const { cycle, found } = worldOf(() => undefined);
  await cycle();
  expect(found()).toEqual([]);
});
