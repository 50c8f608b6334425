/** The database's time. Events and due times use it, so this process's own clock affects nothing that is stored. */
import { z } from 'zod';
import { auditLogSkew, type ClockSkew, clockSkew } from '../domain/clock-skew.ts';
import { readHead } from './chain-rows.ts';
import type { Database } from './database.ts';
import { selectOne } from './sql.ts';

const Now = z.object({ now: z.date() });
const question = 'select clock_timestamp() as now';

export type DatabaseClock = ReturnType<typeof openDatabaseClock>;

export interface DatabaseClockTools {
  readonly time?: () => Date;
  /** Called when a check finds a difference, and with null when there is none any more. */
  readonly onClock?: (apart: ClockSkew | null) => void;
}

export function openDatabaseClock({ pool }: Pick<Database, 'pool'>, tools: DatabaseClockTools) {
  let offset = Date.now() - performance.now();
  let known = false;
  let isApart = false;
  /** Stores an answer of the database and returns it. `askedAt`: `performance.now()` before the query. */
  const heard = (database: Date, askedAt: number): Date => {
    if (tools.time !== undefined) return tools.time();
    // The database read its clock at some time between query and answer.
    const least = database.getTime() - performance.now();
    const most = database.getTime() - askedAt;
    offset = known ? Math.min(Math.max(offset, least), most) : least;
    known = true;
    return database;
  };
  const ask = async (): Promise<Date> => {
    const askedAt = performance.now();
    const row = await selectOne(pool, Now, question);
    if (row === null) throw new Error('asking the database for the time: it did not say');
    return heard(row.now, askedAt);
  };
  return {
    /** Returns the estimated database time: its last answer plus the time since then by a monotonic clock. */
    now: () => tools.time?.() ?? new Date(offset + performance.now()),
    heard,
    sync: async () => void (await ask()),
    /** Compares this process's clock and the last event with the database's time. Null: no significant difference. */
    async look() {
      const before = new Date();
      const database = await ask();
      const apart = clockSkew(before, database, new Date()) ?? auditLogSkew((await readHead(pool)).time, database);
      if (isApart !== (apart !== null)) tools.onClock?.(apart);
      isApart = apart !== null;
      return apart;
    },
  };
}
