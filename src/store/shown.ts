/** The port `Shown` on the database. */
import type { Pool } from 'pg';
import { z } from 'zod';
import { RequestId } from '../domain/ids.ts';
import type { Shown } from '../domain/ports/store.ts';
import { change, select } from './sql.ts';

const Row = z
  .object({
    request_id: RequestId,
    audience: z.string(),
    conversation_id: z.string(),
    activity_id: z.string(),
    fingerprint: z.string(),
  })
  .transform((row) => ({
    requestId: row.request_id,
    audience: row.audience,
    conversationId: row.conversation_id,
    activityId: row.activity_id,
    fingerprint: row.fingerprint,
  }));

const save = `insert into cmk.shown (request_id, audience, conversation_id, activity_id, fingerprint)
  values ($1, $2, $3, $4, $5) on conflict (request_id, audience) do update set
    conversation_id = excluded.conversation_id, activity_id = excluded.activity_id, fingerprint = excluded.fingerprint`;

export const openShown = (pool: Pool): Shown => ({
  of: (id) => select(pool, Row, 'select * from cmk.shown where request_id = $1 order by audience', [id]),
  save: async (card) => {
    await change(pool, save, [card.requestId, card.audience, card.conversationId, card.activityId, card.fingerprint]);
  },
  remove: async (id, audience) => {
    await change(pool, 'delete from cmk.shown where request_id = $1 and audience = $2', [id, audience]);
  },
});
