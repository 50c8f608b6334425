/** The port `People` on the database. */
import type { Pool } from 'pg';
import { z } from 'zod';
import { PersonId } from '../domain/ids.ts';
import type { People } from '../domain/ports/store.ts';
import { LastWritten } from './last-written.ts';
import { change, select } from './sql.ts';
import { together } from './together.ts';

const save = `insert into cmk.person (id, member_id, name, address) values ($1, $2, $3, $4)
  on conflict (id) do update set member_id = excluded.member_id, name = excluded.name,
    address = coalesce(excluded.address, cmk.person.address)`;

/**
 * What is seen of a name: without case, spaces, forms of compatibility (UAX #15) and letters that are shown as nothing (as in
 * `domain/unseen.ts`, with the joiners that stay on cards because scripts need them). The index `person_by_look` is of this very
 * expression: names that look alike are found by it, not by looking at everybody's.
 */
const look = (person: string): string =>
  `lower(regexp_replace(normalize(${person}.name, NFKC), '[\\s\\u00AD\\u034F\\u061C\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180F'
  || '\\u200B-\\u200F\\u2028-\\u202E\\u2060-\\u206F\\u2800\\u3164\\uE000-\\uF8FF\\uFE00-\\uFE0F\\uFEFF\\uFFA0]+', '', 'g'))`;

/**
 * Of $1, the ids that are asked for. All looks are joined at once: asked for one by one, a planner that takes the expression for
 * cheap reads a table of some hundred people anew for each of them.
 */
export const among = `select id, member_id, name, address, id in (
    select p.id from cmk.person p join cmk.person o on ${look('o')} = ${look('p')} and o.id <> p.id where p.id = any($1)) as shared
  from cmk.person where id = any($1)`;

const amongMany = 'select id, member_id, name, address, false as shared from cmk.person where id = any($1)';

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
  const last = new LastWritten();
  const read = together((ids: readonly PersonId[]) => select(pool, Known, among, [ids]));
  const known = async (ids: readonly PersonId[]) => {
    if (ids.length === 0) return [];
    const wanted = new Set(ids);
    return (await read(ids)).filter(({ id }) => wanted.has(id));
  };
  return {
    save: ({ id, memberId, name, address }) => {
      // Without an address the one that is known stays, whichever it is: that is not something new of it.
      const said = [
        { key: `called ${id}`, value: JSON.stringify([memberId, name]) },
        ...(address === null ? [] : [{ key: `reached ${id}`, value: address }]),
      ];
      return last.write(said, async () => {
        await change(pool, save, [id, memberId, name, address]);
      });
    },
    async get(id) {
      const [found] = await known([id]);
      return found === undefined ? null : { memberId: found.memberId, name: found.name };
    },
    among: known,
    amongMany: (ids) => select(pool, Known, amongMany, [ids]),
  };
}
