/** Audiences: which card of a request is in which place, for whom. Stored as text with each card. */
import { PersonId, type RequestId } from '../../domain/ids.ts';
import type { PostedCard, PostedCards, Requests } from '../../domain/ports/store.ts';
import type { Request } from '../../domain/request/request.ts';
import { everybody, isOperated, type Reader } from '../cards/views/reader.ts';
import type { CardKind } from '../cards/views/request-card.ts';
import type { Posted } from './chat.ts';

const copyPrefix = 'copy:';
/** A card that a person opened from a list: a copy on purpose. */
const openedPrefix = 'opened:';
const approverPrefix = 'approver:';
const operatorPrefix = 'operator:';

export const approverAudience = (id: PersonId): string => `${approverPrefix}${id}`;
export const copyAudience = (of: string, activityId: string): string => `${copyPrefix}${originalOf(of)}/${activityId}`;
export const isOpenedAudience = (audience: string): boolean => audience.startsWith(openedPrefix);
export const isCopyAudience = (audience: string): boolean =>
  audience.startsWith(copyPrefix) || isOpenedAudience(audience);

function originalOf(audience: string): string {
  if (!isCopyAudience(audience)) return audience;
  const [, rest = ''] = /^[a-z]+:(.*)$/.exec(audience) ?? [];
  return rest.split('/')[0] ?? '';
}

/** Returns the audience of an opened card. A personal chat has one reader, other places have several. */
export function openedAudience(reader: Reader, { conversationType }: Request['origin'], activityId: string): string {
  const alone = conversationType === 'personal';
  const own = 'id' in reader ? `${reader.kind}:${reader.id}` : 'requester';
  const shared = reader.kind === 'approver' ? 'approval' : 'status';
  return `${openedPrefix}${alone && reader.kind !== 'everybody' ? own : shared}/${activityId}`;
}

/** Returns null for a message that isn't a card of a request, such as those in the audit channel. */
export function kindOf(audience: string): CardKind | null {
  const original = originalOf(audience);
  if (original === 'status' || original === 'requester' || original.startsWith(operatorPrefix)) return 'status';
  if (original === 'operations') return 'short';
  return original === 'approval' || original.startsWith(approverPrefix) ? 'approval' : null;
}

const personIn = (prefix: string, original: string): PersonId | null =>
  original.startsWith(prefix) ? (PersonId.safeParse(original.slice(prefix.length)).data ?? null) : null;

export const approverIn = (audience: string): PersonId | null => personIn(approverPrefix, originalOf(audience));

export function readerIn(audience: string, request: Request): Reader {
  const approver = approverIn(audience);
  if (approver !== null) return { kind: 'approver', id: approver };
  const original = originalOf(audience);
  const operator = personIn(operatorPrefix, original);
  if (operator !== null) return isOperated(request) ? { kind: 'operator', id: operator } : everybody;
  const asked =
    original === 'requester' ||
    (original === 'status' && !isOpenedAudience(audience) && request.origin.conversationType === 'personal');
  return asked ? { kind: 'requester' } : everybody;
}

// Registers unknown copies of a request's card.
// If the answer to a post is lost, the card exists but isn't registered. The first click on it registers it, and then
// it is updated like all others.

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
