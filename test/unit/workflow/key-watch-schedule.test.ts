import { startKeyWatch } from '../../../src/workflow/key-watch/schedule.ts';
import { memoryDocuments } from '../../support/builders/memory-documents.ts';

/** Two replicas whose cycles last longer than the interval. Each cycle ends when the test says so. */
test('the cursor moves on although another replica took the next cycle meanwhile', async () => {
  const documents = memoryDocuments();
  let now = Date.UTC(2026, 2, 2);
  const intervalMs = 40;
  const begun: { readonly cursor: string; readonly end: () => void }[] = [];
  const start = () =>
    startKeyWatch({
      ...{ documents, intervalMs, now: () => new Date(now), random: () => 0, newId: () => 'a cycle' },
      onCycle: () => undefined,
      log: { warn: () => undefined },
      cycle: (_id, cursor) =>
        new Promise((resolve) => {
          const end = () => resolve({ agents: new Map(), cursor: `${Number(cursor) + 1}` });
          begun.push({ cursor, end });
        }),
    });
  const next = async (count: number): Promise<void> => {
    while (begun.length < count) await new Promise(setImmediate);
  };
  const replicas = [start()];
  await next(1);
  now += 2 * intervalMs;
  replicas.push(start());
  await next(2);
  begun[0]?.end();
  now += 2 * intervalMs;
  await next(3);
  begun[1]?.end();
  now += 2 * intervalMs;
  await next(4);
  for (const { end } of begun) end();
  await Promise.all(replicas.map((one) => one.stop()));
  expect(begun.map(({ cursor }) => cursor)).toEqual(['', '', '1', '1']);
});
