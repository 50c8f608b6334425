/** The port `Conversations`. */
import type { Pool } from 'pg';
import { z } from 'zod';
import { PersonId } from '../domain/ids.ts';
import type { ConversationAddress, Conversations } from '../domain/ports/store.ts';
import type { RowSeals } from '../domain/record/seals.ts';
import { batchCalls, changedRows, select } from './sql.ts';
import { type Upsert, WriteDedupe } from './write-dedupe.ts';

const Row = z
  .object({
    conversation_id: z.string(),
    service_url: z.string(),
    tenant_id: z.string(),
    person_id: PersonId.nullable().catch(null),
    seal: z.string().nullable(),
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

const save = `insert into cmk.conversation (conversation_id, service_url, tenant_id, person_id, seal)
  values ($1, $2, $3, $4, $5) on conflict (conversation_id) do update set service_url = excluded.service_url,
    tenant_id = excluded.tenant_id, person_id = excluded.person_id, seen = excluded.seen, seal = excluded.seal`;

/** What the seal covers. */
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

/** Opens the port. Rows without a valid seal count as absent. */
export function openConversations(pool: Pool, seals: RowSeals): Conversations {
  const last = new WriteDedupe();
  const sound = (rows: readonly z.infer<typeof Row>[]): readonly ConversationAddress[] =>
    rows.flatMap(({ address, seal }) => (seals.isGood(...conversationSeal(address), seal) ? address : []));
  const read = batchCalls(async (ids: readonly string[]) => sound(await select(pool, Row, those, [ids])));
  /** One query per tenant, because a tenant can have very many rows. There is usually only one tenant. */
  const readLast = batchCalls(async (tenants: readonly string[]) => {
    const urls = new Map<string, string | null>();
    for (const one of new Set(tenants))
      urls.set(one, sound(await select(pool, Row, lastOfTenant, [one]))[0]?.serviceUrl ?? null);
    return urls;
  });
  const readChats = batchCalls(async (people: readonly PersonId[]) =>
    sound(await select(pool, Row, chatsOf, [people])),
  );
  return {
    save: (address) =>
      last.write(upsertsOf(address), async () => {
        const { conversationId, serviceUrl, tenantId, personId } = address;
        const seal = seals.seal(...conversationSeal(address));
        await changedRows(pool, save, [conversationId, serviceUrl, tenantId, personId, seal]);
      }),
    get: async (id) => (await read([id])).find(({ conversationId }) => conversationId === id) ?? null,
    personalChat: async (person) => (await readChats([person])).find(({ personId }) => personId === person) ?? null,
    serviceUrl: async (tenantId) => (await readLast([tenantId])).get(tenantId) ?? null,
  };
}
