/** Session advisory locks, for work that only one replica does at a time. */
import { z } from 'zod';
import type { Database } from './database.ts';
import { selectOne } from './sql.ts';

/**
 * Lock keys. They never change, because replicas of different versions share them. The database releases a lock with its
 * connection.
 */
const lockKeys = { anchor: 7_236_402, alarm: 7_236_403 } as const;

/** Runs the work and returns its result, or null at once if another replica has the lock. */
export type TryLocked = <T>(work: () => Promise<T>) => Promise<T | null>;

export const advisoryLock =
  ({ pool }: Pick<Database, 'pool'>, name: keyof typeof lockKeys): TryLocked =>
  async (work) => {
    const client = await pool.connect();
    let isUnlocked = true;
    try {
      const lock = 'select pg_try_advisory_lock($1) as locked';
      const row = await selectOne(client, z.object({ locked: z.boolean() }), lock, [lockKeys[name]]);
      if (row?.locked !== true) return null;
      try {
        return await work();
      } finally {
        const unlock = client.query('select pg_advisory_unlock($1)', [lockKeys[name]]);
        isUnlocked = await unlock.then(
          () => true,
          () => false,
        );
      }
    } finally {
      // The result of the work counts, also if the lock ends only with the connection.
      client.release(!isUnlocked);
    }
  };
