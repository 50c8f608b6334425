/** A page of the history of a request, or of all requests of an agent. */

import type { Request } from '../../../domain/request/request.ts';
import type { HistoryShow } from '../../../operations/commands/command.ts';
import type { HistoryEntry } from '../../../text/history.ts';
import type { Chip, HistoryRow } from '../data/lists.ts';
import { marks } from '../data/row.ts';
import { type CardText, dateAndTime, joinText, label, nothing, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { chipsOf, pagesOf } from './list-view.ts';
import { stateLineOf } from './state-line.ts';

export const entriesPerPage = 15;

export interface HistoryContent {
  /** The request; null for an agent. */
  readonly request: Request | null;
  readonly title: CardText;
  readonly subject: CardText;
  readonly show: HistoryShow;
  /** Entries of this page, with request IDs if there are several requests. */
  readonly entries: readonly (HistoryEntry & { readonly of: string })[];
  readonly total: number;
}

const chipWords: Readonly<Record<HistoryShow, string>> = {
  everything: 'Everything',
  decisions: 'Decisions',
  changes: 'Changes',
};

/** Teams draws a card of so many rows only where each is short. */
const longestLine = 420;

const rowOf = ({ at, mark, title, detail, of }: HistoryContent['entries'][number]): HistoryRow => ({
  ...marks[mark],
  name: plain(title, 160),
  line: joinText([dateAndTime(new Date(at)), plain<string>(of), plain(detail, longestLine)], '  ·  '),
});

export function historyCard(id: string, content: HistoryContent, page: number): AdaptiveCard {
  const { request, title, subject, show, entries, total } = content;
  const state = request === null ? null : stateLineOf(request);
  const chips: readonly Chip[] = chipsOf(chipWords, show);
  return renderCard('history', {
    formId: id,
    fallbackText: label(`History of ${title}. ${subject}`),
    stateLine: state === null ? nothing : plain(state.text),
    stateColor: state?.color ?? 'Default',
    stateIcon: state?.icon ?? '',
    requestId: request?.id ?? '',
    revision: request?.asking ?? 0,
    title,
    subject,
    chips: [...chips],
    rows: entries.map(rowOf),
    empty: total === 0 ? plain('Nothing of the kind happened.') : nothing,
    ...pagesOf(total, page, entriesPerPage, entries.length),
  });
}
