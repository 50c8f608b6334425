/** The little of a driver that the store uses, and how its answers are read. */
import type { Pool } from 'pg';
import { z } from 'zod';

export interface Sql {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[]; rowCount: number | null }>;
}

/** Runs the query and reads every row through the schema. Row by row: a schema of a list would be made anew each time. */
export async function select<T>(sql: Sql, row: z.ZodType<T>, text: string, values: unknown[] = []): Promise<T[]> {
  return (await sql.query(text, values)).rows.map((one) => row.parse(one));
}

/** As {@link select}, for a query that finds one row or none. */
export async function selectOne<T>(
  sql: Sql,
  row: z.ZodType<T>,
  text: string,
  values: unknown[] = [],
): Promise<T | null> {
  return (await select(sql, row, text, values))[0] ?? null;
}

/** How many rows the statement changed. */
export async function change(sql: Sql, text: string, values: unknown[] = []): Promise<number> {
  return (await sql.query(text, values)).rowCount ?? 0;
}

/** An `int8`, which drivers hand over as text. */
export const int8 = z.coerce.number().int();

/**
 * Runs the work in one transaction: all of it is stored, or, when it throws, nothing is. `read committed` is asked for by
 * name because the chain rests on it: what is read after the head's lock must include what the lock's last holder stored.
 */
export const inTransaction = <T>(pool: Pool, work: (sql: Sql) => Promise<T>): Promise<T> =>
  transaction(pool, async (sql) => {
    await sql.query(begin);
    return work(sql);
  });

const begin = 'begin isolation level read committed';
const Results = z.array(z.object({ rows: z.array(z.unknown()) }));

/** As {@link inTransaction}, with a first statement without parameters that goes along with the beginning; `work` has its rows. */
export const inTransactionFrom = <T>(
  pool: Pool,
  first: string,
  work: (sql: Sql, rows: readonly unknown[]) => Promise<T>,
): Promise<T> =>
  transaction(pool, async (sql) => {
    const answers = Results.parse(await sql.query(`${begin}; ${first}`));
    return work(sql, answers.at(-1)?.rows ?? []);
  });

async function transaction<T>(pool: Pool, work: (sql: Sql) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    const result = await work(client);
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    const broken = await client.query('rollback').then(
      () => false,
      () => true,
    );
    client.release(broken);
    throw error;
  }
}
