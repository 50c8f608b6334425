import type { PostedCard, PostedCards } from '../../../src/domain/ports/store.ts';

/** The port `PostedCards` in memory. */
export function memoryPostedCards(given: readonly PostedCard[] = []): PostedCards {
  const keyOf = (id: string, audience: string): string => `${id} ${audience}`;
  const rows = new Map(given.map((card) => [keyOf(card.requestId, card.audience), card]));
  return {
    of: async (id) => [...rows.values()].filter(({ requestId }) => requestId === id),
    at: async (activityId) => [
      ...new Set([...rows.values()].flatMap((card) => (card.activityId === activityId ? card.requestId : []))),
    ],
    save: async (card) => void rows.set(keyOf(card.requestId, card.audience), card),
    remove: async (id, audience) => void rows.delete(keyOf(id, audience)),
  };
}
