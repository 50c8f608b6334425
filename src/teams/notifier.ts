/**
 * The one renderer of request cards: brings every place where a request is shown up to date. A card that is lost, refused
 * or deleted is posted again the next time.
 */
import { createHash } from 'node:crypto';
import type { PersonId, RequestId } from '../domain/ids.ts';
import type { Requests, Shown, ShownCard } from '../domain/ports/store.ts';
import type { Request } from '../domain/request.ts';
import type { Chat, Posted } from './chat.ts';
import type { Directory } from './directory.ts';
import type { AdaptiveCard } from './render-card.ts';
import { approvalCard } from './views/approval-view.ts';
import { statusCard } from './views/status-view.ts';

export interface NotifierOptions {
  readonly requests: Requests;
  readonly shown: Shown;
  readonly chat: Chat;
  readonly directory: Directory;
  readonly approvalsChannel: string;
  readonly approvers: readonly string[];
}

interface Wanted {
  readonly audience: string;
  readonly card: AdaptiveCard;
  readonly post: () => Promise<Posted>;
}

export interface Notifier {
  show(id: RequestId): Promise<void>;
  /** The card one audience sees. */
  cardFor(audience: 'status' | 'approval', request: Request): Promise<AdaptiveCard>;
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
  const { requests, shown, chat, directory, approvalsChannel, approvers } = options;
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
    const posted = await wanted.post();
    await shown.save({ requestId: request.id, audience, ...posted, fingerprint: now });
  }

  return {
    cardFor,
    async show(id) {
      const since = Date.now() - (lastShown.get(id) ?? 0);
      if (since < betweenUpdatesMs) await sleep(betweenUpdatesMs - since);
      lastShown.set(id, Date.now());
      // Loaded after the wait: what happened meanwhile is shown with it.
      const request = await requests.load(id);
      if (request === null) return;
      const cards = await shown.of(id);
      const wanted: Wanted[] = [
        {
          audience: 'status',
          card: await cardFor('status', request),
          post: async () => chat.post(request.origin.conversationId, await cardFor('status', request)),
        },
        {
          audience: 'approval',
          card: await cardFor('approval', request),
          post: async () => chat.postThread(approvalsChannel, await cardFor('approval', request)),
        },
      ];
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
    },
  };
}
