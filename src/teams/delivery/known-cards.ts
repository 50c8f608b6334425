import type { PostedCard, PostedCards } from '../../domain/ports/store.ts';
import type { Request } from '../../domain/request/request.ts';

/**
 * Where the request's cards stand. The message that its form stood in is its status card from the event on that stored it, shown
 * yet or not: so whoever carries on after a crash edits that message, and posts no second one.
 */
export async function knownCards(
  shown: Pick<PostedCards, 'of'>,
  { id, origin }: Request,
): Promise<readonly PostedCard[]> {
  const cards = await shown.of(id);
  const { conversationId, messageId } = origin;
  if (messageId === undefined || cards.some(({ audience }) => audience === 'status')) return cards;
  return [...cards, { requestId: id, audience: 'status', conversationId, activityId: messageId, fingerprint: '' }];
}
