import type { Pool } from 'pg';
import { maxSkewMs } from '../../../src/domain/write-health.ts';
import { openDatabaseClock } from '../../../src/store/database-clock.ts';

const day = 86_400_000;

/** A database whose clock is that far from this process's; nothing is stored in it. */
const databaseAhead = (ms: number) => {
  const head = { seq: '0', hash: '', time: null };
  const query = async (text: string) => ({
    rows: [text.includes('clock_timestamp') ? { now: new Date(Date.now() + ms) } : head],
    rowCount: 1,
  });
  return { kind: 'postgres', pool: { query } as unknown as Pool } as const;
};

it('the clock has the database’s time, whatever this process’s clock says', async () => {
  const clock = openDatabaseClock(databaseAhead(day), {});
  await clock.sync();
  expect(Math.abs(clock.now().getTime() - Date.now() - day)).toBeLessThan(maxSkewMs);
});

it('the clock is not set back by an answer that was long on its way, and is set right by one that differs', async () => {
  const clock = openDatabaseClock(databaseAhead(0), {});
  await clock.sync();
  const before = clock.now();
  // Read 50 s ago, and asked for before that.
  clock.heard(new Date(before.getTime() - 50_000), performance.now() - 60_000);
  expect(clock.now().getTime()).toBeGreaterThanOrEqual(before.getTime());
  clock.heard(new Date(before.getTime() + day), performance.now() - 60_000);
  expect(clock.now().getTime()).toBeGreaterThanOrEqual(before.getTime() + day);
  clock.heard(new Date(before.getTime() - day), performance.now() - 60_000);
  expect(clock.now().getTime()).toBeLessThan(before.getTime());
});

it.each([
  ['ahead', -day, 1],
  ['behind', day, -1],
])('tells that this process’s clock is %s, once, and that it no longer is', async (_how, ms, sign) => {
  let database = databaseAhead(ms);
  const told: (number | null)[] = [];
  const pool = { query: (text: string) => database.pool.query(text) } as unknown as Pool;
  const clock = openDatabaseClock({ pool }, { onClock: (apart) => told.push(apart?.aheadMs ?? null) });
  expect(Math.sign((await clock.look())?.aheadMs ?? 0)).toBe(sign);
  await clock.look();
  database = databaseAhead(0);
  expect(await clock.look()).toBeNull();
  await clock.look();
  expect(told.map((one) => (one === null ? null : Math.sign(one)))).toEqual([sign, null]);
});
