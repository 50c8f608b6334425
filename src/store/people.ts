/** The port `People` on the database. */
import type { Pool } from 'pg';
import { z } from 'zod';
import { PersonId } from '../domain/ids.ts';
import type { People } from '../domain/ports/store.ts';
import { change, select } from './sql.ts';

const save = `insert into cmk.person (id, member_id, name, address) values ($1, $2, $3, $4)
  on conflict (id) do update set member_id = excluded.member_id, name = excluded.name,
    address = coalesce(excluded.address, cmk.person.address)`;

/**
 * What is seen of a name: without case, spaces, forms of compatibility (UAX #15) and letters that are shown as nothing (as in
 * `domain/unseen.ts`, with the joiners that stay on cards because scripts need them).
 */
const seen = `lower(regexp_replace(normalize(name, NFKC), '[\\s\\u00AD\\u034F\\u061C\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180F'
  || '\\u200B-\\u200F\\u2028-\\u202E\\u2060-\\u206F\\u2800\\u3164\\uE000-\\uF8FF\\uFE00-\\uFE0F\\uFEFF\\uFFA0]+', '', 'g'))`;

const among = `with looks as materialized (select id, ${seen} as look from cmk.person),
  shared as (select look from looks group by look having count(*) > 1)
  select id, member_id, name, address, look in (select look from shared) as shared
  from cmk.person join looks using (id) where id = any($1)`;

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
