/** Work that one process of all those on a database does at a time. */

import { z } from 'zod';
import type { Database } from './database.ts';
import { selectOne } from './sql.ts';

/** Numbers of locks that no transaction ends: the database lets go of them with the connection. */
const lockKeys = { anchor: 7_236_402, alarm: 7_236_403 } as const;

export type Alone = <T>(work: () => Promise<T>) => Promise<T | null>;

const taken = 'select pg_try_advisory_lock($1) as taken';

/** Does the work, or answers null at once where another process is at it. The embedded database has one process alone. */
export const aloneOn =
  ({ kind, pool }: Pick<Database, 'kind' | 'pool'>, what: keyof typeof lockKeys): Alone =>
  async (work) => {
    if (kind === 'pglite') return work();
    const client = await pool.connect();
    try {
      const row = await selectOne(client, z.object({ taken: z.boolean() }), taken, [lockKeys[what]]);
      if (row?.taken !== true) return null;
      try {
        return await work();
      } finally {
        await client.query('select pg_advisory_unlock($1)', [lockKeys[what]]);
      }
    } finally {
      client.release();
    }
  };
