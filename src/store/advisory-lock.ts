/** PostgreSQL session advisory locks, for work that one replica at a time does. */
import { z } from 'zod';
import type { Database } from './database.ts';
import { selectOne } from './sql.ts';

/** The database releases the lock with the connection. The numbers never change: replicas of two versions share them. */
const lockKeys = { anchor: 7_236_402, alarm: 7_236_403 } as const;

/** Runs the work and returns its result, or null at once if another replica has the lock. */
export type TryLocked = <T>(work: () => Promise<T>) => Promise<T | null>;

const lockQuery = 'select pg_try_advisory_lock($1) as locked';

/** The embedded database has only one process, so there is nothing to lock. */
export const advisoryLock =
  ({ kind, pool }: Pick<Database, 'kind' | 'pool'>, name: keyof typeof lockKeys): TryLocked =>
  async (work) => {
    if (kind === 'pglite') return work();
    const client = await pool.connect();
    try {
      const row = await selectOne(client, z.object({ locked: z.boolean() }), lockQuery, [lockKeys[name]]);
      if (row?.locked !== true) return null;
      try {
        return await work();
      } finally {
        await client.query('select pg_advisory_unlock($1)', [lockKeys[name]]);
      }
    } finally {
      client.release();
    }
  };
