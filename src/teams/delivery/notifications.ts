/**
 * Notifies people by a short post, because Teams doesn't notify them when a card changes.
 * Posted notifications are stored with the request's cards. So after a crash, at most one post is repeated: the one
 * that was being sent.
 */

import type { PersonId, RequestId } from '../../domain/ids.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { Conversations, PostedCard, PostedCards, Requests } from '../../domain/ports/store.ts';
import { type RescheduleAt, retryRefused } from '../../domain/request/consequences.ts';
import type { StoredEvent } from '../../domain/request/events.ts';
import {
  actingPerson,
  isNotifying,
  isStillNeeded,
  recipientsOf,
} from '../../domain/request/notification-recipients.ts';
import type { RecipientGroup } from '../../domain/request/payloads.ts';
import type { Request } from '../../domain/request/request.ts';
import { throwSoonest } from '../../io/settle.ts';
import { type Addressee, mention } from '../cards/plain-text.ts';
import { eventNotice, type Notice, notificationCard } from '../cards/views/notification-view.ts';
import type { Directory } from '../cards/views/people-texts.ts';
import {
  addressedOf,
  alertedIds,
  confirmedIn,
  furtherAddressedOf,
  type Source,
  type SourcesOptions,
  sourcesOf,
} from './addressees.ts';
import type { Approvers } from './approvers.ts';
import { kindOf } from './audience.ts';
import { channelOf, knownCards } from './card-copies.ts';
import { type Chat, isRefused, isUnreachable, messageLink } from './chat.ts';
import type { DesiredCard } from './reconcile-cards.ts';

interface NotificationsOptions extends SourcesOptions {
  readonly requests: Pick<Requests, 'load' | 'events'>;
  readonly postedCards: Pick<PostedCards, 'of' | 'save'>;
  readonly chat: Pick<Chat, 'post' | 'postThread'>;
  readonly directory: Directory;
  readonly conversations: Pick<Conversations, 'personalChat'>;
  readonly approvers: Approvers;
  readonly approvalsChannel: string;
  /** Who is notified when a request needs attention: object IDs of people and groups. */
  readonly operators: readonly string[];
  readonly policy: Policy;
  /** For links to messages; null: the addresses of Teams aren't known in this cloud. */
  readonly linksIn: { readonly tenantId: string } | null;
  readonly now: () => Date;
}

/** One notification: its subject, its recipients, and the person who caused it and doesn't need it. */
export interface Notification {
  /** Identifies this notification within the request, permanently. */
  readonly occasion: string;
  readonly who: readonly RecipientGroup[];
  readonly except: PersonId | null;
  /** Notifies only these approvers. Missing: all. */
  readonly only?: readonly PersonId[] | undefined;
  readonly notice: (to: RecipientGroup) => Notice;
}

export type Notifications = ReturnType<typeof openNotifications>;

const notificationPrefix = 'call:';
/** What the audiences of its stored posts start with. */
export const audiencePrefix = (occasion: string): string => `${notificationPrefix}${occasion}:`;
/** With more recipients than this, only the channel is notified. */
const mostInPerson = 50;
const timeoutMs = 10_000;

/**
 * Returns the people who weren't reached in person. A group whose known members were all reached isn't mentioned by
 * name.
 */
const unreached = (sources: readonly Source[], reached: ReadonlySet<PersonId>): readonly Source[] =>
  sources
    .map((source) => ({ source, known: source.known.filter(({ id }) => !reached.has(id)) }))
    .filter(({ source, known }) => known.length > 0 || source.known.length === 0)
    .map(({ source, known }) => ({ ...source, known }));

function openPosts(options: NotificationsOptions, request: Request, call: Notification) {
  /** Of posts to a person, which don't stop the posts to others. */
  const failures: unknown[] = [];
  let isPostRefused = false;
  let waits = false;

  /** Read before each post: another process might have posted in the meantime. */
  const cardsNow = (): Promise<readonly PostedCard[]> => knownCards(options.postedCards, request);

  async function requester(): Promise<void> {
    const { origin, requester: person } = request;
    const { conversationType } = origin;
    const [known] = conversationType === 'personal' ? [] : await options.people.among([person]);
    const named = known === undefined ? [] : [mention(known.memberId, known.name)];
    // A person sees replies in a chat where they just wrote, but can miss a thread of a channel.
    const isInPerson = conversationType === 'channel' && (await inPerson('requester', person));
    const cards = await cardsNow();
    const { conversationId } = cards.find(({ audience }) => audience === 'status') ?? origin;
    const told = await post(cards, 'requester', 'asked', conversationId, isInPerson ? [] : named);
    if (told || isInPerson) return;
    if (conversationType === 'groupChat' && (await inPerson('requester', person))) return;
    // The thread is gone, but not its channel.
    const isTold =
      conversationType === 'channel' &&
      (await post(await cardsNow(), 'requester', 'asked', channelOf(conversationId), named, 'postThread'));
    waits = !isTold && isPostRefused;
  }

  async function approvers(): Promise<void> {
    const { only } = call;
    const sources = only && (await sourcesOf(options, only, [], timeoutMs));
    await group('approvers', sources ?? (await options.approvers.of(request)).sources);
  }

  async function operators(): Promise<void> {
    const { except } = call;
    const exclude = [request.requester, ...(except === null ? [] : [except])];
    const ids = alertedIds(options, request);
    await group('operators', await sourcesOf(options, ids, exclude, timeoutMs));
  }

  /** Posts in each person's chat with the bot. Mentions the others in the approval thread, or in a new one if it is gone. */
  async function group(to: RecipientGroup, sources: readonly Source[]): Promise<void> {
    const people = confirmedIn(sources)
      .map(({ id }) => id)
      .filter((id) => id !== call.except);
    const reached = new Set<PersonId>(call.except === null ? [] : [call.except]);
    for (const id of people.slice(0, mostInPerson)) if (await inPerson(to, id)) reached.add(id);
    const rest = unreached(sources, reached);
    if (rest.length === 0) return;
    const messages = [addressedOf(rest), ...furtherAddressedOf(rest)];
    for (const [n, addressees] of messages.entries())
      await inApprovals(to, n === 0 ? 'approvals' : `approvals:${n + 1}`, addressees);
  }

  /** Posts in the approval thread, or in a new one if it is gone. */
  async function inApprovals(to: RecipientGroup, place: string, addressees: readonly Addressee[]): Promise<void> {
    const cards = await cardsNow();
    const card = cards.find(({ audience }) => audience === 'approval');
    if (card !== undefined && (await post(cards, to, place, card.conversationId, addressees))) return;
    const { approvalsChannel } = options;
    if (await post(await cardsNow(), to, place, approvalsChannel, addressees, 'postThread')) return;
    throw new Error('the approvals channel refuses posts, so people weren’t notified');
  }

  /**
   * Returns true if the person has a chat with the bot, and it accepts the post. One that failed is retried, but doesn't count: it can
   * be refused then, and what mentions the person in its place is posted only once.
   */
  async function inPerson(to: RecipientGroup, person: PersonId): Promise<boolean> {
    const chat = await options.conversations.personalChat(person);
    if (chat === null) return false;
    try {
      return await post(await cardsNow(), to, `person:${person}`, chat.conversationId, []);
    } catch (error) {
      failures.push(error);
      return false;
    }
  }

  /** A link to the request's card; null where the chat has a card of its own, or Teams has no link to it. */
  function linkFor(to: RecipientGroup, conversationId: string, cards: readonly PostedCard[]): string | null {
    const isCardHere = (card: PostedCard): boolean =>
      kindOf(card.audience) !== null && card.conversationId === conversationId;
    const wanted = to === 'approvers' ? 'approval' : 'status';
    const card = cards.find(({ audience }) => audience === wanted);
    const { linksIn } = options;
    if (card === undefined || linksIn === null || cards.some(isCardHere)) return null;
    return messageLink(card, linksIn.tenantId);
  }

  /** False where the place is gone, or the bot can't post there any more. */
  async function post(
    cards: readonly PostedCard[],
    to: RecipientGroup,
    place: string,
    conversationId: string,
    addressees: readonly Addressee[],
    how: 'post' | 'postThread' = 'post',
  ): Promise<boolean> {
    const { chat, postedCards } = options;
    const audience = `${audiencePrefix(call.occasion)}${place}`;
    if (cards.some((one) => one.audience === audience)) return true;
    const url = linkFor(to, conversationId, cards);
    const card = notificationCard(request, call.notice(to), { to, addressees, url });
    try {
      const posted = await chat[how](conversationId, card);
      await postedCards.save({ requestId: request.id, audience, ...posted, fingerprint: '' });
      return true;
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      isPostRefused ||= isRefused(error);
      return false;
    }
  }

  return {
    requester,
    approvers,
    operators,
    failures,
    /** The requester isn't notified anywhere: Teams refuses it, and might take it later. */
    waits: () => waits,
  };
}

/** Posts of an event whose texts were erased: they lose what they quote. */
export async function erasedNotifications(
  { directory }: Pick<NotificationsOptions, 'directory'>,
  request: Request,
  events: readonly StoredEvent[],
  cards: readonly PostedCard[],
): Promise<readonly DesiredCard[]> {
  const erased = events.filter(({ texts }) => texts.comment === null);
  const posts = cards.flatMap(({ audience }) => {
    const revision = audience.startsWith(notificationPrefix) ? Number(audience.split(':')[1]) : Number.NaN;
    return Number.isNaN(revision) ? [] : [{ audience, revision }];
  });
  if (posts.length === 0 || erased.length === 0) return [];
  const names = await directory.names([request.requester, ...erased.flatMap((event) => actingPerson(event) ?? [])]);
  return posts.flatMap(({ audience, revision }) => {
    const event = erased.find((one) => one.revision === revision);
    if (event === undefined || !isNotifying(event)) return [];
    const [to] = recipientsOf(event);
    const notice = eventNotice(to, event, request, names);
    return [{ audience, card: () => notificationCard(request, notice, { to, addressees: [], url: null }), post: null }];
  });
}

export function openNotifications(options: NotificationsOptions) {
  const { requests, directory } = options;

  /** Notifies everyone who wasn't notified yet; throws if a post fails. Returns false while Teams refuses the requester's. */
  async function notify(request: Request, one: Notification): Promise<boolean> {
    const posts = openPosts(options, request, one);
    const turns = one.who.filter((to) => to !== 'requester' || one.except !== request.requester);
    const results = await Promise.allSettled(turns.map((to) => posts[to]()));
    const ofPlaces = results.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    throwSoonest([...ofPlaces, ...posts.failures]);
    return !posts.waits();
  }

  return {
    notify,
    /** Returns when to try again while Teams refuses it; null: everyone is notified. */
    async notifyForEvent(id: RequestId, revision: number): Promise<RescheduleAt | null> {
      const [request, events] = await Promise.all([requests.load(id), requests.events(id)]);
      const event = events.find((one) => one.revision === revision);
      if (request === null || event === undefined || !isNotifying(event) || !isStillNeeded(request, event)) return null;
      const doer = actingPerson(event);
      const names = await directory.names(doer === null ? [request.requester] : [request.requester, doer]);
      const notice = (to: RecipientGroup) => eventNotice(to, event, request, names);
      const { data } = event.body;
      const only = 'escalated' in data ? data.escalated : undefined;
      const call = { occasion: `${revision}`, who: recipientsOf(event), except: doer, only, notice };
      const isDone = await notify(request, call);
      return isDone ? null : retryRefused(event, options.now());
    },
  };
}
