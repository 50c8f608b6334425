/** Lists with pages: what a list is about is kept, so that its buttons carry its id and nothing else. */
import type { ListSubject as Subject } from '../../commands/command.ts';
import { ListSubject } from '../../commands/command.ts';
import { FormId, mintFormId } from '../../domain/ids.ts';
import type { Documents, Requests } from '../../domain/ports/store.ts';
import { type Refusal, refuse } from '../../domain/request/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import type { CommandPorts } from '../../operations/ports.ts';
import { operations } from '../../operations/registry.ts';
import { nothing, plain } from '../cards/plain-text.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { eventRows, requestRows } from '../cards/views/list-rows.ts';
import { type ListContent, listCard, rowsPerPage } from '../cards/views/list-view.ts';
import type { Directory } from '../posts/directory.ts';

export interface Lists {
  open(subject: Subject): Promise<AdaptiveCard>;
  page(id: string, page: number): Promise<{ readonly kind: 'card'; readonly card: AdaptiveCard } | Refusal>;
}

/** `To ask, type /a or /b` */
const howToAsk = `To ask, type ${operations.map(({ typed }) => typed.name).join(' or ')}`;

/** More are not shown: who needs them all exports the trail. */
const mostListed = 200;

function titleOf(subject: RequestsSubject): string {
  switch (subject.kind) {
    case 'open-requests':
      return 'Open requests';
    case 'latest-requests':
      return 'Latest requests';
    case 'history-of-resource':
      return subject.resourceId.split('/').at(-1) ?? '';
  }
}

/** A page of requests, and how many there are on all pages. */
interface Found {
  readonly requests: readonly Request[];
  readonly total: number;
}

const within = <T>(all: readonly T[], page: number): readonly T[] =>
  all.slice((page - 1) * rowsPerPage, page * rowsPerPage);

type RequestsSubject = Exclude<Subject, { kind: 'history-of-request' }>;

/** Only what is on the page is read. */
async function requestsOn(requests: Requests, subject: RequestsSubject, page: number): Promise<Found> {
  if (subject.kind === 'open-requests') {
    return requests.open(rowsPerPage, (page - 1) * rowsPerPage);
  }
  if (subject.kind === 'history-of-resource') {
    const ids = (await requests.ofResource(subject.resourceId)).slice(0, mostListed);
    const loaded = await Promise.all(within(ids, page).map((id) => requests.load(id)));
    return { requests: loaded.filter((request) => request !== null), total: ids.length };
  }
  const total = await requests.count(mostListed);
  const offset = (page - 1) * rowsPerPage;
  return { requests: await requests.list(Math.max(0, Math.min(rowsPerPage, total - offset)), offset), total };
}

export function openLists(
  documents: Documents,
  requests: Requests,
  directory: Directory,
  random: CommandPorts['random'],
): Lists {
  async function historyOf(
    subject: Extract<Subject, { kind: 'history-of-request' }>,
    page: number,
  ): Promise<ListContent> {
    const events = await requests.events(subject.requestId);
    const [first] = events;
    return {
      title: plain(first?.body.type === 'submitted' ? first.body.data.resourceName : ''),
      subject: plain<string>(
        `History of ${subject.requestId}, newest first. What people wrote stands on its own cards.`,
      ),
      empty: plain('Nothing happened yet.'),
      rows: await eventRows(within([...events].reverse(), page), directory),
      total: events.length,
    };
  }

  async function contentOf(subject: Subject, page: number): Promise<ListContent> {
    if (subject.kind === 'history-of-request') return historyOf(subject, page);
    const found = await requestsOn(requests, subject, page);
    const open = subject.kind === 'open-requests';
    return {
      title: plain<string>(titleOf(subject)),
      subject:
        open || found.total === 0
          ? nothing
          : plain('Newest first. /cmk-history with a request’s id shows what happened to it.'),
      empty: plain<string>(open ? `No request is open. ${howToAsk}` : `There was no request. ${howToAsk}`),
      rows: await requestRows(found.requests, directory),
      total: found.total,
    };
  }

  /** What was on the page may be gone since: then the last one there is. */
  async function pageOf(id: string, subject: Subject, wanted: number): Promise<AdaptiveCard> {
    const page = Math.min(Math.max(wanted, 1), mostListed);
    const content = await contentOf(subject, page);
    const last = Math.max(1, Math.ceil(content.total / rowsPerPage));
    return page <= last ? listCard(id, content, page) : listCard(id, await contentOf(subject, last), last);
  }

  return {
    async open(subject) {
      const id = mintFormId(random(10));
      await documents.write({ [`list/${id}`]: { subject, eTag: '' } });
      return pageOf(id, subject, 1);
    },
    async page(id, page) {
      const listId = FormId.safeParse(id).data;
      if (listId === undefined) return refuse('form-ended');
      const stored = (await documents.read([`list/${listId}`]))[`list/${listId}`];
      const subject = ListSubject.safeParse(stored?.subject).data;
      if (subject === undefined) return refuse('form-ended');
      return { kind: 'card', card: await pageOf(listId, subject, page) };
    },
  };
}
