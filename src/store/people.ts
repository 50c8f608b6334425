/** The port `People` on the database. */
import type { Pool } from 'pg';
import { z } from 'zod';
import { PersonId } from '../domain/ids.ts';
import type { People } from '../domain/ports/store.ts';
import { change, select } from './sql.ts';

const save = `insert into cmk.person (id, member_id, name, address) values ($1, $2, $3, $4)
  on conflict (id) do update set member_id = excluded.member_id, name = excluded.name,
    address = coalesce(excluded.address, cmk.person.address)`;

const among = `select id, member_id, name, address,
    exists (select 1 from cmk.person other where lower(other.name) = lower(one.name) and other.id <> one.id) as shared
  from cmk.person one where id = any($1)`;

const Known = z
  .object({
    id: PersonId,
    member_id: z.string(),
    name: z.string(),
    address: z.string().nullable(),
    shared: z.boolean(),
  })
  .transform(({ id, member_id: memberId, name, address, shared }) => ({
    id,
    memberId,
    name: shared ? `${name} (${address ?? id})` : name,
  }));

export function openPeople(pool: Pool): People {
  const known = (ids: readonly PersonId[]) => select(pool, Known, among, [ids]);
  return {
    save: async ({ id, memberId, name, address }) => {
      await change(pool, save, [id, memberId, name, address]);
    },
    async get(id) {
      const [found] = await known([id]);
      return found === undefined ? null : { memberId: found.memberId, name: found.name };
    },
    among: known,
  };
}
