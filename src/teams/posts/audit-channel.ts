/** Posts a request's events to the audit channel: a root post, and merged replies under it. */
import { createHash } from 'node:crypto';
import { PersonId, type RequestId } from '../../domain/ids.ts';
import type { Requests, Shown, ShownCard, TrailHashes } from '../../domain/ports/store.ts';
import type { StoredEvent } from '../../domain/request/events.ts';
import type { Request } from '../../domain/request/request.ts';
import type { Names } from '../../words/names.ts';
import { auditReplyCard, auditRootCard, eventsPerReply } from '../cards/views/audit-view.ts';
import type { Chat, Posted } from './chat.ts';
import type { Directory } from './directory.ts';

export interface AuditChannelOptions {
  readonly requests: Requests;
  readonly shown: Shown;
  readonly hashes: TrailHashes;
  readonly chat: Chat;
  readonly directory: Directory;
  /** Null: the store alone is the trail. */
  readonly channelId: string | null;
}

const root = 'audit';
const reply = /^audit-reply:(\d+)$/;

const peopleIn = (events: readonly StoredEvent[]): PersonId[] =>
  events.flatMap((event) => PersonId.safeParse(event.body.actor.id).data ?? []);

/** Up to which sequence number the channel shows the request. */
const shownUpTo = (cards: readonly ShownCard[]): number =>
  Math.max(0, ...cards.map((card) => Number(reply.exec(card.audience)?.[1] ?? 0)));

export interface AuditChannel {
  /** Shows what is not shown yet. Called again after a failure, it goes on where it stopped. */
  show(id: RequestId): Promise<void>;
}

export function openAuditChannel(options: AuditChannelOptions): AuditChannel {
  const { requests, shown, hashes, chat, directory, channelId } = options;

  /** Brings the root up to date, or posts it, also when somebody deleted it. */
  async function showRoot(request: Request, names: Names, upTo: number, at: ShownCard | undefined): Promise<Posted> {
    const card = auditRootCard(request, names, upTo);
    const fingerprint = createHash('sha256').update(JSON.stringify(card)).digest('hex');
    if (at !== undefined && (at.fingerprint === fingerprint || (await chat.update(at, card)))) {
      if (at.fingerprint !== fingerprint) await shown.save({ ...at, fingerprint });
      return at;
    }
    const posted = await chat.postThread(channelId ?? '', card);
    await shown.save({ requestId: request.id, audience: root, ...posted, fingerprint });
    return posted;
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
      const card = auditReplyCard(request, some, await hashes.hashAt(last.seq), names);
      const posted = await chat.post(thread.conversationId, card);
      await shown.save({ requestId: request.id, audience: `audit-reply:${last.seq}`, ...posted, fingerprint: '' });
    }
  }

  return {
    async show(id) {
      if (channelId === null) return;
      const [request, events, cards] = await Promise.all([requests.load(id), requests.events(id), shown.of(id)]);
      if (request === null) return;
      const names = await directory.names([request.requester, ...peopleIn(events)]);
      const upTo = shownUpTo(cards);
      const fresh = events.filter((event) => event.seq > upTo);
      const at = cards.find((card) => card.audience === root);
      const thread = await showRoot(request, names, upTo, at);
      if (fresh.length === 0) return;
      await showEvents(request, names, thread, fresh);
      const now = (await shown.of(id)).find((card) => card.audience === root);
      await showRoot(request, names, fresh.at(-1)?.seq ?? upTo, now);
    },
  };
}
