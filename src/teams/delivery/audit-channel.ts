/** Posts a request's events to the audit channel: a root post, and batched replies below it. */
import { z } from 'zod';
import type { RequestId } from '../../domain/ids.ts';
import {
  type Documents,
  type EventHashes,
  isWritten,
  type PostedCard,
  type PostedCards,
  type Requests,
} from '../../domain/ports/store.ts';
import type { RescheduleAt } from '../../domain/request/consequences.ts';
import { peopleInEvents, type StoredEvent } from '../../domain/request/events.ts';
import { hasEnded, type Request } from '../../domain/request/request.ts';
import type { WitnessSummary, WitnessView } from '../../domain/witnessing.ts';
import type { Names } from '../../text/words.ts';
import {
  auditCheckpointCard,
  auditReplyCard,
  auditRootCard,
  eventsPerReply,
  witnessCard,
} from '../cards/views/audit-view.ts';
import type { Directory } from '../cards/views/people-texts.ts';
import type { Chat, Posted } from './chat.ts';
import { fingerprint } from './reconcile-cards.ts';

interface AuditChannelOptions {
  readonly requests: Requests;
  readonly postedCards: PostedCards;
  readonly auditLog: EventHashes;
  readonly chat: Chat;
  readonly directory: Directory;
  readonly auditChannel: string | null;
  readonly checkpoints: Checkpoints | null;
  readonly documents: Pick<Documents, 'read' | 'write'>;
  readonly now: () => Date;
}

export interface Checkpoints {
  /**
   * Returns the newest checkpoint, if it covers the event or a new one can; null: not yet. Throws if none can be read.
   */
  covering(seq: number): Promise<{ readonly size: number; readonly note: string } | null>;
  /** Null: no witnesses are configured. */
  witnessing(): Promise<WitnessSummary | null>;
  readonly everyMs: number;
}

const root = 'audit';
const reply = /^audit-reply:(\d+)$/;
const lastCheckpoint = 'audit-checkpoint';
const LastCheckpoint = z.looseObject({ day: z.string(), size: z.number(), eTag: z.string() });
const dayMs = 86_400_000;

/** Up to which sequence number the channel shows the request. */
const shownUpTo = (cards: readonly PostedCard[]): number =>
  Math.max(0, ...cards.map((card) => Number(reply.exec(card.audience)?.[1] ?? 0)));

export function openAuditChannel(options: AuditChannelOptions) {
  const { requests, postedCards, auditLog, chat, directory, auditChannel, checkpoints, documents, now } = options;

  /** Updates the root post, or posts it again if it was deleted. */
  async function showRoot(request: Request, names: Names, upTo: number, at: PostedCard | undefined) {
    const card = auditRootCard(request, names, upTo);
    const now = fingerprint(card);
    if (at?.fingerprint === now) return at;
    const isUpdated = at !== undefined && (await chat.update(at, card));
    const posted = isUpdated ? at : await chat.postThread(auditChannel ?? '', card);
    const shown: PostedCard = { requestId: request.id, audience: root, ...posted, fingerprint: now };
    await postedCards.save(shown);
    return shown;
  }

  async function showEvents(
    request: Request,
    names: Names,
    thread: Posted,
    events: readonly StoredEvent[],
  ): Promise<void> {
    for (let start = 0; start < events.length; start += eventsPerReply) {
      const some = events.slice(start, start + eventsPerReply);
      const last = some.at(-1);
      if (last === undefined) return;
      const card = auditReplyCard(request, some, await auditLog.hashAt(last.seq), names);
      const posted = await chat.post(thread.conversationId, card);
      await postedCards.save({
        requestId: request.id,
        audience: `audit-reply:${last.seq}`,
        ...posted,
        fingerprint: '',
      });
    }
  }

  /** Whether this process is the one to post a checkpoint of that size today. */
  const claims = (size: number, day: string, eTag: string): Promise<boolean> =>
    isWritten(documents.write({ [lastCheckpoint]: { day, size, eTag } }));

  /** At most one a day, after a request has ended. `last`: the request's newest event. */
  async function showCheckpoint(request: Request, last: number): Promise<RescheduleAt | null> {
    if (checkpoints === null || !hasEnded(request)) return null;
    const stored = LastCheckpoint.safeParse((await documents.read([lastCheckpoint]))[lastCheckpoint]).data;
    if (stored !== undefined && stored.size >= last) return null;
    const day = now().toISOString().slice(0, 10);
    if (stored?.day === day) return { at: new Date(Date.parse(day) + dayMs).toISOString() };
    const found = await checkpoints.covering(last);
    if (found === null) return { afterMs: checkpoints.everyMs };
    if (await claims(found.size, day, stored?.eTag ?? '')) {
      try {
        await chat.postThread(auditChannel ?? '', auditCheckpointCard(found, await checkpoints.witnessing()));
      } catch (error) {
        // The retry of this request, or of the next one, posts it.
        await claims(stored?.size ?? 0, stored?.day ?? '', '*');
        throw error;
      }
    }
    return null;
  }

  return {
    /**
     * Shows what isn't shown yet. Called again after a failure, it continues where it stopped. Returns when there might be more
     * to show; null: there isn't.
     */
    async show(id: RequestId): Promise<RescheduleAt | null> {
      if (auditChannel === null) return null;
      const [request, events, cards] = await Promise.all([requests.load(id), requests.events(id), postedCards.of(id)]);
      if (request === null) return null;
      const names = await directory.names([request.requester, ...peopleInEvents(events)]);
      const upTo = shownUpTo(cards);
      const fresh = events.filter((event) => event.seq > upTo);
      const at = cards.find((card) => card.audience === root);
      const thread = await showRoot(request, names, upTo, at);
      const last = fresh.at(-1)?.seq ?? upTo;
      if (fresh.length > 0) {
        await showEvents(request, names, thread, fresh);
        await showRoot(request, names, last, thread);
      }
      return showCheckpoint(request, last);
    },

    /** Posts that a witness's signature is missing or contradicts the log. */
    async warn(witness: WitnessView): Promise<void> {
      if (auditChannel !== null) await chat.postThread(auditChannel, witnessCard(witness, now()));
    },
  };
}
