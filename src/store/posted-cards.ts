import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { z } from 'zod';
import { isDatabaseUnavailable } from '../domain/database-errors.ts';
import { StreamId } from '../domain/ids.ts';
import type { PostedCard, PostedCards } from '../domain/ports/store.ts';
import type { RowSeals } from '../domain/record/chain.ts';
import { batchCalls } from './batch-calls.ts';
import { changedRows, select } from './sql.ts';

const Row = z
  .object({
    request_id: StreamId,
    audience: z.string(),
    conversation_id: z.string(),
    activity_id: z.string(),
    fingerprint: z.string(),
    seal: z.string(),
  })
  .transform(({ seal, ...row }) => ({
    seal,
    card: {
      requestId: row.request_id,
      audience: row.audience,
      conversationId: row.conversation_id,
      activityId: row.activity_id,
      fingerprint: row.fingerprint,
    },
  }));

const save = `insert into cmk.shown (request_id, audience, conversation_id, activity_id, fingerprint, seal)
  select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
  on conflict (request_id, audience) do update set conversation_id = excluded.conversation_id,
    activity_id = excluded.activity_id, fingerprint = excluded.fingerprint, seal = excluded.seal`;

const postedCardSeal = ({ requestId, audience, conversationId, activityId, fingerprint }: PostedCard) =>
  ['shown', [requestId, audience, conversationId, activityId, fingerprint]] as const;

/** The last value of each card, since one statement can't write a row twice. Sorted, so that two writers can't deadlock. */
const lastOfEach = (cards: readonly PostedCard[]): readonly PostedCard[] =>
  [...new Map(cards.map((card) => [`${card.requestId} ${card.audience}`, card]))]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, card]) => card);

/** So long after its first failure, the last attempt to store a card begins. After that, the card is posted again. */
const retryForMs = 2_000;

/** A card was just posted, so a connection that ends meanwhile must not be the reason to post it again. */
async function withRetries(store: () => Promise<unknown>): Promise<void> {
  for (let until: number | null = null; ; await pause(200)) {
    try {
      await store();
      return;
    } catch (error) {
      until ??= performance.now() + retryForMs;
      if (!isDatabaseUnavailable(error) || performance.now() > until) throw error;
    }
  }
}

const those = 'select * from cmk.shown where request_id = any($1) order by audience';

export function openPostedCards(pool: Pool, seals: RowSeals): PostedCards {
  const sound = (rows: readonly z.infer<typeof Row>[]): readonly PostedCard[] =>
    rows.flatMap(({ card, seal }) => (seals.isGood(...postedCardSeal(card), seal) ? card : []));
  const read = batchCalls(async (ids: readonly StreamId[]) => sound(await select(pool, Row, those, [ids])));
  const write = batchCalls(async (all: readonly PostedCard[]) => {
    const cards = lastOfEach(all);
    const columns = (['requestId', 'audience', 'conversationId', 'activityId', 'fingerprint'] as const).map((name) =>
      cards.map((card) => card[name]),
    );
    const values = [...columns, cards.map((card) => seals.seal(...postedCardSeal(card)))];
    await withRetries(() => changedRows(pool, save, values));
  });
  return {
    of: async (id) => (await read([id])).filter(({ requestId }) => requestId === id),
    at: async (activityId) => {
      const cards = sound(await select(pool, Row, 'select * from cmk.shown where activity_id = $1', [activityId]));
      return [...new Set(cards.map(({ requestId }) => requestId))];
    },
    save: (card) => write([card]),
    remove: async (id, audience) => {
      await changedRows(pool, 'delete from cmk.shown where request_id = $1 and audience = $2', [id, audience]);
    },
  };
}
