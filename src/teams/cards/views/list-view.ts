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
  readonly rows: readonly ListRow[];
}

/** Page numbers start at 1. */
export function listCard(id: string, { title, subject, empty, rows }: ListContent, page: number): AdaptiveCard {
  const start = (page - 1) * rowsPerPage;
  const shown = rows.slice(start, start + rowsPerPage);
  const paged = rows.length > rowsPerPage;
  return renderCard('list', {
    formId: id,
    fallbackText: label(`${title}: ${rows.length}`),
    title,
    subject,
    rows: [...shown],
    empty: rows.length === 0 ? empty : nothing,
    range: paged ? plain<string>(`${start + 1} – ${start + shown.length} of ${rows.length}`) : nothing,
    hasPrevious: page > 1,
    previousPage: page - 1,
    hasNext: start + shown.length < rows.length,
    nextPage: page + 1,
  });
}
