/** The port `Conversations` on the database. */
import type { Pool } from 'pg';
import { z } from 'zod';
import { PersonId } from '../domain/ids.ts';
import type { ConversationAddress, Conversations } from '../domain/ports/store.ts';
import { change, selectOne } from './sql.ts';

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

/** `seen` counts up with every save: the last one seen is the one that still works. */
const lastSeen = (condition: string): string =>
  `select * from cmk.conversation where ${condition} order by seen desc limit 1`;

export function openConversations(pool: Pool): Conversations {
  const find = (condition: string, value: string): Promise<ConversationAddress | null> =>
    selectOne(pool, Row, lastSeen(condition), [value]);
  return {
    save: async ({ conversationId, serviceUrl, tenantId, personId }) => {
      await change(pool, save, [conversationId, serviceUrl, tenantId, personId]);
    },
    get: (conversationId) => find('conversation_id = $1', conversationId),
    personalChat: (person) => find('person_id = $1', person),
    serviceUrl: async (tenantId) => (await find('tenant_id = $1', tenantId))?.serviceUrl ?? null,
  };
}
