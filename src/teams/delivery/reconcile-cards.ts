/** Brings the cards of a request or a drift up to date: which are desired in which place, and their posts and edits. */

import { sha256 } from '../../domain/canonical-json.ts';
import type { PersonId, StreamId } from '../../domain/ids.ts';
import { type Conversations, type PostedCard, type PostedCards, refusedUpdate } from '../../domain/ports/store.ts';
import type { Origin } from '../../domain/request/payloads.ts';
import { hasEnded, type Request } from '../../domain/request/request.ts';
import { cardMoved } from '../../text/lists.ts';
import { plain } from '../cards/plain-text.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import type { Reader } from '../cards/views/reader.ts';
import { messageCard } from '../cards/views/short-views.ts';
import type { Approvers } from './approvers.ts';
import { approverAudience, approverIn, isCopyAudience, isOpenedAudience, openedAudience } from './audience.ts';
import type { RequestView } from './card-renderer.ts';
import { type Chat, isRefused, isUnreachable, type Posted } from './chat.ts';
import { statusOf } from './targeted-messages.ts';

export interface DesiredCardsOptions {
  readonly approvers: Approvers;
  readonly chat: Pick<Chat, 'post' | 'postThread'>;
  readonly conversations: Pick<Conversations, 'personalChat'>;
  readonly approvalsChannel: string;
  /** Requests from chats are also shown in this channel, in short; null: nowhere. */
  readonly operationsChannel: string | null;
}

export interface DesiredCard {
  readonly audience: string;
  /** Draws the card. One that can't be drawn doesn't stop the others. */
  readonly card: () => AdaptiveCard;
  /** Null: a deleted card isn't posted again. */
  readonly post: ((card: AdaptiveCard) => Promise<Posted>) | null;
  /** Where Teams refuses it, as when a person has blocked the bot, it waits. It's given up where the place is gone. */
  readonly isOptional?: boolean;
}

/** With more people than this, only the channel is asked. */
const mostInPerson = 50;

/** Returns the card in an approver's own chat; none if the bot can't write to them. */
async function wantedInPerson(
  options: DesiredCardsOptions,
  id: PersonId,
  status: 'yes' | 'no' | 'unknown',
  view: RequestView,
): Promise<readonly DesiredCard[]> {
  const audience = approverAudience(id);
  const chatOf = await options.conversations.personalChat(id);
  if (chatOf === null) return [];
  if (status === 'no') return [{ audience, card: view.withoutQuestion, post: null }];
  // The existing card keeps its buttons, because each click is checked. A deleted one isn't posted again.
  if (status === 'unknown') return [{ audience, card: () => view.inPlace(audience), post: null }];
  const post: DesiredCard['post'] = (one) => options.chat.post(chatOf.conversationId, one);
  return [{ audience, card: () => view.inPlace(audience), post, isOptional: true }];
}

/**
 * Returns the cards in approvers' chats, because a post in a channel doesn't notify them.
 * Approvers get no card for earlier decisions. Those who have a card see the outcome; without buttons if they are no
 * longer approvers.
 */
async function wantedOfApprovers(
  options: DesiredCardsOptions,
  request: Request,
  cards: readonly PostedCard[],
  view: RequestView,
): Promise<readonly DesiredCard[]> {
  const notified = cards
    .filter(({ audience }) => !isCopyAudience(audience))
    .flatMap(({ audience }) => approverIn(audience) ?? []);
  const fresh = request.state === 'awaiting-approval' ? view.asked.people.slice(0, mostInPerson) : [];
  if (notified.length + fresh.length === 0) return [];
  const { people, sources } = hasEnded(request) ? await options.approvers.of(request) : view.asked;
  const may = new Set([...people, ...request.approvals.map(({ by }) => by)]);
  const otherwise = sources.some(({ kind }) => kind === 'unanswered') ? 'unknown' : 'no';
  const wanted = await Promise.all(
    [...new Set([...notified, ...fresh])].map((id) =>
      wantedInPerson(options, id, may.has(id) ? 'yes' : otherwise, view),
    ),
  );
  return wanted.flat();
}

export async function desiredCards(
  options: DesiredCardsOptions,
  request: Request,
  cards: readonly PostedCard[],
  view: RequestView,
): Promise<readonly DesiredCard[]> {
  const { chat, approvalsChannel, operationsChannel } = options;
  const { origin } = request;
  const inPerson = await wantedOfApprovers(options, request, cards, view);
  const draw = (audience: string, post: DesiredCard['post']): DesiredCard => ({
    audience,
    card: () => view.inPlace(audience),
    post,
    isOptional: audience === 'operations' || hasEnded(request),
  });
  const short =
    origin.conversationType !== 'channel' && operationsChannel !== null && operationsChannel !== approvalsChannel
      ? [draw('operations', (card) => chat.postThread(operationsChannel, card))]
      : [];
  const startsThread = origin.conversationType === 'channel' && !origin.conversationId.includes(';');
  return [
    draw('status', (card) => (startsThread ? chat.postThread : chat.post)(origin.conversationId, card)),
    draw('approval', (card) => chat.postThread(approvalsChannel, card)),
    ...short,
    ...cards.filter(({ audience }) => isCopyAudience(audience)).map(({ audience }) => draw(audience, null)),
    ...inPerson,
  ];
}

export const fingerprint = (card: AdaptiveCard): string => sha256(JSON.stringify(card));

/**
 * `at`: the card's last known location. Stores only what Teams accepted, and forgets only a message that was deleted. Returns true if
 * Teams refuses a card that can wait, so that it must be tried again later.
 */
export async function reconcileCard(
  { postedCards, chat }: { readonly postedCards: PostedCards; readonly chat: Pick<Chat, 'update'> },
  { id }: { readonly id: StreamId },
  { audience, card: draw, post, isOptional = false }: DesiredCard,
  at: PostedCard | undefined,
): Promise<boolean> {
  const card = draw();
  const now = fingerprint(card);
  if (at?.fingerprint === now) return false;
  let known = at;
  try {
    if (at !== undefined && !(await chat.update(at, card))) known = undefined;
    const posted = known ?? (await post?.(card));
    if (posted === undefined) await postedCards.remove(id, audience);
    else await postedCards.save({ requestId: id, audience, ...posted, fingerprint: now });
    return false;
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    if (known !== undefined) await postedCards.save({ ...known, fingerprint: refusedUpdate });
    // It stays too large until the next event.
    if (statusOf(error) === 413) return false;
    if (!isOptional && post !== null) throw error;
    if (!isRefused(error)) await postedCards.remove(id, audience);
    return isRefused(error);
  }
}

const movedCard = ({ id, resourceName }: Request) =>
  messageCard(resourceName, plain(cardMoved.text), {
    reference: id,
    fallback: cardMoved.fallback(id, resourceName),
  });

/** Keeps one opened card in each conversation: the previous one is replaced by a short note. */
export async function openCard(
  { postedCards, chat }: { readonly postedCards: PostedCards; readonly chat: Pick<Chat, 'post' | 'update'> },
  request: Request,
  place: Origin,
  reader: Reader,
  view: RequestView,
): Promise<void> {
  const { conversationId } = place;
  const earlier = (await postedCards.of(request.id)).filter(
    (card) => isOpenedAudience(card.audience) && card.conversationId === conversationId,
  );
  const card = view.inPlace(openedAudience(reader, place, ''));
  const posted = await chat.post(conversationId, card);
  const audience = openedAudience(reader, place, posted.activityId);
  await postedCards.save({ requestId: request.id, audience, ...posted, fingerprint: fingerprint(card) });
  for (const old of earlier) {
    // Unregistered only if it was replaced: otherwise texts that people wrote would remain after their erasure.
    const isMoved = await chat.update(old, movedCard(request)).then(
      () => true,
      () => false,
    );
    if (isMoved) await postedCards.remove(request.id, old.audience);
  }
}
