/**
 * The database's time, by which events are dated and everything comes due. The clock of this process matters to nothing that is
 * stored.
 */
import { z } from 'zod';
import { type ClockApart, clockApart, recordApart } from '../domain/clock-apart.ts';
import { readHead } from './chain-rows.ts';
import type { Database } from './database.ts';
import { selectOne } from './sql.ts';

const Now = z.object({ now: z.date() });
const question = 'select clock_timestamp() as now';

export interface DatabaseClock {
  /** Without asking: the database's last answer, plus what has passed since by a monotonic clock. */
  now(): Date;
  /** Takes in an answer of the database, and returns it. `askedAt`: a reading of `performance.now()` before the question. */
  heard(database: Date, askedAt: number): Date;
  /** Asks the database. */
  sync(): Promise<void>;
  /** How far this process's clock, or the last event, is from the database's time. Null: as close as clocks are. */
  look(): Promise<ClockApart | null>;
}

export interface DatabaseClockTools {
  /** Replaces the database's time, for tests of another time. */
  readonly time?: () => Date;
  /** Called when a look finds a difference, and with null when it is gone. */
  readonly onClock?: (apart: ClockApart | null) => void;
}

export function openDatabaseClock(
  { kind, pool }: Pick<Database, 'kind' | 'pool'>,
  tools: DatabaseClockTools,
): DatabaseClock {
  const clock = (): Date => new Date();
  // The embedded database has this process's clock.
  const fixed = tools.time ?? (kind === 'pglite' ? clock : null);
  /** The database's time minus the monotonic clock. Until the first answer it is this process's clock. */
  let offset = clock().getTime() - performance.now();
  let known = false;
  let isApart = false;
  const heard = (database: Date, askedAt: number): Date => {
    if (tools.time !== undefined) return tools.time();
    // The database read its clock somewhere between question and answer.
    const [least, most] = [database.getTime() - performance.now(), database.getTime() - askedAt];
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
    now: () => fixed?.() ?? new Date(offset + performance.now()),
    heard,
    sync: async () => void (await ask()),
    async look() {
      const before = clock();
      const database = await ask();
      const apart = clockApart(before, database, clock()) ?? recordApart((await readHead(pool)).time, database);
      if (isApart !== (apart !== null)) tools.onClock?.(apart);
      isApart = apart !== null;
      return apart;
    },
  };
}
