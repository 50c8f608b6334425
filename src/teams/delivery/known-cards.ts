import type { PostedCard, PostedCards } from '../../domain/ports/store.ts';
import type { Request } from '../../domain/request/request.ts';

/**
 * Returns the locations of the request's cards.
 * The message of its form counts as its status card from the first stored event on. So after a crash, that message is
 * edited instead of a second one posted.
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
