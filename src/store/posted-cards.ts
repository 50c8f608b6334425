import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { z } from 'zod';
import { isDatabaseUnavailable } from '../domain/database-errors.ts';
import { StreamId } from '../domain/ids.ts';
import type { PostedCard, PostedCards } from '../domain/ports/store.ts';
import type { RowSeals } from '../domain/record/seals.ts';
import { batchCalls } from './batch-calls.ts';
import { changedRows, select } from './sql.ts';

const Row = z.object({
  requestId: StreamId,
  audience: z.string(),
  conversationId: z.string(),
  activityId: z.string(),
  fingerprint: z.string(),
  seal: z.string(),
});
const cards = `select request_id as "requestId", audience, conversation_id as "conversationId", activity_id as "activityId",
  fingerprint, seal from cmk.shown`;

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

export function openPostedCards(pool: Pool, seals: RowSeals): PostedCards {
  const sound = (rows: readonly z.infer<typeof Row>[]): readonly PostedCard[] =>
    rows.flatMap(({ seal, ...card }) => (seals.isGood(...postedCardSeal(card), seal) ? card : []));
  const read = batchCalls(async (ids: readonly StreamId[]) =>
    sound(await select(pool, Row, `${cards} where request_id = any($1) order by audience`, [ids])),
  );
  const write = batchCalls(async (all: readonly PostedCard[]) => {
    const last = lastOfEach(all);
    const columns = (['requestId', 'audience', 'conversationId', 'activityId', 'fingerprint'] as const).map((name) =>
      last.map((card) => card[name]),
    );
    const values = [...columns, last.map((card) => seals.seal(...postedCardSeal(card)))];
    await withRetries(() => changedRows(pool, save, values));
  });
  return {
    of: async (id) => (await read([id])).filter(({ requestId }) => requestId === id),
    at: async (activityId) => {
      const found = sound(await select(pool, Row, `${cards} where activity_id = $1`, [activityId]));
      return [...new Set(found.map(({ requestId }) => requestId))];
    },
    save: (card) => write([card]),
    remove: async (id, audience) => {
      await changedRows(pool, 'delete from cmk.shown where request_id = $1 and audience = $2', [id, audience]);
    },
  };
}
