/** A page of a list. */
import type { ListRow } from '../data/list.ts';
import { type CardText, label, nothing, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';

export const rowsPerPage = 5;

export interface ListContent {
  readonly title: CardText;
  readonly subject: CardText;
  /** Shown when there are no rows. */
  readonly empty: CardText;
  /** Of this page. */
  readonly rows: readonly ListRow[];
  /** On all pages. */
  readonly total: number;
}

/** Page numbers start at 1. */
export function listCard(id: string, { title, subject, empty, rows, total }: ListContent, page: number): AdaptiveCard {
  const start = (page - 1) * rowsPerPage;
  const paged = total > rowsPerPage;
  return renderCard('list', {
    formId: id,
    fallbackText: label(`${title}: ${total}`),
    title,
    subject,
    rows: [...rows],
    empty: total === 0 ? empty : nothing,
    range: paged ? plain<string>(`${start + 1} – ${start + rows.length} of ${total}`) : nothing,
    hasPrevious: page > 1,
    previousPage: page - 1,
    hasNext: start + rows.length < total,
    nextPage: page + 1,
  });
}
