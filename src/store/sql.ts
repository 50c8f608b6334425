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
 * after locking the head must include what the last holder of the lock stored. Statements that the work doesn't wait for between
 * them, are sent together. `commit` ends the transaction right behind the last one, also if that fails: then nothing is stored.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (sql: Sql, commit: () => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let committed: Promise<unknown> | null = null;
  const commit = (): Promise<unknown> => {
    committed ??= client.query('commit');
    return committed;
  };
  try {
    const begun = client.query('begin isolation level read committed');
    const [result] = await Promise.all([work(client, commit), begun]);
    await commit();
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
