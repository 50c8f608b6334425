/**
 * Clock skew guard. Event times never go back, and cards, runs and expiries are due by them: one event stored by a clock that runs
 * ahead would hold up everything after it until that time. So a reading is used only after it was compared.
 */
import os from 'node:os';
import { z } from 'zod';
import { type ClockApart, ClockNotBelieved, clockApart, recordApart } from '../domain/clock-apart.ts';
import { readHead } from './chain-rows.ts';
import type { Database } from './database.ts';
import { type Sql, selectOne } from './sql.ts';

/** The clock to compare with. */
export type Reference = (sql: Sql) => Promise<Date>;

const Now = z.object({ now: z.date() });

const databaseClock: Reference = async (sql) => {
  const row = await selectOne(sql, Now, 'select clock_timestamp() as now');
  if (row === null) throw new Error('asking the database for the time: it did not say');
  return row.now;
};

/**
 * The embedded database has this process's own clock. It is compared with its reading at the start plus the system's uptime since
 * then, which counts sleep and can't be set. A clock that was wrong at the start isn't noticed.
 */
function sinceStart(clock: () => Date): Reference {
  const [startedAt, uptime] = [clock().getTime(), os.uptime()];
  return async () => new Date(startedAt + (os.uptime() - uptime) * 1_000);
}

/** The database's time, read together with something else, and this process's clock before that. */
export interface DbTimeHint {
  readonly before: Date;
  readonly database: Date;
}

export interface ClockGuard {
  /** This process's clock, not compared. */
  read(): Date;
  /**
   * The time for new events. Throws {@link ClockNotBelieved}. `last`: the time of the chain's last event. `hint` saves the question
   * to the database.
   */
  now(sql: Sql, last: string | null, hint?: DbTimeHint): Promise<Date>;
  /** The time for everything else: the reading that was compared. Null if the clocks differ too much. */
  trustedNow(): Promise<Date | null>;
  /** The skew that keeps events from being stored. Null: none. */
  look(): Promise<ClockApart | null>;
}

export interface ClockGuardTools {
  readonly clock: () => Date;
  /** Replaces the database's clock. */
  readonly reference?: Reference;
  /** Called when a skew begins, and with null when it ends. */
  readonly onClock?: (apart: ClockApart | null) => void;
}

export function openClockGuard(database: Pick<Database, 'kind' | 'pool'>, tools: ClockGuardTools): ClockGuard {
  const { clock, onClock = () => undefined } = tools;
  const reference = tools.reference ?? (database.kind === 'postgres' ? databaseClock : sinceStart(clock));
  const skewed = { clock: false, record: false };
  const report = (kind: ClockApart['kind'], apart: ClockApart | null): ClockApart | null => {
    if (skewed[kind] !== (apart !== null)) onClock(apart);
    skewed[kind] = apart !== null;
    return apart;
  };
  /** One reading, compared with the database's time. `near` is null if the two are as close as clocks are. */
  const readOnce = async (sql: Sql, hint?: DbTimeHint) => {
    const usable = reference === databaseClock ? hint : undefined;
    const before = usable?.before ?? clock();
    const other = usable?.database ?? (await reference(sql));
    const now = clock();
    return { now, apart: clockApart(before, other, now), near: clockApart(now, other, now) };
  };
  /** Reads a second time if the answer took long or the clock was moved meanwhile: one reading can't tell which. */
  const compare = async (
    sql: Sql,
    hint?: DbTimeHint,
  ): Promise<{ readonly now: Date; readonly apart: ClockApart | null }> => {
    const first = await readOnce(sql, hint);
    if (first.apart !== null || first.near === null) return { now: first.now, apart: report('clock', first.apart) };
    const second = await readOnce(sql);
    return { now: second.now, apart: report('clock', second.apart ?? second.near) };
  };
  const apartFrom = async (sql: Sql, last: string | null, hint?: DbTimeHint) => {
    const { now, apart } = await compare(sql, hint);
    return { now, apart: apart ?? report('record', recordApart(last, now)) };
  };
  return {
    read: clock,
    async now(sql, last, hint) {
      const { now, apart } = await apartFrom(sql, last, hint);
      if (apart !== null) throw new ClockNotBelieved(apart);
      // The reading that was compared: the clock can be moved before the next one.
      return now;
    },
    async trustedNow() {
      const { now, apart } = await compare(database.pool);
      return apart === null ? now : null;
    },
    look: async () => (await apartFrom(database.pool, (await readHead(database.pool)).time)).apart,
  };
}
