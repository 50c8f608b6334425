/** Lists with pages: what a list is about is kept, so that its buttons carry its id and nothing else. */
import { HistoryShow, ListSubject, OpenShow } from '../../commands/command.ts';
import { FormId, mintFormId, type PersonId } from '../../domain/ids.ts';
import type { Documents } from '../../domain/ports/store.ts';
import { type Refusal, refuse } from '../../domain/request/refusal.ts';
import type { CommandPorts } from '../../operations/ports.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { entriesPerPage, historyCard } from '../cards/views/history-view.ts';
import { listCard, rowsPerPage } from '../cards/views/list-view.ts';
import { historyContent } from './history-contents.ts';
import { type ContentOptions, listContent, mostListed } from './list-contents.ts';

type Answer = { readonly kind: 'card'; readonly card: AdaptiveCard } | Refusal;

export interface Lists {
  /** `reader`: who typed, and whose buttons the card has. */
  open(subject: ListSubject, reader: PersonId): Promise<AdaptiveCard>;
  /** `verb`: another page, or what else of the same the list can show. */
  turn(verb: string, id: string, page: number, reader: PersonId): Promise<Answer>;
}

/** What the same list is about once a word on it was clicked; null where it has no such word. `by`: who clicked. */
function turned(subject: ListSubject, word: string, by: PersonId): ListSubject | null {
  if (subject.kind === 'open-requests') {
    const show = OpenShow.safeParse(word).data;
    return show === undefined ? null : { kind: 'open-requests', show, by, named: '' };
  }
  const show = HistoryShow.safeParse(word).data;
  if (show === undefined || subject.kind === 'latest-requests' || subject.kind === 'one-request') return null;
  return { ...subject, show };
}

/** A list as it is kept, and who looks at it. */
interface Listed {
  readonly id: string;
  readonly subject: ListSubject;
  readonly reader: PersonId;
}

/** What was on the page may be gone since: then the last one there is. */
async function clamped<C extends { readonly total: number }>(
  wanted: number,
  perPage: number,
  contentOf: (page: number) => Promise<C>,
): Promise<{ readonly content: C; readonly page: number }> {
  const content = await contentOf(wanted);
  const last = Math.max(1, Math.ceil(content.total / perPage));
  return wanted <= last ? { content, page: wanted } : { content: await contentOf(last), page: last };
}

async function drawPage(options: ContentOptions, { id, subject, reader }: Listed, wanted: number) {
  if (subject.kind === 'history-of-request' || subject.kind === 'history-of-resource') {
    const drawn = await clamped(wanted, entriesPerPage, (page) => historyContent(options, subject, page));
    return historyCard(id, drawn.content, drawn.page);
  }
  const drawn = await clamped(wanted, rowsPerPage, (page) => listContent(options, subject, reader, page));
  return listCard(id, drawn.content, drawn.page);
}

export interface ListsOptions extends ContentOptions {
  readonly documents: Documents;
  readonly random: CommandPorts['random'];
}

export function openLists(options: ListsOptions): Lists {
  const { documents, random } = options;

  async function open(subject: ListSubject, reader: PersonId): Promise<AdaptiveCard> {
    const id = mintFormId(random(10));
    await documents.write({ [`list/${id}`]: { subject, eTag: '' } });
    return drawPage(options, { id, subject, reader }, 1);
  }

  return {
    open,
    async turn(verb, id, page, reader) {
      const listId = FormId.safeParse(id).data;
      if (listId === undefined) return refuse('form-ended');
      const stored = (await documents.read([`list/${listId}`]))[`list/${listId}`];
      const subject = ListSubject.safeParse(stored?.subject).data;
      if (subject === undefined) return refuse('form-ended');
      if (verb === 'list.page') {
        const wanted = Math.min(Math.max(page, 1), mostListed);
        return { kind: 'card', card: await drawPage(options, { id: listId, subject, reader }, wanted) };
      }
      const other = turned(subject, verb.slice('list.'.length), reader);
      return other === null ? refuse('form-ended') : { kind: 'card', card: await open(other, reader) };
    },
  };
}
