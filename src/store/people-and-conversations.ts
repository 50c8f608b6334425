/** The ports `People` and `Conversations`: how Teams last named people, and where the bot can post. */
import type { Pool } from 'pg';
import { z } from 'zod';
import { PersonId } from '../domain/ids.ts';
import type { ConversationAddress, Conversations, People } from '../domain/ports/store.ts';
import type { RowSeals } from '../domain/record/chain.ts';
import { batchCalls } from './batch-calls.ts';
import { changedRows, select } from './sql.ts';

const savePerson = `insert into cmk.person (id, member_id, name, address, seal, address_seal) values ($1, $2, $3, $4, $5, $6)
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
  const last = new WriteDedupe();
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
      // Without an address, the stored one stays.
      const said = [
        { key: `called ${id}`, value: JSON.stringify([memberId, name]) },
        ...(address === null ? [] : [{ key: `reached ${id}`, value: address }]),
      ];
      return last.write(said, async () => {
        const seal = seals.seal(...personSeal(id, memberId, name));
        const ofAddress = address === null ? null : seals.seal(...addressSeal(id, address));
        await changedRows(pool, savePerson, [id, memberId, name, address, seal, ofAddress]);
      });
    },
    async get(id) {
      const [found] = await known([id]);
      return found === undefined ? null : { memberId: found.memberId, name: found.name };
    },
    among: known,
    amongMany: async (ids) => knownIn(await select(pool, PersonRow, amongMany, [ids])),
  };
}

const AddressRow = z
  .object({
    conversation_id: z.string(),
    service_url: z.string(),
    tenant_id: z.string(),
    person_id: PersonId.nullable().catch(null),
    seal: z.string(),
  })
  .transform(({ seal, ...row }) => ({
    seal,
    address: {
      conversationId: row.conversation_id,
      serviceUrl: row.service_url,
      tenantId: row.tenant_id,
      personId: row.person_id,
    },
  }));

const saveAddress = `insert into cmk.conversation (conversation_id, service_url, tenant_id, person_id, seal)
  values ($1, $2, $3, $4, $5) on conflict (conversation_id) do update set service_url = excluded.service_url,
    tenant_id = excluded.tenant_id, person_id = excluded.person_id, seen = excluded.seen, seal = excluded.seal`;

const conversationSeal = ({ conversationId, serviceUrl, tenantId, personId }: ConversationAddress) =>
  ['conversation', [conversationId, serviceUrl, tenantId, personId]] as const;

const those = 'select * from cmk.conversation where conversation_id = any($1)';

/** `seen` increases with each write: the newest chat is the one that still works. */
const chatsOf = `select distinct on (person_id) * from cmk.conversation where person_id = any($1)
  order by person_id, seen desc`;
const lastOfTenant = 'select * from cmk.conversation where tenant_id = $1 order by seen desc limit 1';

/**
 * Returns the values that a write changes: the row, the person's newest chat, and the tenant's service URL. If none changes,
 * the write is skipped.
 */
const upsertsOf = ({ conversationId, serviceUrl, tenantId, personId }: ConversationAddress): readonly Upsert[] => [
  { key: `conversation ${conversationId}`, value: JSON.stringify([serviceUrl, tenantId, personId]) },
  { key: `tenant ${tenantId}`, value: serviceUrl },
  ...(personId === null ? [] : [{ key: `person ${personId}`, value: conversationId }]),
];

/** All threads of a channel (`…;messageid=…`) have its row: otherwise each command in a channel would add one. */
const rowIdOf = (conversationId: string): string => conversationId.split(';')[0] ?? '';

/** Opens the port. Rows without a valid seal count as absent. */
export function openConversations(pool: Pool, seals: RowSeals): Conversations {
  const last = new WriteDedupe();
  const sound = (rows: readonly z.infer<typeof AddressRow>[]): readonly ConversationAddress[] =>
    rows.flatMap(({ address, seal }) => (seals.isGood(...conversationSeal(address), seal) ? address : []));
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
      return last.write(upsertsOf(row), async () => {
        const { conversationId, serviceUrl, tenantId, personId } = row;
        const seal = seals.seal(...conversationSeal(row));
        await changedRows(pool, saveAddress, [conversationId, serviceUrl, tenantId, personId, seal]);
      });
    },
    async get(id) {
      const rowId = rowIdOf(id);
      return (await read([rowId])).find(({ conversationId }) => conversationId === rowId) ?? null;
    },
    personalChat: async (person) => (await readChats([person])).find(({ personId }) => personId === person) ?? null,
    serviceUrl: async (tenantId) => (await readLast([tenantId])).get(tenantId) ?? null,
  };
}

// Skips an upsert with the values that this process wrote last. Only the last value counts: A, B, A writes A again. Another
// replica might have written in between, and concurrent writes can reach the database in either order. So an entry is valid for
// ten minutes, and not at all if two different values were in flight together.

/** Longest time that another replica's value can go unnoticed. */
const validMs = 600_000;
/** The oldest entry is dropped first, which costs one extra write. */
const maxEntries = 20_000;

interface Entry {
  value: string;
  /** When it was stored, in milliseconds. Null: unknown. */
  storedAt: number | null;
  /** The number of writes in flight, and whether their values differ. */
  writing: number;
  mixed: boolean;
}

/** One value of a row, with the key of its subject, such as a conversation. */
interface Upsert {
  readonly key: string;
  readonly value: string;
}

export class WriteDedupe {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;

  /** `now`: a monotonic clock, in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Runs `write` unless all values equal the last written ones. A failed write counts as not written. */
  async write(upserts: readonly Upsert[], write: () => Promise<void>): Promise<void> {
    if (upserts.every((one) => this.#isStored(one))) return;
    const entries = upserts.map((one) => this.#begin(one));
    try {
      await write();
      for (const entry of entries) entry.storedAt = entry.mixed ? null : this.#now();
    } catch (error) {
      for (const entry of entries) entry.storedAt = null;
      throw error;
    } finally {
      for (const entry of entries) {
        entry.writing -= 1;
        if (entry.writing === 0) entry.mixed = false;
      }
    }
  }

  #isStored({ key, value }: Upsert): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.value !== value || entry.storedAt === null) return false;
    return this.#now() - entry.storedAt < validMs;
  }

  #begin({ key, value }: Upsert): Entry {
    const before = this.#entries.get(key);
    if (before !== undefined) this.#entries.delete(key);
    const entry = before ?? { value, storedAt: null, writing: 0, mixed: false };
    if (entry.value !== value) {
      entry.mixed = entry.writing > 0;
      entry.storedAt = null;
      entry.value = value;
    }
    entry.writing += 1;
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > maxEntries && oldest !== undefined) this.#entries.delete(oldest);
    return entry;
  }
}
