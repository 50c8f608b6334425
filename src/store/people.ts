/** The port `People`. */
import type { Pool } from 'pg';
import { z } from 'zod';
import { PersonId } from '../domain/ids.ts';
import type { People } from '../domain/ports/store.ts';
import type { RowSeals } from '../domain/record/seals.ts';
import { batchCalls, changedRows, select } from './sql.ts';
import { WriteDedupe } from './write-dedupe.ts';

const save = `insert into cmk.person (id, member_id, name, address, seal, address_seal) values ($1, $2, $3, $4, $5, $6)
  on conflict (id) do update set member_id = excluded.member_id, name = excluded.name, seal = excluded.seal,
    address = coalesce(excluded.address, cmk.person.address),
    address_seal = coalesce(excluded.address_seal, cmk.person.address_seal)`;

/** What the seal of a name covers. */
const personSeal = (id: string, memberId: string, name: string) => ['person', [id, memberId, name]] as const;
/** What the seal of an address covers. It's separate, because addresses are learned at other times. */
const addressSeal = (id: string, address: string) => ['person address', [id, address]] as const;

/**
 * SQL: a normalized name, without case, spaces, compatibility forms (UAX #15) and invisible characters (as in
 * `domain/strings.ts`, and the joiners that stay on cards because scripts need them). The index `person_by_look` has the
 * same expression.
 */
const look = (person: string): string =>
  `lower(regexp_replace(normalize(${person}.name, NFKC), '[\\s\\u00AD\\u034F\\u061C\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180F'
  || '\\u200B-\\u200F\\u2028-\\u202E\\u2060-\\u206F\\u2800\\u3164\\uE000-\\uF8FF\\uFE00-\\uFE0F\\uFEFF\\uFFA0]+', '', 'g'))`;

/**
 * Selects the people with IDs in $1. One join finds all names that look the same. With a subquery per person, the planner
 * underestimates the expression's cost and scans the table each time.
 */
export const among = `select id, member_id, name, address, seal, address_seal, id in (
    select p.id from cmk.person p join cmk.person o on ${look('o')} = ${look('p')} and o.id <> p.id where p.id = any($1)) as shared
  from cmk.person where id = any($1)`;

const amongMany =
  'select id, member_id, name, address, seal, address_seal, false as shared from cmk.person where id = any($1)';

const Row = z.object({
  id: PersonId,
  member_id: z.string(),
  name: z.string(),
  address: z.string().nullable(),
  seal: z.string().nullable(),
  address_seal: z.string().nullable(),
  shared: z.boolean(),
});

/** Rows without a valid seal count as absent. */
export function openPeople(pool: Pool, seals: RowSeals): People {
  const last = new WriteDedupe();
  const knownIn = (rows: readonly z.infer<typeof Row>[]) =>
    rows.flatMap(({ id, member_id: memberId, name, address, seal, address_seal, shared }) => {
      if (!seals.isGood(...personSeal(id, memberId, name), seal)) return [];
      const isOwn = address !== null && seals.isGood(...addressSeal(id, address), address_seal);
      return { id, memberId, name: shared ? `${name} (${isOwn ? address : id})` : name };
    });
  const read = batchCalls(async (ids: readonly PersonId[]) => knownIn(await select(pool, Row, among, [ids])));
  const known = async (ids: readonly PersonId[]) => {
    if (ids.length === 0) return [];
    const wanted = new Set(ids);
    return (await read(ids)).filter(({ id }) => wanted.has(id));
  };
  return {
    save: ({ id, memberId, name, address }) => {
      // Without an address, the stored one stays.
      const said = [
        { key: `called ${id}`, value: JSON.stringify([memberId, name]) },
        ...(address === null ? [] : [{ key: `reached ${id}`, value: address }]),
      ];
      return last.write(said, async () => {
        const seal = seals.seal(...personSeal(id, memberId, name));
        const ofAddress = address === null ? null : seals.seal(...addressSeal(id, address));
        await changedRows(pool, save, [id, memberId, name, address, seal, ofAddress]);
      });
    },
    async get(id) {
      const [found] = await known([id]);
      return found === undefined ? null : { memberId: found.memberId, name: found.name };
    },
    among: known,
    amongMany: async (ids) => knownIn(await select(pool, Row, amongMany, [ids])),
  };
}
