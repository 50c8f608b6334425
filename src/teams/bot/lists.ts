/** Lists with pages: opens them and handles their buttons, which carry what the list shows. */
import pLimit from 'p-limit';
import { isRefusal, type Refusal, refuseOnFailure } from '../../domain/request/refusal.ts';
import { ListSubject } from '../../operations/commands/command.ts';
import type { FleetReader } from '../../operations/read-fleet.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { fleetPage } from '../cards/views/fleet-view.ts';
import { historyPage, type ListPorts, requestsPage, type Viewer } from '../cards/views/list-pages.ts';
import { type ListPage, listCard } from '../cards/views/list-view.ts';

type Answer = { readonly kind: 'card'; readonly card: AdaptiveCard } | Refusal;

export interface Lists {
  open(subject: ListSubject, viewer: Viewer, page?: number): Promise<Answer>;
}

interface ListsOptions extends ListPorts {
  readonly fleet: Pick<FleetReader, 'read' | 'unsupported'>;
}

async function pageOf(options: ListsOptions, subject: ListSubject, viewer: Viewer, page: number): Promise<ListPage> {
  switch (subject.list) {
    case 'agents':
      return fleetPage(options.fleet, subject, viewer, options.now(), page);
    case 'history':
      return historyPage(options, subject, page);
    case 'open':
    case 'latest':
      return requestsPage(options, subject, viewer, page);
  }
}

/** Falls back to the last page if the requested one no longer exists. */
async function draw(options: ListsOptions, subject: ListSubject, viewer: Viewer, page: number): Promise<Answer> {
  const read = await refuseOnFailure(() => pageOf(options, subject, viewer, page));
  if (isRefusal(read)) return read;
  const last = Math.max(1, Math.ceil(read.total / read.perPage));
  return page > last ? draw(options, subject, viewer, last) : { kind: 'card', card: listCard(subject, page, read) };
}

const isLong = ({ list, filter, id }: ListSubject): boolean =>
  list === 'agents' || (list === 'history' && id.startsWith('/')) || filter === 'waiting';

const mostPages = 10_000;
/** Maximum of long lists rendered at once. More would delay clicks. */
const longListsAtOnce = 2;

export function openLists(options: ListsOptions): Lists {
  const limit = pLimit(longListsAtOnce);
  return {
    open(subject, viewer, page = 1) {
      const drawn = () => draw(options, subject, viewer, Math.min(Math.max(page, 1), mostPages));
      return isLong(subject) ? limit(drawn) : drawn();
    },
  };
}

/** Returns what a list shows after a click on its button `list.<word>`: another page, or another filter. Null: not a list's button. */
export function subjectAfter(verb: string, data: unknown, { person }: Pick<Viewer, 'person'>): ListSubject | null {
  const subject = ListSubject.safeParse(data).data;
  const word = verb.slice('list.'.length);
  if (subject === undefined || word === 'page') return subject ?? null;
  const id = subject.list !== 'open' ? subject.id : word === 'mine' || word === 'waiting' ? person : '';
  return ListSubject.safeParse({ list: subject.list, filter: word, id }).data ?? null;
}
