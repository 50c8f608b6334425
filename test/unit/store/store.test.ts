import type { Pool } from 'pg';
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
