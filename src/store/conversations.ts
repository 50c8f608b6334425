/** The port `Conversations` on the database. */
import type { Pool } from 'pg';
import { z } from 'zod';
import { PersonId } from '../domain/ids.ts';
import type { ConversationAddress, Conversations } from '../domain/ports/store.ts';
import { LastWritten, type Said } from './last-written.ts';
import { change, select, selectOne } from './sql.ts';
import { together } from './together.ts';

const Row = z
  .object({
    conversation_id: z.string(),
    service_url: z.string(),
    tenant_id: z.string(),
    person_id: PersonId.nullable(),
  })
  .transform((row) => ({
    conversationId: row.conversation_id,
    serviceUrl: row.service_url,
    tenantId: row.tenant_id,
    personId: row.person_id,
  }));

const save = `insert into cmk.conversation (conversation_id, service_url, tenant_id, person_id)
  values ($1, $2, $3, $4) on conflict (conversation_id) do update set service_url = excluded.service_url,
    tenant_id = excluded.tenant_id, person_id = excluded.person_id, seen = excluded.seen`;

const those = 'select * from cmk.conversation where conversation_id = any($1)';

/** `seen` counts up with what is written: the last one seen is the one that still works. */
const chatsOf = `select distinct on (person_id) * from cmk.conversation where person_id = any($1)
  order by person_id, seen desc`;
const lastOfTenant = 'select * from cmk.conversation where tenant_id = $1 order by seen desc limit 1';

/**
 * All that would be found otherwise without it: the row itself, which of a person's chats was seen last, and the tenant's
 * service URL. Where nothing of that is new, `seen` need not move.
 */
const saidBy = ({ conversationId, serviceUrl, tenantId, personId }: ConversationAddress): readonly Said[] => [
  { key: `conversation ${conversationId}`, value: JSON.stringify([serviceUrl, tenantId, personId]) },
  { key: `tenant ${tenantId}`, value: serviceUrl },
  ...(personId === null ? [] : [{ key: `person ${personId}`, value: conversationId }]),
];

export function openConversations(pool: Pool): Conversations {
  const last = new LastWritten();
  const read = together((ids: readonly string[]) => select(pool, Row, those, [ids]));
  /** One tenant, as a rule. Of each one row is looked up, for it may have very many. */
  const readLast = together(async (tenants: readonly string[]) => {
    const urls = new Map<string, string | null>();
    for (const one of new Set(tenants))
      urls.set(one, (await selectOne(pool, Row, lastOfTenant, [one]))?.serviceUrl ?? null);
    return urls;
  });
  const readChats = together((people: readonly PersonId[]) => select(pool, Row, chatsOf, [people]));
  return {
    save: (address) =>
      last.write(saidBy(address), async () => {
        const { conversationId, serviceUrl, tenantId, personId } = address;
        await change(pool, save, [conversationId, serviceUrl, tenantId, personId]);
      }),
    get: async (id) => (await read([id])).find(({ conversationId }) => conversationId === id) ?? null,
    personalChat: async (person) => (await readChats([person])).find(({ personId }) => personId === person) ?? null,
    serviceUrl: async (tenantId) => (await readLast([tenantId])).get(tenantId) ?? null,
  };
}
