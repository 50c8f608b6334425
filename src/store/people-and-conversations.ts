/** The ports `People` and `Conversations`: how Teams last named people, and where the bot can post. */
import type { Pool } from 'pg';
import { z } from 'zod';
import { writeRejectionIn } from '../domain/database-errors.ts';
import { PersonId } from '../domain/ids.ts';
import type { ConversationAddress, Conversations, People } from '../domain/ports/store.ts';
import type { RowSeals } from '../domain/record/seals.ts';
import { batchCalls } from './batch-calls.ts';
import { changedRows, select } from './sql.ts';

/** A database that stores nothing must not keep people from reading. The next message says the same again. */
async function learn(pool: Pool, text: string, values: unknown[]): Promise<void> {
  await changedRows(pool, text, values).catch((error: unknown) => {
    if (writeRejectionIn(error) === null) throw error;
  });
}

/** Writes only what is new, because each write waits for the disk, and each turn of a person says the same again. */
const savePerson = `insert into cmk.person (id, member_id, name, address, seal, address_seal)
  select $1, $2, $3, $4, $5, $6 where not exists (select 1 from cmk.person
    where (id, member_id, name, seal) = ($1, $2, $3, $5) and ($4::text is null or (address, address_seal) = ($4, $6)))
  on conflict (id) do update set member_id = excluded.member_id, name = excluded.name, seal = excluded.seal,
    address = coalesce(excluded.address, cmk.person.address),
    address_seal = coalesce(excluded.address_seal, cmk.person.address_seal)`;

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

const PersonRow = z.object({
  id: PersonId,
  member_id: z.string(),
  name: z.string(),
  address: z.string().nullable(),
  seal: z.string(),
  address_seal: z.string().nullable(),
  shared: z.boolean(),
});

/** Rows without a valid seal count as absent. */
export function openPeople(pool: Pool, seals: RowSeals): People {
  const knownIn = (rows: readonly z.infer<typeof PersonRow>[]) =>
    rows.flatMap(({ id, member_id: memberId, name, address, seal, address_seal, shared }) => {
      if (!seals.isGood(...personSeal(id, memberId, name), seal)) return [];
      const isOwn = address !== null && seals.isGood(...addressSeal(id, address), address_seal);
      return { id, memberId, name: shared ? `${name} (${isOwn ? address : id})` : name };
    });
  const read = batchCalls(async (ids: readonly PersonId[]) => knownIn(await select(pool, PersonRow, among, [ids])));
  const known = async (ids: readonly PersonId[]) => {
    if (ids.length === 0) return [];
    const wanted = new Set(ids);
    return (await read(ids)).filter(({ id }) => wanted.has(id));
  };
  return {
    save: ({ id, memberId, name, address }) => {
      const seal = seals.seal(...personSeal(id, memberId, name));
      // Without an address, the stored one stays.
      const ofAddress = address === null ? null : seals.seal(...addressSeal(id, address));
      return learn(pool, savePerson, [id, memberId, name, address, seal, ofAddress]);
    },
    among: known,
    amongMany: async (ids) => knownIn(await select(pool, PersonRow, amongMany, [ids])),
  };
}

const AddressRow = z.object({
  conversationId: z.string(),
  serviceUrl: z.string(),
  tenantId: z.string(),
  personId: PersonId.nullable().catch(null),
  seal: z.string(),
});
const addresses = `conversation_id as "conversationId", service_url as "serviceUrl", tenant_id as "tenantId",
  person_id as "personId", seal from cmk.conversation`;

/** As {@link savePerson}. New is also what isn't the newest any more: the person's chat, or the tenant's service URL. */
const saveAddress = `insert into cmk.conversation (conversation_id, service_url, tenant_id, person_id, seal)
  select $1, $2, $3, $4, $5 where not exists (select 1 from cmk.conversation
    where (conversation_id, service_url, tenant_id, seal) = ($1, $2, $3, $5) and person_id is not distinct from $4::text
      and seen >= coalesce((select max(seen) from cmk.conversation where person_id = $4), 0)
      and service_url = (select service_url from cmk.conversation where tenant_id = $3 order by seen desc limit 1))
  on conflict (conversation_id) do update set service_url = excluded.service_url,
    tenant_id = excluded.tenant_id, person_id = excluded.person_id, seen = excluded.seen, seal = excluded.seal`;

const conversationSeal = ({ conversationId, serviceUrl, tenantId, personId }: ConversationAddress) =>
  ['conversation', [conversationId, serviceUrl, tenantId, personId]] as const;

const those = `select ${addresses} where conversation_id = any($1)`;

/** `seen` increases with each write: the newest chat is the one that still works. */
const chatsOf = `select distinct on (person_id) ${addresses} where person_id = any($1) order by person_id, seen desc`;
const lastOfTenant = `select ${addresses} where tenant_id = $1 order by seen desc limit 1`;

/** All threads of a channel (`…;messageid=…`) have its row: otherwise each command in a channel would add one. */
const rowIdOf = (conversationId: string): string => conversationId.split(';')[0] ?? '';

/** Rows without a valid seal count as absent. */
export function openConversations(pool: Pool, seals: RowSeals): Conversations {
  const sound = (rows: readonly z.infer<typeof AddressRow>[]): readonly ConversationAddress[] =>
    rows.flatMap(({ seal, ...address }) => (seals.isGood(...conversationSeal(address), seal) ? address : []));
  const read = batchCalls(async (ids: readonly string[]) => sound(await select(pool, AddressRow, those, [ids])));
  /** One query per tenant, because a tenant can have very many rows. There is usually only one tenant. */
  const readLast = batchCalls(async (tenants: readonly string[]) => {
    const urls = new Map<string, string | null>();
    for (const one of new Set(tenants))
      urls.set(one, sound(await select(pool, AddressRow, lastOfTenant, [one]))[0]?.serviceUrl ?? null);
    return urls;
  });
  const readChats = batchCalls(async (people: readonly PersonId[]) =>
    sound(await select(pool, AddressRow, chatsOf, [people])),
  );
  return {
    save: (address) => {
      const row = { ...address, conversationId: rowIdOf(address.conversationId) };
      const { conversationId, serviceUrl, tenantId, personId } = row;
      const seal = seals.seal(...conversationSeal(row));
      return learn(pool, saveAddress, [conversationId, serviceUrl, tenantId, personId, seal]);
    },
    async get(id) {
      const rowId = rowIdOf(id);
      return (await read([rowId])).find(({ conversationId }) => conversationId === rowId) ?? null;
    },
    personalChat: async (person) => (await readChats([person])).find(({ personId }) => personId === person) ?? null,
    serviceUrl: async (tenantId) => (await readLast([tenantId])).get(tenantId) ?? null,
  };
}
