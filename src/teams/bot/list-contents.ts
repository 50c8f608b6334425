/** The content of a list page. Reads only what is on the page, or a bounded part of the audit log. */
import { done, type Outcome } from '../../domain/failure.ts';
import { armIdParts, type PersonId, type RequestId } from '../../domain/ids.ts';
import type { Requests } from '../../domain/ports/store.ts';
import { peopleInEvents, type StoredEvent } from '../../domain/request/events.ts';
import { fold } from '../../domain/request/evolve.ts';
import { hasEnded, type Request } from '../../domain/request/request.ts';
import type { FleetShow, ListSubject } from '../../operations/commands/command.ts';
import { type AgentKeyState, countsOf, driftSummaries, type FleetState, nextExpiries } from '../../operations/fleet.ts';
import type { FleetReader } from '../../operations/read-fleet.ts';
import { operations } from '../../operations/registry.ts';
import { historyOf } from '../../text/history.ts';
import {
  historySubject,
  howToAsk,
  latestRequestsTitle,
  listSubjects,
  noRequests,
  openRequestsTitle,
  requestTitle,
} from '../../text/lists.ts';
import { type CardText, md, nothing, plain, quoted } from '../cards/plain-text.ts';
import { type AgentsContent, agentsPerPage, mostExpiries } from '../cards/views/agents-view.ts';
import {
  entriesPerPage,
  type HistoryContent,
  type ListContent,
  openChips,
  requestRows,
  rowsPerPage,
} from '../cards/views/list-view.ts';
import type { Directory } from '../cards/views/people-texts.ts';

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

/** The commands to begin with. */
const firstCommands = operations.filter(({ startsFrom }) => startsFrom !== 'either').map(({ typed }) => typed.name);

const offsetOf = (page: number): number => (page - 1) * rowsPerPage;
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
  if (subject.kind === 'latest-requests') return plain(listSubjects.latest);
  const { show, by, named } = subject;
  if (named !== '') return md`${plain(listSubjects.named)} ${quoted<string>(named, 60)}`;
  if (show === 'all') return nothing;
  if (show === 'running') return plain(listSubjects.running);
  const name = plain((await directory.names([by]))(by));
  return md`${plain(show === 'mine' ? listSubjects.by : listSubjects.for)} ${name}`;
}

function titleOf(subject: RequestsSubject, total: number): string {
  if (subject.kind === 'latest-requests') return latestRequestsTitle;
  if (subject.kind === 'one-request') return requestTitle(subject.requestId);
  return openRequestsTitle(total);
}

function emptyOf(subject: RequestsSubject): string {
  if (subject.kind !== 'open-requests') return noRequests(firstCommands);
  return subject.show === 'all' ? howToAsk(firstCommands) : '';
}

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

export type AgentsSubject = Extract<ListSubject, { kind: 'agents' }>;

const nothingToDo: readonly FleetState[] = ['own-key', 'end-unknown', 'microsofts-key'];

const shows: Readonly<Record<FleetShow, (agent: AgentKeyState) => boolean>> = {
  all: () => true,
  'to-do': ({ state }) => !nothingToDo.includes(state),
  microsofts: ({ state }) => state === 'microsofts-key',
};

const repeatedIn = (names: readonly string[]): ReadonlySet<string> => {
  const known = new Set<string>();
  return new Set(names.filter((name) => known.size === known.add(name).size));
};

/** Returns the content; after the last page, that of the last page. */
export async function agentsContent(
  fleet: Pick<FleetReader, 'read' | 'unsupported'>,
  { show, named }: AgentsSubject,
  { asks, now }: { readonly asks: boolean; readonly now: Date },
  wanted: number,
): Promise<Outcome<{ readonly content: AgentsContent; readonly page: number }>> {
  const read = await fleet.read();
  if (!read.ok) return read;
  const { agents, drifts, guards, unread, asOf } = read.value;
  const part = named.toLowerCase();
  const isCalled = ({ name }: { readonly name: string }): boolean => name.toLowerCase().includes(part);
  const called = agents.filter(isCalled);
  const shown = called.filter(shows[show]);
  const page = Math.min(wanted, Math.max(1, Math.ceil(shown.length / agentsPerPage)));
  const onPage = shown.slice((page - 1) * agentsPerPage, page * agentsPerPage);
  const plain = onPage.filter(({ state }) => state === 'microsofts-key');
  const content: AgentsContent = {
    show,
    named,
    counts: countsOf(called),
    subscriptions: new Set(called.map(({ id }) => armIdParts(id).subscriptionId.toLowerCase())).size,
    agents: onPage,
    repeatedNames: repeatedIn(agents.map(({ name }) => name.toLowerCase())),
    unsupported: await fleet.unsupported(plain.map(({ id }) => id)),
    total: shown.length,
    drifts: driftSummaries(drifts, agents, isCalled),
    expiries: nextExpiries(called, now, mostExpiries),
    guards: guards?.filter(isCalled) ?? null,
    unread,
    asks,
    asOf,
    now,
  };
  return done({ content, page });
}

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
    subject: plain<string>(historySubject(all.length, one ? null : ids.length, mostRequests)),
    show: subject.show,
    entries: all.slice((page - 1) * entriesPerPage, page * entriesPerPage),
    total: all.length,
  };
}
