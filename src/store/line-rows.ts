/** Lines of the record word for word, as they lie in their table. */
import { z } from 'zod';
import type { ChainLine } from '../domain/record/chain.ts';
import { type ChainHead, noHead } from './chain-head.ts';
import { int8, type Sql, select } from './sql.ts';

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

/** For use in queries, with the table's name or alias. */
export const columnsOf = (table: string): string =>
  Object.keys(lineColumns)
    .map((column) => `${table}.${column}`)
    .join(', ');

const Row = z.object(lineColumns);

/** Columns in the record's own words. */
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

/** Lines behind a sequence number; null: from the very first row there is, whatever its number. */
export const linesAfter = (sql: Sql, after: number | null, limit: number): Promise<readonly ChainLine[]> =>
  linesWhere(sql, '$1::bigint is null or e.seq > $1::bigint', [after], limit);

/** The head beside each line, and beside none where there is no line. */
const Behind = z.union([
  z.object({ ...lineColumns, head_seq: int8, head_hash: z.string(), head_time: z.string().nullable() }),
  z.object({ seq: z.null(), head_seq: int8, head_hash: z.string(), head_time: z.string().nullable() }),
]);

const behind = `select h.seq as head_seq, h.hash as head_hash, h.time as head_time, e.*
  from cmk.chain_head h left join lateral (
    select ${columnsOf('l')} from cmk.event l where $1::bigint is null or l.seq > $1::bigint order by l.seq, l.hash limit $2
  ) e on true
  where h.one = 1 order by e.seq, e.hash`;

/** As {@link linesAfter}, with the head as it was at that very moment. */
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
