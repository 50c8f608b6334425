/**
 * The one renderer of request cards: brings every place where a request is shown up to date, and draws for each person
 * their own. A card that is lost, refused or deleted is posted again the next time.
 */
import { createHash } from 'node:crypto';
import type { PersonId, RequestId } from '../../domain/ids.ts';
import type { Conversations, People, Requests, Shown, ShownCard } from '../../domain/ports/store.ts';
import { hasEnded, type Request } from '../../domain/request/request.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { type CardContext, everybody, hasViews, type Reader } from '../cards/views/reader.ts';
import { type CardKind, requestCard } from '../cards/views/request-card.ts';
import type { Approvers, Asked } from './approvers.ts';
import { approverAudience, approverIn, isCopyAudience, kindOf, readerIn } from './audience.ts';
import type { Chat, Posted } from './chat.ts';
import { asCopy } from './copies.ts';
import type { Directory } from './directory.ts';

export interface NotifierOptions {
  readonly requests: Requests;
  readonly shown: Shown;
  readonly chat: Chat;
  readonly directory: Directory;
  readonly conversations: Conversations;
  readonly approvalsChannel: string;
  /** Requests that were asked in a chat are shown here as well, in short; null: nowhere else. */
  readonly operationsChannel: string | null;
  readonly approvers: Approvers;
  readonly people: Pick<People, 'among'>;
  /** Runs are not started: cards say so. */
  readonly paused: boolean;
}

interface Wanted {
  readonly audience: string;
  readonly card: AdaptiveCard;
  /** Null: a card that is gone is not posted again. */
  readonly post: ((card: AdaptiveCard) => Promise<Posted>) | null;
}

/** A card that somebody looks at or clicked. */
export interface Looked {
  readonly at: Posted | null;
  readonly reader: Reader;
  /** Teams fetched it by itself: then the post may be so new that its row is still to be stored, and it is no copy. */
  readonly automatic: boolean;
}

export interface Notifier {
  show(id: RequestId): Promise<void>;
  /** The card as it is now for who looked. One that nobody knew of is brought up to date for everybody, and known from then on. */
  cardFor(request: Request, looked: Looked): Promise<AdaptiveCard>;
  /** The same for a click that was refused: whoever is sent back to the card finds it as it is now. */
  adopt(id: RequestId, clicked: Posted | null): Promise<void>;
}

const fingerprint = (card: AdaptiveCard): string => createHash('sha256').update(JSON.stringify(card)).digest('hex');

/** Teams lets a bot send about one update a second into a conversation without being slowed down. */
const betweenUpdatesMs = 1_000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Where more are to be asked than this, the channel has to do. */
const mostInPerson = 50;
/** Teams: `refresh.userIds` takes 60. */
const mostRefreshed = 60;

function peopleIn(request: Request): PersonId[] {
  const ended = 'ended' in request && request.ended.by !== null ? [request.ended.by] : [];
  return [request.requester, ...request.approvals.map((approval) => approval.by), ...ended];
}

export function openNotifier(options: NotifierOptions): Notifier {
  const { requests, shown, chat, directory, conversations, approvalsChannel, operationsChannel, people } = options;
  const lastShown = new Map<RequestId, number>();

  /** Whose views Teams fetches: those it knows of the requester, of who approved, and of who was asked. */
  async function refreshedFor(request: Request, asked: Asked): Promise<readonly string[]> {
    if (!hasViews(request)) return [];
    const ids = [request.requester, ...request.approvals.map(({ by }) => by), ...asked.people];
    const known = await people.among([...new Set(ids)].slice(0, mostRefreshed));
    return known.map(({ memberId }) => memberId).sort();
  }

  /** `alone`: in a chat with one reader, whose card it is from the start. */
  async function contextFor(request: Request, reader: Reader, asked: Asked, alone: boolean): Promise<CardContext> {
    const [names, userIds] = await Promise.all([
      directory.names(peopleIn(request)),
      alone ? [] : refreshedFor(request, asked),
    ]);
    const { described: awaited, addressed } = asked;
    return { reader, names, awaited, addressed: alone ? [] : addressed, userIds, paused: options.paused };
  }

  async function cardIn(audience: string, request: Request, asked: Asked): Promise<AdaptiveCard> {
    const reader = readerIn(audience, request);
    const context = await contextFor(request, reader, asked, reader.kind !== 'everybody');
    return requestCard(kindOf(audience) ?? 'approval', request, context);
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
   * and who was asked sees what becomes of it; without a question where they no longer are an approver.
   */
  async function approversAsked(
    request: Request,
    cards: readonly ShownCard[],
    asked: Asked,
  ): Promise<readonly Wanted[]> {
    const told = cards
      .filter(({ audience }) => !isCopyAudience(audience))
      .flatMap(({ audience }) => approverIn(audience) ?? []);
    const may = new Set([...asked.people, ...request.approvals.map(({ by }) => by)]);
    const fresh = request.state === 'awaiting-approval' ? asked.people.slice(0, mostInPerson) : [];
    const wanted = await Promise.all(
      [...new Set([...told, ...fresh])].map(async (id): Promise<readonly Wanted[]> => {
        const audience = approverAudience(id);
        const chatOf = await conversations.personalChat(id);
        if (chatOf === null) return [];
        const card = may.has(id)
          ? await cardIn(audience, request, asked)
          : requestCard('status', request, await contextFor(request, everybody, asked, true));
        const post = may.has(id) ? (one: AdaptiveCard) => chat.post(chatOf.conversationId, one) : null;
        return [{ audience, card, post }];
      }),
    );
    return wanted.flat();
  }

  /** Who posts where, as the design has it. */
  async function wantedFor(request: Request, cards: readonly ShownCard[]): Promise<readonly Wanted[]> {
    const { origin } = request;
    const asked = await options.approvers.of(request);
    const draw = async (audience: string, post: Wanted['post']): Promise<Wanted> => ({
      audience,
      card: await cardIn(audience, request, asked),
      post,
    });
    const short =
      origin.conversationType !== 'channel' && operationsChannel !== null && operationsChannel !== approvalsChannel
        ? [draw('operations', (card) => chat.postThread(operationsChannel, card))]
        : [];
    const [drawn, inPerson] = await Promise.all([
      Promise.all([
        draw('status', (card) => chat.post(origin.conversationId, card)),
        draw('approval', (card) => chat.postThread(approvalsChannel, card)),
        ...short,
        ...cards.filter(({ audience }) => isCopyAudience(audience)).map(({ audience }) => draw(audience, null)),
      ]),
      approversAsked(request, cards, asked),
    ]);
    return [...drawn, ...inPerson];
  }

  /** Which card stands there; a copy that nobody knew of is brought up to date for everybody. */
  async function kindAt(request: Request, { at, automatic }: Omit<Looked, 'reader'>, asked: Asked): Promise<CardKind> {
    const known = (await shown.of(request.id)).find((card) => card.activityId === at?.activityId);
    const copy = known === undefined && at !== null && !automatic ? await asCopy(options, request, at) : null;
    if (copy !== null) {
      const card = await cardIn(copy.audience, request, asked);
      if (await chat.update(copy, card).catch(() => false))
        await shown.save({ ...copy, fingerprint: fingerprint(card) });
    }
    return kindOf((known ?? copy)?.audience ?? '') ?? 'approval';
  }

  return {
    async cardFor(request, looked) {
      const asked = await options.approvers.of(request, 'a click waits');
      const kind = await kindAt(request, looked, asked);
      return requestCard(kind, request, await contextFor(request, looked.reader, asked, false));
    },
    async adopt(id, at) {
      const request = await requests.load(id);
      if (request === null) return;
      await kindAt(request, { at, automatic: false }, await options.approvers.of(request, 'a click waits'));
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
