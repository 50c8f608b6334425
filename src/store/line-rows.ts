/** Lines of the record word for word, as they lie in their table. */
import { z } from 'zod';
import type { ChainLine } from '../domain/record/chain.ts';
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

export const linesAt = (sql: Sql, seq: number): Promise<readonly ChainLine[]> =>
  linesWhere(sql, 'e.seq = $1', [seq], null);

export const linesOfRequest = (sql: Sql, id: string): Promise<readonly ChainLine[]> =>
  linesWhere(sql, 'e.request_id = $1', [id], null);
