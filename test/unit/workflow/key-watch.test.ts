import { trackOverdue } from '../../../src/observability/overdue.ts';
import { startKeyWatch } from '../../../src/workflow/key-watch/schedule.ts';
import { watchCycle } from '../../../src/workflow/key-watch/watch-cycle.ts';
import { lastVerifiedWith } from '../../support/builders/command-world.ts';
import { failure } from '../../support/builders/commands.ts';
import { memoryDocuments } from '../../support/builders/memory-documents.ts';
import { key, noon, principal, ref, resource, under, vault, version } from '../../support/builders/plans.ts';
import { scriptedAzure } from '../../support/builders/scripted-azure.ts';

/** Replicas whose cycles last longer than the interval: each cycle ends when the test says so, as whole or not. */
function replicas() {
  const documents = memoryDocuments();
  const clock = { ms: Date.UTC(2026, 2, 2) };
  const intervalMs = 40;
  const now = () => new Date(clock.ms);
  const begun: { readonly cursor: string; readonly overdue: number; readonly end: (isWhole: boolean) => void }[] = [];
  const watched = () => trackOverdue({ documents, key: 'watch/last', normalMs: 3 * intervalMs, now });
  const start = () => {
    const watching = watched();
    return startKeyWatch({
      ...{ documents, intervalMs, now, watching, random: () => 0, newId: () => 'a cycle' },
      onCycle: () => undefined,
      log: { warn: () => undefined },
      async cycle(_id, cursor) {
        const overdue = await watching.seconds();
        return new Promise((resolve) => {
          const end = (isWhole: boolean) => resolve({ agents: new Map(), isWhole, cursor: `${Number(cursor) + 1}` });
          begun.push({ cursor, overdue, end });
        });
      },
    });
  };
  const next = async (count: number): Promise<void> => {
    while (begun.length < count) await new Promise(setImmediate);
  };
  const pass = (ms: number): void => {
    clock.ms += ms;
  };
  /** Read by a replica that takes no cycle. */
  return { begun, start, next, pass, intervalMs, overdue: watched().seconds };
}

test('the cursor moves on although another replica took the next cycle meanwhile', async () => {
  const { begun, start, next, pass, intervalMs } = replicas();
  const started = [start()];
  await next(1);
  pass(2 * intervalMs);
  started.push(start());
  await next(2);
  for (const [n, count] of [3, 4].entries()) {
    begun[n]?.end(true);
    pass(2 * intervalMs);
    await next(count);
  }
  for (const { end } of begun) end(true);
  await Promise.all(started.map((one) => one.stop()));
  expect(begun.map(({ cursor }) => cursor)).toEqual(['', '', '1', '1']);
});

test('the watch is overdue since the last whole cycle of any replica, whichever reads next, and so is its metric', async () => {
  const { begun, start, next, pass, intervalMs, overdue } = replicas();
  const slow = start();
  await next(1);
  pass(3_600_000);
  expect(await overdue()).toBe(3_600);
  const other = start();
  await next(2);
  begun[1]?.end(true);
  await other.stop();
  expect(await overdue()).toBe(0);
  pass(2 * intervalMs);
  begun[0]?.end(false);
  await next(3);
  begun[2]?.end(false);
  await slow.stop();
  pass(3_600_000);
  const restarted = start();
  await next(4);
  begun[3]?.end(false);
  await restarted.stop();
  expect(await overdue()).toBe(3_600);
  expect(begun.map((cycle) => cycle.overdue)).toEqual([0, 3_600, 0, 3_600]);
});

test('an agent that can’t be judged or read is logged and keeps no other from it, and the cursor moves on', async () => {
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
  const cycle = await watchCycle(
    {
      azure: {
        ...azure,
        resources: {
          ...azure.resources,
          get: async (ref) => {
            if (ref.id.endsWith('/b')) throw new Error('an answer that nobody expected');
            return azure.resources.get(ref);
          },
        },
      },
      requests: { held: async () => new Map() },
      drifts: {
        open: async () => new Map(),
        ...{ load: async () => null, of: async () => null },
        succeeded: async () => new Map(),
        append: async () => {
          throw new Error('nothing is news');
        },
      },
      verified: async () => agents,
      ...{ now: () => noon, settleMs: 0, intervalMs: 0, signal: new AbortController().signal },
      watching: { seconds: async () => 1_801 },
      log: { warn: (fields, message) => void warnings.push({ ...fields, message }) },
    },
    'a cycle',
    '',
  );
  expect([...cycle.agents.keys()].sort()).toEqual(['a', 'c']);
  expect(cycle).toMatchObject({ cursor: 'c', isWhole: false });
  expect(warnings).toMatchObject([
    { agents: 1, overdueSeconds: 1_801, message: 'the key watch couldn’t judge some agents, and tries again' },
    { agents: { vault: 2 }, overdueSeconds: 1_801, message: 'the key watch couldn’t read some agents' },
  ]);
});
