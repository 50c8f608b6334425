/** Pages of requests and of their events. Each reads only what is on the page, or a bounded part of the audit log. */
import { type ArmId, armIdParts, PersonId, RequestId } from '../../../domain/ids.ts';
import type { Requests } from '../../../domain/ports/store.ts';
import { peopleInEvents } from '../../../domain/request/events.ts';
import { fold } from '../../../domain/request/evolve.ts';
import { hasEnded, type Request } from '../../../domain/request/request.ts';
import type { HistoryShow, ListSubject, OpenShow } from '../../../operations/commands/command.ts';
import { operationFrom, operationOf } from '../../../operations/registry.ts';
import { type HistoryEntry, historyOf } from '../../../text/history.ts';
import { fromNow } from '../../../text/instants.ts';
import { historySubject, requestListWords } from '../../../text/lists.ts';
import { type CardText, dateAndTime, joinText, label, md, nothing, plain, quoted, withDates } from '../plain-text.ts';
import { coloured, grey, marks, personMark } from '../row.ts';
import { chipsOf, entryRow, type ListPage, noButton, plainList, thingRow } from './list-view.ts';
import type { Directory } from './people-texts.ts';
import { stateLineOf } from './state-line.ts';

/** The reader, who decides which buttons the card has. */
export interface Viewer {
  readonly person: PersonId;
  /** True for a requester. */
  readonly asks: boolean;
}

export interface ListPorts {
  readonly requests: Pick<Requests, 'open' | 'load' | 'list' | 'count' | 'events' | 'ofResource'>;
  readonly directory: Directory;
  readonly decidable: (person: PersonId) => Promise<(request: Request) => boolean>;
  readonly now: () => Date;
}

type Of<L extends ListSubject['list']> = Extract<ListSubject, { readonly list: L }>;

/** The maximum shown. The export contains all requests. */
const mostListed = 200;
const requestsPerPage = 5;

interface Found {
  readonly requests: readonly Request[];
  readonly total: number;
}
const offsetOf = (page: number): number => (page - 1) * requestsPerPage;

/** Returns what a person must act on: requests they can decide on, and their own that need attention. */
async function waitingFor({ requests, decidable }: ListPorts, by: PersonId, page: number): Promise<Found> {
  const [stuck, asked, may] = await Promise.all([
    requests.open(mostListed, 0, { waits: 'attention', requester: by }),
    requests.open(mostListed, 0, { waits: 'approval' }),
    decidable(by),
  ]);
  const all = [...stuck.requests, ...asked.requests.filter(may)];
  return { requests: all.slice(offsetOf(page), page * requestsPerPage), total: all.length };
}

/** Where a changed button names no person, it is the reader. */
const personIn = ({ id }: Of<'open'>, { person }: Viewer): PersonId => PersonId.safeParse(id).data ?? person;

const oneIn = (subject: ListSubject): RequestId | undefined => RequestId.safeParse(subject.id).data;

async function requestsOn(
  ports: ListPorts,
  subject: Of<'open' | 'latest'>,
  viewer: Viewer,
  page: number,
): Promise<Found> {
  const { requests } = ports;
  const offset = offsetOf(page);
  if (subject.list === 'latest') {
    const total = await requests.count(mostListed);
    return { requests: await requests.list(Math.max(0, Math.min(requestsPerPage, total - offset)), offset), total };
  }
  switch (subject.filter) {
    case 'mine':
      return requests.open(requestsPerPage, offset, { requester: personIn(subject, viewer) });
    case 'running':
      return requests.open(requestsPerPage, offset, { waits: 'bot' });
    case 'waiting':
      return waitingFor(ports, personIn(subject, viewer), page);
    case 'all': {
      const id = oneIn(subject);
      if (id === undefined) return requests.open(requestsPerPage, offset, { named: subject.id });
      const one = await requests.load(id);
      return one === null ? { requests: [], total: 0 } : { requests: [one], total: 1 };
    }
  }
}

async function subjectOf({ directory }: ListPorts, subject: Of<'open' | 'latest'>, viewer: Viewer): Promise<CardText> {
  if (subject.list === 'latest') return plain(requestListWords.latest);
  if (subject.filter === 'running') return plain(requestListWords.running);
  if (subject.filter === 'all')
    return subject.id === '' || oneIn(subject) !== undefined
      ? nothing
      : md`${plain(requestListWords.named)} ${quoted(subject.id, 60)}`;
  const by = personIn(subject, viewer);
  return md`${plain(subject.filter === 'mine' ? requestListWords.by : requestListWords.for)} ${plain((await directory.names([by]))(by))}`;
}

const stateMarks: Record<Request['state'], keyof typeof marks> = {
  'awaiting-approval': 'idle',
  approved: 'now',
  running: 'now',
  'needs-attention': 'alarm',
  succeeded: 'done',
  failed: 'idle',
  rejected: 'idle',
  cancelled: 'idle',
  expired: 'idle',
};

function requestRow(request: Request, requester: string, mayDecide: boolean, now: Date) {
  const until = request.state === 'awaiting-approval' ? request.policy.expiresAt : request.changedAt;
  const { color } = mayDecide ? { color: 'Accent' as const } : stateLineOf(request);
  const words = mayDecide ? 'Needs your approval' : stateLineOf(request).text;
  const { action } = operationOf(request.plan.spec).words;
  return thingRow(
    mayDecide ? personMark : marks[stateMarks[request.state]],
    request.resourceName,
    [
      color === 'Default' ? grey(plain(words)) : coloured(plain(words), color),
      grey(md`${plain(action)}, requested by ${plain(requester)}`),
      grey(md`${plain(request.id)}  ·  ${plain(fromNow(until, now))}`),
    ],
    { ...noButton, requestId: request.id, revision: request.asking, button: label(mayDecide ? 'Review' : 'Open') },
  );
}

const openWords: Readonly<Record<OpenShow, string>> = {
  all: 'All',
  waiting: 'Needs your approval',
  mine: 'Requested by you',
  running: 'Running',
};

/** The commands to begin with. */
const firstCommands = (['microsofts-key', 'own-key'] as const).flatMap((key) => operationFrom(key)?.typed.name ?? []);

export async function requestsPage(
  ports: ListPorts,
  subject: Of<'open' | 'latest'>,
  viewer: Viewer,
  page: number,
): Promise<ListPage> {
  const { requests, total } = await requestsOn(ports, subject, viewer, page);
  const asOf = ports.now();
  const waits = requests.some(({ state }) => state === 'awaiting-approval');
  const may = waits ? await ports.decidable(viewer.person) : () => false;
  const names = await ports.directory.names(requests.map(({ requester }) => requester));
  const one = oneIn(subject);
  const all =
    subject.list === 'open' && one === undefined ? requestListWords.openTitle(total) : requestListWords.latestTitle;
  const title = plain(one === undefined ? all : requestListWords.title(one));
  const about = await subjectOf(ports, subject, viewer);
  return {
    ...plainList,
    title,
    subject: about,
    asOf,
    total,
    perPage: requestsPerPage,
    fallbackText: label(`${title}. ${about}`),
    // None for one request, and none is selected for a part of a name.
    chips:
      subject.list === 'latest' || one !== undefined
        ? []
        : chipsOf(openWords, subject.filter === 'all' && subject.id !== '' ? null : subject.filter),
    rows: requests.map((request) => requestRow(request, names(request.requester), may(request), asOf)),
    empty: plain(emptyWords(subject, one)),
  };
}

function emptyWords({ list, filter }: Of<'open' | 'latest'>, one: RequestId | undefined): string {
  if (list === 'latest' || one !== undefined) return requestListWords.none(firstCommands);
  return filter === 'all' ? requestListWords.howToAsk(firstCommands) : '';
}

const historyWords: Readonly<Record<HistoryShow, string>> = {
  everything: 'Everything',
  decisions: 'Decisions',
  changes: 'Changes',
};

/** For a resource with more requests, only the newest are shown. The export contains all of them. */
const mostRequests = 20;
const entriesPerPage = 15;
/** Teams draws a card of so many rows only where each is short. */
const longestLine = 420;

async function requestWithEvents({ requests }: ListPorts, id: RequestId) {
  const events = await requests.events(id);
  const request = fold(id, events);
  return request === null ? [] : [{ request, events }];
}

const historyRow = ({ at, mark, title, detail }: HistoryEntry, of: string) =>
  entryRow(
    marks[mark],
    plain(title, 160),
    joinText([dateAndTime(new Date(at)), plain(of), withDates(plain(detail, longestLine))], '  ·  '),
  );

/** Of a request, or of a resource's requests. */
export async function historyPage(ports: ListPorts, subject: Of<'history'>, page: number): Promise<ListPage> {
  const one = oneIn(subject);
  const ids = one === undefined ? await ports.requests.ofResource(subject.id as ArmId) : [one];
  const read = await Promise.all(ids.slice(0, mostRequests).map((id) => requestWithEvents(ports, id)));
  const histories = read.flat().reverse();
  const names = await ports.directory.names(peopleInEvents(histories.flatMap(({ events }) => events)));
  const all = histories
    .flatMap(({ request, events }) =>
      historyOf(events, names, hasEnded(request)).map((entry) => ({ entry, of: one === undefined ? request.id : '' })),
    )
    .filter(({ entry: { kind } }) => subject.filter === 'everything' || `${kind}s` === subject.filter);
  const request = one === undefined ? null : (histories[0]?.request ?? null);
  const title = plain(one === undefined ? armIdParts(subject.id as ArmId).name : (request?.resourceName ?? ''));
  const about = plain(historySubject(all.length, one === undefined ? ids.length : null, mostRequests));
  return {
    ...plainList,
    request,
    title,
    subject: about,
    asOf: null,
    total: all.length,
    perPage: entriesPerPage,
    fallbackText: label(`History of ${title}. ${about}`),
    chips: chipsOf(historyWords, subject.filter),
    rows: all.slice((page - 1) * entriesPerPage, page * entriesPerPage).map(({ entry, of }) => historyRow(entry, of)),
    empty: plain('Nothing of the kind happened.'),
  };
}
