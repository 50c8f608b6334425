/**
 * Whether this process's clock may be written down. Times of the chain never go back, and cards, runs and expiries are due by
 * them: one event stored while a clock is wrong would hold up all that follow until that time has come.
 */
import os from 'node:os';
import { z } from 'zod';
import { type ClockApart, ClockNotBelieved, clockApart, farMs, recordApart } from '../domain/clock-apart.ts';
import { readHead } from './chain-head.ts';
import type { Database } from './database.ts';
import { type Sql, selectOne } from './sql.ts';

/** What the clock is compared with. */
export type Reference = (sql: Sql) => Promise<Date>;

const Now = z.object({ now: z.date() });

const databaseClock: Reference = async (sql) => {
  const row = await selectOne(sql, Now, 'select clock_timestamp() as now');
  if (row === null) throw new Error('asking the database for the time: it did not say');
  return row.now;
};

/**
 * The embedded database has this process's own clock, so that one is compared with itself as it was at the start and what has
 * passed since. The system counts that, in sleep too, and nobody can set it. A clock that was wrong at the start is believed.
 */
function sinceStart(clock: () => Date): Reference {
  const [startedAt, uptime] = [clock().getTime(), os.uptime()];
  return async () => new Date(startedAt + (os.uptime() - uptime) * 1_000);
}

/** What the database told of its time beside something else, and this clock before it was asked. */
export interface TimeTold {
  readonly before: Date;
  readonly database: Date;
}

/** A time to store by, good where the database's clock is `between`; null: it is not what this clock is compared with. */
export interface AssumedTime {
  readonly now: Date;
  readonly between: { readonly from: Date; readonly to: Date } | null;
}

export interface ClockGuard {
  /** This clock as it stands, whether or not it is believed. */
  read(): Date;
  /**
   * The time to store by. Throws {@link ClockNotBelieved}. `last`: of the chain's last event. `told`: instead of asking the
   * database anew.
   */
  now(sql: Sql, last: string | null, told?: TimeTold): Promise<Date>;
  /**
   * The time to store by, for a statement that compares clocks itself. Null: something is wrong, or was when it was last looked
   * at; then {@link now} says what.
   */
  assume(last: string | null): Promise<AssumedTime | null>;
  /** The time to go by beside the record: the very reading that was compared. Null: it is not believed. */
  believed(): Promise<Date | null>;
  /** What keeps events from being stored; null: nothing. */
  look(): Promise<ClockApart | null>;
}

export interface ClockGuardTools {
  readonly clock: () => Date;
  /** Instead of the database's clock, for whoever has another `clock` too. */
  readonly reference?: Reference;
  /** Called whenever what is wrong has changed; null: nothing is any more. */
  readonly onClock?: (apart: ClockApart | null) => void;
}

export function openClockGuard(database: Pick<Database, 'kind' | 'pool'>, tools: ClockGuardTools): ClockGuard {
  const { clock, onClock = () => undefined } = tools;
  const reference = tools.reference ?? (database.kind === 'postgres' ? databaseClock : sinceStart(clock));
  const told = { clock: false, record: false };
  const tell = (kind: ClockApart['kind'], apart: ClockApart | null): ClockApart | null => {
    if (told[kind] !== (apart !== null)) onClock(apart);
    told[kind] = apart !== null;
    return apart;
  };
  /** One reading held against the database's time; `near`: the two are as close as clocks are. */
  const readOnce = async (sql: Sql, told?: TimeTold) => {
    const given = reference === databaseClock ? told : undefined;
    const before = given?.before ?? clock();
    const other = given?.database ?? (await reference(sql));
    const now = clock();
    return { now, apart: clockApart(before, other, now), near: clockApart(now, other, now) };
  };
  /** Far from what was told, while nothing speaks against it: answering took long, or the clock was moved since. */
  const compare = async (
    sql: Sql,
    told?: TimeTold,
  ): Promise<{ readonly now: Date; readonly apart: ClockApart | null }> => {
    const first = await readOnce(sql, told);
    if (first.apart !== null || first.near === null) return { now: first.now, apart: tell('clock', first.apart) };
    const second = await readOnce(sql);
    return { now: second.now, apart: tell('clock', second.apart ?? second.near) };
  };
  const apartFrom = async (sql: Sql, last: string | null, told?: TimeTold) => {
    const { now, apart } = await compare(sql, told);
    return { now, apart: apart ?? tell('record', recordApart(last, now)) };
  };
  return {
    read: clock,
    async now(sql, last, told) {
      const { now, apart } = await apartFrom(sql, last, told);
      if (apart !== null) throw new ClockNotBelieved(apart);
      // The very reading that was compared: the next one may be another's.
      return now;
    },
    async assume(last) {
      const now = clock();
      if (told.clock || told.record || recordApart(last, now) !== null) return null;
      if (reference !== databaseClock) {
        const compared = await compare(database.pool);
        return compared.apart === null ? { now: compared.now, between: null } : null;
      }
      const [from, to] = [new Date(now.getTime() - farMs), new Date(now.getTime() + farMs)];
      return { now, between: { from, to } };
    },
    async believed() {
      const { now, apart } = await compare(database.pool);
      return apart === null ? now : null;
    },
    look: async () => (await apartFrom(database.pool, (await readHead(database.pool)).time)).apart,
  };
}
