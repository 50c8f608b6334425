import { openClockGuard } from '../../../src/store/clock-guard.ts';
import type { Sql } from '../../../src/store/sql.ts';

const start = 1_800_000_000_000;
const day = 86_400_000;
const at = (ms: number): Date => new Date(start + ms);

/** A clock that shows these times, one each time it is read, and stays at the last. */
function clockShowing(...times: readonly number[]): () => Date {
  const left = [...times];
  return () => at((left.length > 1 ? left.shift() : left[0]) ?? 0);
}
/** A database that tells these times. */
function databaseTelling(...times: readonly number[]): Sql {
  const tell = clockShowing(...times);
  return { query: async () => ({ rows: [{ now: tell() }], rowCount: 1 }) };
}
const database = { kind: 'postgres', pool: null as never } as const;

const told = { before: at(0), database: at(0) };

it.each([
  ['asked for now', undefined, clockShowing(0, day)],
  ['told beside something else', told, clockShowing(day)],
])('does not store by a clock that was moved after the database had told its time, %s', async (_how, said, clock) => {
  const guard = openClockGuard(database, { clock });
  await expect(guard.now(databaseTelling(0, 1), null, said)).rejects.toMatchObject({ apart: { kind: 'clock' } });
});

it('does not store by one that was moved back meanwhile either', async () => {
  const guard = openClockGuard(database, { clock: clockShowing(5, -day) });
  await expect(guard.now(databaseTelling(0, 1), null)).rejects.toMatchObject({ apart: { kind: 'clock' } });
});

it('stores by the very reading that was compared', async () => {
  const guard = openClockGuard(database, { clock: clockShowing(0, 3, day) });
  expect(await guard.now(databaseTelling(2), null)).toEqual(at(3));
});

it('asks a database again that took long to answer', async () => {
  const guard = openClockGuard(database, { clock: clockShowing(0, 300_000, 300_001, 300_002) });
  expect(await guard.now(databaseTelling(100_000, 300_001), null)).toEqual(at(300_002));
});
