/** The port `People` on the database. */
import type { Pool } from 'pg';
import { z } from 'zod';
import { PersonId } from '../domain/ids.ts';
import type { People } from '../domain/ports/store.ts';
import { change, select, selectOne } from './sql.ts';

const Row = z
  .object({ member_id: z.string(), name: z.string() })
  .transform((row) => ({ memberId: row.member_id, name: row.name }));

const save = `insert into cmk.person (id, member_id, name) values ($1, $2, $3)
  on conflict (id) do update set member_id = excluded.member_id, name = excluded.name`;

const Known = z
  .object({ id: PersonId, member_id: z.string(), name: z.string() })
  .transform((row) => ({ id: row.id, memberId: row.member_id, name: row.name }));

export const openPeople = (pool: Pool): People => ({
  save: async ({ id, memberId, name }) => {
    await change(pool, save, [id, memberId, name]);
  },
  get: (id) => selectOne(pool, Row, 'select member_id, name from cmk.person where id = $1', [id]),
  among: (ids) => select(pool, Known, 'select id, member_id, name from cmk.person where id = any($1)', [ids]),
});
