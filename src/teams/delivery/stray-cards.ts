/**
 * Copies of a request's card: a post whose answer was lost stands there although nobody knows of it. The first click on one
 * makes it known, and from then on it is brought up to date like every other.
 */
import type { RequestId } from '../../domain/ids.ts';
import type { PostedCard, PostedCards, Requests } from '../../domain/ports/store.ts';
import type { Request } from '../../domain/request/request.ts';
import { copyAudience, kindOf } from './audience.ts';
import type { Posted } from './chat.ts';
import { knownCards } from './known-cards.ts';

const channelOf = (conversationId: string): string => conversationId.split(';')[0] ?? '';

/** Where a copy can stand: in the same chat or thread, or at the head of a thread of its own in the same channel. */
const isBeside = (known: PostedCard, { conversationId, activityId }: Posted): boolean =>
  known.conversationId === conversationId ||
  (channelOf(known.conversationId) === channelOf(conversationId) &&
    conversationId.endsWith(`;messageid=${activityId}`));

export interface StrayCardsOptions {
  readonly requests: Requests;
  readonly shown: PostedCards;
}

/** The open request that has a card there; null where none has, or only the one that is left out. */
export async function holderOf(
  { requests, shown }: StrayCardsOptions,
  { activityId }: Posted,
  leftOut: RequestId | null = null,
): Promise<RequestId | null> {
  const held = await shown.at(activityId);
  const open = new Set([...(await requests.held()).values()].map(({ id }) => id));
  const holder = held.find((id) => id !== leftOut && open.has(id));
  if (holder !== undefined) return holder;
  // The message of a form is its request's status card before anybody has shown one.
  const from = await requests.openFrom(activityId);
  if (from === null || from === leftOut) return null;
  return (await shown.of(from)).some(({ audience }) => audience === 'status') ? null : from;
}

/**
 * The row of a copy that was clicked, not yet saved; null when the card cannot be one. Which card was clicked is what a client
 * says: it must stand beside one of the request's own, and no other open request may have it.
 */
export async function asCopy(tools: StrayCardsOptions, request: Request, clicked: Posted): Promise<PostedCard | null> {
  const known = await knownCards(tools.shown, request);
  const beside = known.find((card) => isBeside(card, clicked) && kindOf(card.audience) !== null);
  if (beside === undefined || (await holderOf(tools, clicked, request.id)) !== null) return null;
  const audience = copyAudience(beside.audience, clicked.activityId);
  return { requestId: request.id, audience, ...clicked, fingerprint: '' };
}
