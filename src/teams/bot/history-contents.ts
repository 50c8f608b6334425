/** The content of a history page: entries of one request, or of all requests of an agent. */

import { armIdParts, type RequestId } from '../../domain/ids.ts';
import { peopleInEvents, type StoredEvent } from '../../domain/request/events.ts';
import { fold } from '../../domain/request/evolve.ts';
import { hasEnded, type Request } from '../../domain/request/request.ts';
import type { ListSubject } from '../../operations/commands/command.ts';
import { historyOf } from '../../text/history.ts';
import { countOf } from '../../text/words.ts';
import { plain } from '../cards/plain-text.ts';
import { entriesPerPage, type HistoryContent } from '../cards/views/history-view.ts';
import type { ContentOptions } from './list-contents.ts';

type HistorySubject = Extract<ListSubject, { kind: 'history-of-request' | 'history-of-resource' }>;

/** For an agent with more requests, only the newest are shown. The export contains all of them. */
const mostRequests = 20;

interface RequestEvents {
  readonly request: Request;
  readonly events: readonly StoredEvent[];
}

async function readAll({ requests }: ContentOptions, ids: readonly RequestId[]): Promise<readonly RequestEvents[]> {
  const all = await Promise.all(
    ids.map(async (id) => {
      const events = await requests.events(id);
      return { request: fold(id, events), events };
    }),
  );
  return all.flatMap(({ request, events }) => (request === null ? [] : { request, events }));
}

/** Newest first. */
async function idsOf({ requests }: ContentOptions, subject: HistorySubject): Promise<readonly RequestId[]> {
  return subject.kind === 'history-of-request' ? [subject.requestId] : requests.ofResource(subject.resourceId);
}

function subjectWords(subject: HistorySubject, entries: number, requests: number): string {
  const counted = `${countOf(entries, 'entry', 'entries')}, oldest first.`;
  if (subject.kind === 'history-of-request') return `${counted} Reasons and comments are on the request’s card.`;
  if (requests <= mostRequests) return `${counted} Of ${countOf(requests, 'request', 'requests')}.`;
  return `${counted} Of the newest ${mostRequests} of ${requests} requests.`;
}

export async function historyContent(
  options: ContentOptions,
  subject: HistorySubject,
  page: number,
): Promise<HistoryContent> {
  const ids = await idsOf(options, subject);
  const histories = [...(await readAll(options, ids.slice(0, mostRequests)))].reverse();
  const names = await options.directory.names(peopleInEvents(histories.flatMap(({ events }) => events)));
  const one = subject.kind === 'history-of-request';
  const all = histories
    .flatMap(({ request, events }) =>
      historyOf(events, names, hasEnded(request)).map((entry) => ({ ...entry, of: one ? '' : request.id })),
    )
    .filter(({ kind }) => subject.show === 'everything' || `${kind}s` === subject.show);
  const title = one ? (histories[0]?.request.resourceName ?? '') : armIdParts(subject.resourceId).name;
  return {
    request: one ? (histories[0]?.request ?? null) : null,
    title: plain(title),
    subject: plain<string>(subjectWords(subject, all.length, ids.length)),
    show: subject.show,
    entries: all.slice((page - 1) * entriesPerPage, page * entriesPerPage),
    total: all.length,
  };
}
