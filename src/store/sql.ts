/** The part of the driver that the store uses: a pool, a client or a transaction. */
import type { Pool } from 'pg';
import { z } from 'zod';

export interface Sql {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[]; rowCount: number | null }>;
}

export async function select<T>(sql: Sql, row: z.ZodType<T>, text: string, values: unknown[] = []): Promise<T[]> {
  return (await sql.query(text, values)).rows.map((one) => row.parse(one));
}

export async function selectOne<T>(
  sql: Sql,
  row: z.ZodType<T>,
  text: string,
  values: unknown[] = [],
): Promise<T | null> {
  return (await select(sql, row, text, values))[0] ?? null;
}

export async function changedRows(sql: Sql, text: string, values: unknown[] = []): Promise<number> {
  return (await sql.query(text, values)).rowCount ?? 0;
}

/** An `int8`, which the driver returns as text. */
export const int8 = z.coerce.number().int();

/**
 * Runs the work in one transaction, and rolls back if it throws. The isolation level is set because the chain depends on it: a read
 * after locking the head must include what the last holder of the lock stored.
 */
export const inTransaction = <T>(pool: Pool, work: (sql: Sql) => Promise<T>): Promise<T> =>
  transaction(pool, async (sql) => {
    await sql.query(begin);
    return work(sql);
  });

const begin = 'begin isolation level read committed';
const Results = z.array(z.object({ rows: z.array(z.unknown()) }));

/** {@link inTransaction} with a first statement, without parameters, that is sent together with `begin`. `work` gets its rows. */
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
