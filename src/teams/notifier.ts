/**
 * The one renderer of request cards: brings every place where a request is shown up to date. A card that is lost, refused
 * or deleted is posted again the next time.
 */
import { createHash } from 'node:crypto';
import { PersonId, type RequestId } from '../domain/ids.ts';
import type { Conversations, Requests, Shown, ShownCard } from '../domain/ports/store.ts';
import { hasEnded, type Request } from '../domain/request.ts';
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
  readonly approvers: readonly string[];
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

function peopleIn(request: Request): PersonId[] {
  const ended = 'ended' in request && request.ended.by !== null ? [request.ended.by] : [];
  return [request.requester, ...request.approvals.map((approval) => approval.by), ...ended];
}

export function openNotifier(options: NotifierOptions): Notifier {
  const { requests, shown, chat, directory, conversations, approvalsChannel, operationsChannel, approvers } = options;
  const lastShown = new Map<RequestId, number>();

  async function cardFor(audience: 'status' | 'approval', request: Request): Promise<AdaptiveCard> {
    const names = await directory.names(peopleIn(request));
    const who = await directory.describe(approvers);
    if (audience === 'status') return statusCard(request, names, who);
    return approvalCard(request, names, who, await directory.mentions(approvers));
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

  /** An approver is asked in person too, because a post in a channel does not ring. Nobody is told of what was decided before. */
  async function approversAsked(request: Request, cards: readonly ShownCard[]): Promise<readonly Wanted[]> {
    const ids = approvers.flatMap((id) => PersonId.safeParse(id).data ?? []).filter((id) => id !== request.requester);
    const card = await cardFor('approval', request);
    const wanted = await Promise.all(
      ids.map(async (id): Promise<readonly Wanted[]> => {
        const audience = `approver:${id}`;
        const chatOf = await conversations.personalChat(id);
        const known = cards.some((shownCard) => shownCard.audience === audience);
        if (chatOf === null || !(known || request.state === 'awaiting-approval')) return [];
        return [{ audience, card, post: (posted) => chat.post(chatOf.conversationId, posted) }];
      }),
    );
    return wanted.flat();
  }

  /** Who posts where, as the design has it. */
  async function wantedFor(request: Request, cards: readonly ShownCard[]): Promise<readonly Wanted[]> {
    const [status, approval] = await Promise.all([cardFor('status', request), cardFor('approval', request)]);
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
      ...(await approversAsked(request, cards)),
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
    const card = await cardFor(kindOf((known ?? copy)?.audience ?? '') ?? 'approval', request);
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
