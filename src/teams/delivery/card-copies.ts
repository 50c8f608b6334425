/**
 * Registers unknown copies of a request's card.
 * If the answer to a post is lost, the card exists but isn't registered. The first click on it registers it, and then
 * it is updated like all others.
 */

import type { RequestId } from '../../domain/ids.ts';
import type { PostedCard, PostedCards, Requests } from '../../domain/ports/store.ts';
import type { Request } from '../../domain/request/request.ts';
import { copyAudience, kindOf } from './audience.ts';
import type { Posted } from './chat.ts';

export const channelOf = (conversationId: string): string => conversationId.split(';')[0] ?? '';

/**
 * Returns true for a possible place of a copy: the same chat or thread, or the start of a thread in the same channel.
 */
export const isNear = (known: PostedCard, { conversationId, activityId }: Posted): boolean =>
  known.conversationId === conversationId ||
  (channelOf(known.conversationId) === channelOf(conversationId) &&
    conversationId.endsWith(`;messageid=${activityId}`));

interface OrphanCardsOptions {
  readonly requests: Requests;
  readonly postedCards: PostedCards;
}

/** Returns the open request that has a card at this message; null if there is none, or only the excluded one. */
export async function holderOf(
  { requests, postedCards }: OrphanCardsOptions,
  { activityId }: Posted,
  leftOut: RequestId | null = null,
): Promise<RequestId | null> {
  const held = await postedCards.at(activityId);
  const open = [...(await requests.held()).values()];
  const holder = open.find(({ id }) => id !== leftOut && held.includes(id))?.id;
  if (holder !== undefined) return holder;
  // A form's message is its request's status card, before a status card was posted.
  const from = await requests.openFrom(activityId);
  if (from === null || from === leftOut) return null;
  return (await postedCards.of(from)).some(({ audience }) => audience === 'status') ? null : from;
}

/**
 * Returns the row of a clicked copy, not yet saved; null if it can't be one.
 * The client says which card was clicked. So the card must be near one of the request's own, and no other open request
 * can have it.
 */
export async function asCopy(tools: OrphanCardsOptions, request: Request, clicked: Posted): Promise<PostedCard | null> {
  const known = await knownCards(tools.postedCards, request);
  const neighbor = known.find((card) => isNear(card, clicked) && kindOf(card.audience) !== null);
  if (neighbor === undefined || (await holderOf(tools, clicked, request.id)) !== null) return null;
  const audience = copyAudience(neighbor.audience, clicked.activityId);
  return { requestId: request.id, audience, ...clicked, fingerprint: '' };
}

/**
 * Returns the locations of the request's cards.
 * The message of its form counts as its status card from the first stored event on. So after a crash, that message is
 * edited instead of a second one posted.
 */
export async function knownCards(
  postedCards: Pick<PostedCards, 'of'>,
  { id, origin }: Request,
): Promise<readonly PostedCard[]> {
  const cards = await postedCards.of(id);
  const { conversationId, messageId } = origin;
  if (messageId === undefined || cards.some(({ audience }) => audience === 'status')) return cards;
  return [...cards, { requestId: id, audience: 'status', conversationId, activityId: messageId, fingerprint: '' }];
}
