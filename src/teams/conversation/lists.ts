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

const waitsForPeople = (request: Request): number =>
  request.state === 'needs-attention' ? 0 : request.state === 'awaiting-approval' ? 1 : 2;

async function requestsOn(requests: Requests, subject: Subject): Promise<readonly Request[]> {
  if (subject.kind === 'open-requests') {
    return [...(await requests.open())].sort((a, b) => waitsForPeople(a) - waitsForPeople(b));
  }
  if (subject.kind === 'history-of-resource') {
    const ids = (await requests.ofResource(subject.resourceId)).slice(0, mostListed);
    return (await Promise.all(ids.map((id) => requests.load(id)))).filter((request) => request !== null);
  }
  return requests.list(mostListed, 0);
}

export function openLists(
  documents: Documents,
  requests: Requests,
  directory: Directory,
  random: CommandPorts['random'],
): Lists {
  async function historyOf(subject: Extract<Subject, { kind: 'history-of-request' }>): Promise<ListContent> {
    const [request, events] = await Promise.all([requests.load(subject.requestId), requests.events(subject.requestId)]);
    return {
      title: plain(request?.resourceName ?? ''),
      subject: plain<string>(
        `History of ${subject.requestId}, newest first. What people wrote stands on its own cards.`,
      ),
      empty: plain('Nothing happened yet.'),
      rows: await eventRows([...events].reverse(), directory),
    };
  }

  async function contentOf(subject: Subject): Promise<ListContent> {
    if (subject.kind === 'history-of-request') return historyOf(subject);
    const found = await requestsOn(requests, subject);
    const rows = await requestRows(found, directory);
    const open = subject.kind === 'open-requests';
    return {
      title: plain<string>(
        open
          ? 'Open requests'
          : subject.kind === 'latest-requests'
            ? 'Latest requests'
            : (subject.resourceId.split('/').at(-1) ?? ''),
      ),
      subject:
        open || rows.length === 0
          ? nothing
          : plain('Newest first. /cmk-history with a request’s id shows what happened to it.'),
      empty: plain<string>(open ? `No request is open. ${howToAsk}` : `There was no request. ${howToAsk}`),
      rows,
    };
  }

  return {
    async open(subject) {
      const id = mintFormId(random(10));
      await documents.write({ [`list/${id}`]: { subject, eTag: '' } });
      return listCard(id, await contentOf(subject), 1);
    },
    async page(id, page) {
      const listId = FormId.safeParse(id).data;
      if (listId === undefined) return refuse('form-ended');
      const stored = (await documents.read([`list/${listId}`]))[`list/${listId}`];
      const subject = ListSubject.safeParse(stored?.subject).data;
      if (subject === undefined) return refuse('form-ended');
      const content = await contentOf(subject);
      const last = Math.max(1, Math.ceil(content.rows.length / rowsPerPage));
      return { kind: 'card', card: listCard(listId, content, Math.min(Math.max(page, 1), last)) };
    },
  };
}
