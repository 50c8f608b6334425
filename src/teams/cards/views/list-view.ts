/** A page of requests. */
import type { OpenShow } from '../../../operations/commands/command.ts';
import type { Chip, ListRow } from '../data/lists.ts';
import { type CardText, label, md, nothing, plain, time } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';

export const rowsPerPage = 5;

export interface ListContent {
  readonly title: CardText;
  readonly subject: CardText;
  readonly chips: readonly Chip[];
  /** Shown without rows. */
  readonly empty: CardText;
  /** Rows of this page. */
  readonly rows: readonly ListRow[];
  /** The number on all pages. */
  readonly total: number;
  readonly asOf: Date;
}

/** Returns the range and neighbors of a page. Page numbers start at 1. */
export function pagesOf(total: number, page: number, perPage: number, rows: number) {
  const start = (page - 1) * perPage;
  return {
    range: total > perPage ? plain<string>(`${start + 1} – ${start + rows} of ${total}`) : nothing,
    hasPrevious: page > 1,
    previousPage: page - 1,
    hasNext: start + rows < total,
    nextPage: page + 1,
  };
}

const chipWords: Readonly<Record<OpenShow, string>> = {
  all: 'All',
  waiting: 'Needs your approval',
  mine: 'Requested by you',
  running: 'Running',
};

/** Returns filter buttons; the selected one is highlighted. */
export const chipsOf = <S extends string>(words: Readonly<Record<S, string>>, shown: S | null): readonly Chip[] =>
  (Object.keys(words) as S[]).map((show): Chip => {
    return {
      title: label(show === shown ? `✓ ${words[show]}` : words[show]),
      selected: show === shown,
      verb: `list.${show}`,
    };
  });

export const openChips = (shown: OpenShow | null): readonly Chip[] => chipsOf(chipWords, shown);

export function listCard(id: string, content: ListContent, page: number): AdaptiveCard {
  const { title, subject, chips, empty, rows, total, asOf } = content;
  return renderCard('list', {
    formId: id,
    fallbackText: label(`${title}. ${subject}`),
    title,
    subject,
    asOf: md`Updated ${time(asOf)}`,
    chips: [...chips],
    rows: [...rows],
    empty: total === 0 ? empty : nothing,
    ...pagesOf(total, page, rowsPerPage, rows.length),
  });
}
