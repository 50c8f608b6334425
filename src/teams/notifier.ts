/**
 * The one renderer of request cards: brings every place where a request is shown up to date. A card that is lost, refused
 * or deleted is posted again the next time.
 */
import { createHash } from 'node:crypto';
import type { PersonId, RequestId } from '../domain/ids.ts';
import type { Conversations, Requests, Shown, ShownCard } from '../domain/ports/store.ts';
import { hasEnded, type Request } from '../domain/request.ts';
import type { Approvers, Asked } from './approvers.ts';
import type { Chat, Posted } from './chat.ts';
import { asCopy, isCopy, kindOf } from './copies.ts';
import type { Directory } from './directory.ts';
import type { AdaptiveCard } from './render-card.ts';
import { approvalCard } from './views/approval-view.ts';
import { statusCard } from './views/status-view.ts';

export interface NotifierOptions {
  readonly requests: Requests;
  readonly shown: Shown;
  readonly chat: Chat;
  readonly directory: Directory;
  readonly conversations: Conversations;
  readonly approvalsChannel: string;
  /** Requests that were asked in a chat are shown here as well; null: nowhere else. */
  readonly operationsChannel: string | null;
  readonly approvers: Approvers;
}

interface Wanted {
  readonly audience: string;
  readonly card: AdaptiveCard;
  /** Null: a card that is gone is not posted again. */
  readonly post: ((card: AdaptiveCard) => Promise<Posted>) | null;
}

export interface Notifier {
  show(id: RequestId): Promise<void>;
  /** The card that was clicked, as it is now. One that nobody knew of is brought up to date for everybody, and known from then on. */
  clickedCard(request: Request, clicked: Posted | null): Promise<AdaptiveCard>;
  /** The same for a click that was refused: whoever is sent back to the card finds it as it is now. */
  adopt(id: RequestId, clicked: Posted | null): Promise<void>;
}

const fingerprint = (card: AdaptiveCard): string => createHash('sha256').update(JSON.stringify(card)).digest('hex');

/** Teams lets a bot send about one update a second into a conversation without being slowed down. */
const betweenUpdatesMs = 1_000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Audience of the card in an approver's personal chat, before the person's id. */
const inPerson = 'approver:';
/** Where more are to be asked than this, the channel has to do. */
const mostInPerson = 50;

function peopleIn(request: Request): PersonId[] {
  const ended = 'ended' in request && request.ended.by !== null ? [request.ended.by] : [];
  return [request.requester, ...request.approvals.map((approval) => approval.by), ...ended];
}

export function openNotifier(options: NotifierOptions): Notifier {
  const { requests, shown, chat, directory, conversations, approvalsChannel, operationsChannel, approvers } = options;
  const lastShown = new Map<RequestId, number>();

  async function cardFor(audience: 'status' | 'approval', request: Request, asked: Asked): Promise<AdaptiveCard> {
    const names = await directory.names(peopleIn(request));
    return audience === 'status'
      ? statusCard(request, names, asked.described)
      : approvalCard(request, names, asked.described, asked.addressed);
  }

  async function bringUpToDate(request: Request, wanted: Wanted, at: ShownCard | undefined): Promise<void> {
    const { audience, card } = wanted;
    const now = fingerprint(card);
    if (at?.fingerprint === now) return;
    if (at !== undefined && (await chat.update(at, card))) {
      await shown.save({ ...at, fingerprint: now });
      return;
    }
    if (wanted.post === null) {
      await shown.remove(request.id, audience);
      return;
    }
    const posted = await wanted.post(card);
    await shown.save({ requestId: request.id, audience, ...posted, fingerprint: now });
  }

  /**
   * An approver is asked in person too, because a post in a channel does not ring. Nobody is told of what was decided before,
   * and who was asked sees what becomes of it, approver still or not.
   */
  async function approversAsked(
    request: Request,
    cards: readonly ShownCard[],
    card: AdaptiveCard,
    asked: Asked,
  ): Promise<readonly Wanted[]> {
    const known = cards.filter(({ audience }) => audience.startsWith(inPerson));
    const wanted = await Promise.all(
      asked.people.slice(0, mostInPerson).map(async (id): Promise<readonly Wanted[]> => {
        const audience = `${inPerson}${id}`;
        const chatOf = await conversations.personalChat(id);
        const told = known.some((shownCard) => shownCard.audience === audience);
        if (chatOf === null || !(told || request.state === 'awaiting-approval')) return [];
        return [{ audience, card, post: (posted) => chat.post(chatOf.conversationId, posted) }];
      }),
    );
    const now = wanted.flat();
    const others = known.filter(({ audience }) => now.every((one) => one.audience !== audience));
    return [...now, ...others.map(({ audience }): Wanted => ({ audience, card, post: null }))];
  }

  /** Who posts where, as the design has it. */
  async function wantedFor(request: Request, cards: readonly ShownCard[]): Promise<readonly Wanted[]> {
    const asked = await approvers.of(request);
    const [status, approval] = await Promise.all([
      cardFor('status', request, asked),
      cardFor('approval', request, asked),
    ]);
    const { origin } = request;
    const elsewhere =
      origin.conversationType !== 'channel' && operationsChannel !== null && operationsChannel !== approvalsChannel
        ? [
            {
              audience: 'operations',
              card: status,
              post: (card: AdaptiveCard) => chat.postThread(operationsChannel, card),
            },
          ]
        : [];
    return [
      { audience: 'status', card: status, post: (card) => chat.post(origin.conversationId, card) },
      { audience: 'approval', card: approval, post: (card) => chat.postThread(approvalsChannel, card) },
      ...elsewhere,
      ...(await approversAsked(request, cards, approval, asked)),
      ...cards.filter(isCopy).map(({ audience }) => ({
        audience,
        card: kindOf(audience) === 'status' ? status : approval,
        post: null,
      })),
    ];
  }

  async function clickedCard(request: Request, clicked: Posted | null): Promise<AdaptiveCard> {
    const known = (await shown.of(request.id)).find((card) => card.activityId === clicked?.activityId);
    const copy = known === undefined && clicked !== null ? await asCopy(options, request, clicked) : null;
    const asked = await approvers.of(request, 'a click waits');
    const card = await cardFor(kindOf((known ?? copy)?.audience ?? '') ?? 'approval', request, asked);
    if (copy !== null && (await chat.update(copy, card).catch(() => false))) {
      await shown.save({ ...copy, fingerprint: fingerprint(card) });
    }
    return card;
  }

  return {
    clickedCard,
    async adopt(id, clicked) {
      const request = await requests.load(id);
      if (request !== null) await clickedCard(request, clicked);
    },
    async show(id) {
      const since = Date.now() - (lastShown.get(id) ?? 0);
      if (since < betweenUpdatesMs) await sleep(betweenUpdatesMs - since);
      lastShown.set(id, Date.now());
      // Loaded after the wait: what happened meanwhile is shown with it.
      const request = await requests.load(id);
      if (request === null) return;
      const cards = await shown.of(id);
      const wanted = await wantedFor(request, cards);
      const results = await Promise.allSettled(
        wanted.map((one) =>
          bringUpToDate(
            request,
            one,
            cards.find((card) => card.audience === one.audience),
          ),
        ),
      );
      const refused = results.find((result) => result.status === 'rejected');
      if (refused?.status === 'rejected') throw refused.reason;
      if (hasEnded(request)) lastShown.delete(id);
    },
  };
}
