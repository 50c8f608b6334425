/** Raw rows of the audit log: its head, `cmk.chain_head`, and its events, `cmk.event`. */
import { z } from 'zod';
import type { ChainLine } from '../domain/record/chain.ts';
import { int8, type Sql, select, selectOne } from './sql.ts';

const ChainHead = z.object({
  seq: int8,
  hash: z.string(),
  /** ISO 8601 time of the last event. Null before the first. */
  time: z.string().nullable(),
});
/** Position of the last event. A trigger updates it with each insert. */
export type ChainHead = z.infer<typeof ChainHead>;

const noHead = (): Error => new Error('the chain has no head: the database was not migrated');

const LockedHead = z.object({ ...ChainHead.shape, now: z.date() });
export type LockedHead = z.infer<typeof LockedHead>;

const lockText = 'select seq, hash, time, clock_timestamp() as now from cmk.chain_head where one = 1 for update';

/** Locks the head for the transaction, after waiting for other writers. */
export async function lockHead(sql: Sql): Promise<LockedHead> {
  const head = await selectOne(sql, LockedHead, lockText);
  if (head === null) throw noHead();
  return head;
}

export async function readHead(sql: Sql): Promise<ChainHead> {
  const head = await selectOne(sql, ChainHead, 'select seq, hash, time from cmk.chain_head where one = 1');
  if (head === null) throw noHead();
  return head;
}

export const lineColumns = {
  seq: int8,
  request_id: z.string(),
  revision: z.number(),
  cause: z.string(),
  n: z.number(),
  body: z.string(),
  prev: z.string(),
  hash: z.string(),
  seal_key: z.string().nullable(),
  seal: z.string().nullable(),
};

export const columnsOf = (table: string): string =>
  Object.keys(lineColumns)
    .map((column) => `${table}.${column}`)
    .join(', ');

const Row = z.object(lineColumns);

export const toLine = ({ request_id: request, seal_key: sealKey, ...row }: z.infer<typeof Row>): ChainLine => ({
  ...row,
  request,
  sealKey,
});

const linesWhere = async (
  sql: Sql,
  condition: string,
  values: unknown[],
  limit: number | null,
): Promise<readonly ChainLine[]> => {
  const text = `select ${columnsOf('e')} from cmk.event e where ${condition} order by e.seq, e.hash limit $${values.length + 1}`;
  return (await select(sql, Row, text, [...values, limit])).map(toLine);
};

/** Lines after a sequence number, oldest first. Null: from the first row, whatever its number. */
export const linesAfter = (sql: Sql, after: number | null, limit: number): Promise<readonly ChainLine[]> =>
  linesWhere(sql, '$1::bigint is null or e.seq > $1::bigint', [after], limit);

const Behind = z.union([
  z.object({ ...lineColumns, head_seq: int8, head_hash: z.string(), head_time: z.string().nullable() }),
  z.object({ seq: z.null(), head_seq: int8, head_hash: z.string(), head_time: z.string().nullable() }),
]);

const behind = `select h.seq as head_seq, h.hash as head_hash, h.time as head_time, e.*
  from cmk.chain_head h left join lateral (
    select ${columnsOf('l')} from cmk.event l where $1::bigint is null or l.seq > $1::bigint order by l.seq, l.hash limit $2
  ) e on true
  where h.one = 1 order by e.seq, e.hash`;

/** {@link linesAfter}, with the head of the same moment. */
export async function headAndLinesAfter(
  sql: Sql,
  after: number | null,
  limit: number,
): Promise<{ readonly head: ChainHead; readonly lines: readonly ChainLine[] }> {
  const rows = await select(sql, Behind, behind, [after, limit]);
  const [first] = rows;
  if (first === undefined) throw noHead();
  const lines = rows.flatMap(({ head_seq: _seq, head_hash: _hash, head_time: _time, ...row }) =>
    row.seq === null ? [] : toLine(row),
  );
  return { head: { seq: first.head_seq, hash: first.head_hash, time: first.head_time }, lines };
}

export const linesAt = (sql: Sql, seq: number): Promise<readonly ChainLine[]> =>
  linesWhere(sql, 'e.seq = $1', [seq], null);

export const linesOfRequest = (sql: Sql, id: string): Promise<readonly ChainLine[]> =>
  linesWhere(sql, 'e.request_id = $1', [id], null);
