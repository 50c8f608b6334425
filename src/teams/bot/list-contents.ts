/** The content of a list page. Reads only what is on the page, or a bounded part of the audit log. */
import type { PersonId } from '../../domain/ids.ts';
import type { Requests } from '../../domain/ports/store.ts';
import type { Request } from '../../domain/request/request.ts';
import type { ListSubject } from '../../operations/commands/command.ts';
import { operations } from '../../operations/registry.ts';
import { countOf } from '../../text/words.ts';
import type { Directory } from '../cards/directory.ts';
import { type CardText, md, nothing, plain, quoted } from '../cards/plain-text.ts';
import { type ListContent, openChips, requestRows, rowsPerPage } from '../cards/views/list-view.ts';

export interface ContentOptions {
  readonly requests: Requests;
  readonly directory: Directory;
  /** Returns which requests a person can decide on, for button texts. */
  readonly decidable: (person: PersonId) => Promise<(request: Request) => boolean>;
  readonly now: () => Date;
}

/** The maximum shown. The export contains all requests. */
export const mostListed = 200;

type Of<K extends ListSubject['kind']> = Extract<ListSubject, { kind: K }>;
type RequestsSubject = Of<'open-requests' | 'one-request' | 'latest-requests'>;

/** `To request a change, type /a or /b`: the commands to begin with. */
const firstCommands = operations.filter(({ startsFrom }) => startsFrom !== 'either').map(({ typed }) => typed.name);
const howToAsk = `To request a change, type ${firstCommands.join(' or ')}`;

const offsetOf = (page: number): number => (page - 1) * rowsPerPage;
/** A page of requests, with the number on all pages. */
interface Found {
  readonly requests: readonly Request[];
  readonly total: number;
}

/** Returns what a person must act on: requests they can decide on, and their own that need attention. */
async function waitingFor({ requests, decidable }: ContentOptions, by: PersonId, page: number): Promise<Found> {
  const [stuck, asked, may] = await Promise.all([
    requests.open(mostListed, 0, { waits: 'attention', requester: by }),
    requests.open(mostListed, 0, { waits: 'approval' }),
    decidable(by),
  ]);
  const all = [...stuck.requests, ...asked.requests.filter(may)];
  return { requests: all.slice(offsetOf(page), page * rowsPerPage), total: all.length };
}

async function openRequests(options: ContentOptions, subject: Of<'open-requests'>, page: number): Promise<Found> {
  const { show, by, named } = subject;
  const { requests } = options;
  const offset = offsetOf(page);
  switch (show) {
    case 'all':
      return requests.open(rowsPerPage, offset, { named });
    case 'mine':
      return requests.open(rowsPerPage, offset, { requester: by });
    case 'running':
      return requests.open(rowsPerPage, offset, { waits: 'nobody' });
    case 'waiting':
      return waitingFor(options, by, page);
  }
}

async function requestsOn(options: ContentOptions, subject: RequestsSubject, page: number): Promise<Found> {
  const { requests } = options;
  if (subject.kind === 'open-requests') return openRequests(options, subject, page);
  if (subject.kind === 'one-request') {
    const one = await requests.load(subject.requestId);
    return one === null ? { requests: [], total: 0 } : { requests: [one], total: 1 };
  }
  const total = await requests.count(mostListed);
  const offset = offsetOf(page);
  return { requests: await requests.list(Math.max(0, Math.min(rowsPerPage, total - offset)), offset), total };
}

async function subjectOf({ directory }: ContentOptions, subject: RequestsSubject): Promise<CardText> {
  if (subject.kind === 'one-request') return nothing;
  if (subject.kind === 'latest-requests') return plain('Newest first');
  const { show, by, named } = subject;
  if (named !== '') return md`Named like ${quoted<string>(named, 60)}`;
  if (show === 'all') return nothing;
  if (show === 'running') return plain('Approved, and under way or about to start');
  const name = plain((await directory.names([by]))(by));
  return show === 'mine' ? md`Requested by ${name}` : md`Waiting for ${name}`;
}

function titleOf(subject: RequestsSubject, total: number): string {
  if (subject.kind === 'latest-requests') return 'Latest requests';
  if (subject.kind === 'one-request') return `Request ${subject.requestId}`;
  return total === 0 ? 'No open requests' : countOf(total, 'open request', 'open requests');
}

function emptyOf(subject: RequestsSubject): string {
  if (subject.kind !== 'open-requests') return `There was no request. ${howToAsk}`;
  return subject.show === 'all' ? howToAsk : '';
}

/** Returns a page of requests, with the reader's buttons. */
export async function listContent(
  options: ContentOptions,
  subject: RequestsSubject,
  reader: PersonId,
  page: number,
): Promise<ListContent> {
  const found = await requestsOn(options, subject, page);
  const asOf = options.now();
  const waits = found.requests.some(({ state }) => state === 'awaiting-approval');
  const may = waits ? await options.decidable(reader) : () => false;
  return {
    title: plain<string>(titleOf(subject, found.total)),
    subject: await subjectOf(options, subject),
    chips: subject.kind === 'open-requests' ? openChips(subject.named === '' ? subject.show : null) : [],
    empty: plain<string>(emptyOf(subject)),
    rows: await requestRows(found.requests, options.directory, asOf, may),
    total: found.total,
    asOf,
  };
}
