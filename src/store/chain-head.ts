/** The end of the chain. Who holds its lock is the only writer; the database moves it along with what is put in. */
import { z } from 'zod';
import { int8, type Sql, selectOne } from './sql.ts';

const ChainHead = z.object({
  seq: int8,
  hash: z.string(),
  /** ISO 8601 time of the last event; null before the first. */
  time: z.string().nullable(),
});
export type ChainHead = z.infer<typeof ChainHead>;

export const noHead = (): Error => new Error('the chain has no head: the database was not migrated');
const found = (head: ChainHead | null): ChainHead => {
  if (head === null) throw noHead();
  return head;
};

/** With the database's own time, for whoever compares clocks. */
const Locked = z.object({ ...ChainHead.shape, now: z.date() });
export type LockedHead = z.infer<typeof Locked>;

/** A statement without parameters, so that it can go with the one that begins a transaction. */
export const lockText = 'select seq, hash, time, clock_timestamp() as now from cmk.chain_head where one = 1 for update';
export const readLocked = (rows: readonly unknown[]): LockedHead => {
  const [row] = z.array(Locked).parse(rows);
  if (row === undefined) throw noHead();
  return row;
};

/** Waits until no other writer is at work; the lock ends with the transaction. */
export const lockHead = async (sql: Sql): Promise<LockedHead> => readLocked((await sql.query(lockText)).rows);

export const readHead = async (sql: Sql): Promise<ChainHead> =>
  found(await selectOne(sql, ChainHead, 'select seq, hash, time from cmk.chain_head where one = 1'));
