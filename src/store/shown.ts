/** The port `Shown` on the database. */
import type { Pool } from 'pg';
import { z } from 'zod';
import { RequestId } from '../domain/ids.ts';
import type { Shown, ShownCard } from '../domain/ports/store.ts';
import { change, select } from './sql.ts';
import { together } from './together.ts';

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

const Holder = z.object({ request_id: RequestId });

const save = `insert into cmk.shown (request_id, audience, conversation_id, activity_id, fingerprint)
  select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) on conflict (request_id, audience) do update set
    conversation_id = excluded.conversation_id, activity_id = excluded.activity_id, fingerprint = excluded.fingerprint`;

/**
 * One statement cannot write a row twice: the last word on a card counts. Always in the same order, so that two writers of the
 * same rows wait for, not block, each other.
 */
const lastOfEach = (cards: readonly ShownCard[]): readonly ShownCard[] =>
  [...new Map(cards.map((card) => [`${card.requestId} ${card.audience}`, card]))]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, card]) => card);

const those = 'select * from cmk.shown where request_id = any($1) order by audience';

export function openShown(pool: Pool): Shown {
  const read = together((ids: readonly RequestId[]) => select(pool, Row, those, [ids]));
  const write = together(async (all: readonly ShownCard[]) => {
    const cards = lastOfEach(all);
    const columns = (['requestId', 'audience', 'conversationId', 'activityId', 'fingerprint'] as const).map((name) =>
      cards.map((card) => card[name]),
    );
    await change(pool, save, columns);
  });
  return {
    of: async (id) => (await read([id])).filter(({ requestId }) => requestId === id),
    at: async (activityId) => {
      const rows = await select(pool, Holder, 'select distinct request_id from cmk.shown where activity_id = $1', [
        activityId,
      ]);
      return rows.map((row) => row.request_id);
    },
    save: (card) => write([card]),
    remove: async (id, audience) => {
      await change(pool, 'delete from cmk.shown where request_id = $1 and audience = $2', [id, audience]);
    },
  };
}
