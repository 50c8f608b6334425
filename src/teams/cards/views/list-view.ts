/** The card of a list: what stands above it, and one page of rows. And who uses a vault or a key. */
import type { KeyImpact } from '../../../domain/key-impact.ts';
import type { Request } from '../../../domain/request/request.ts';
import type { ListSubject } from '../../../operations/commands/command.ts';
import { type ImpactSection, impactSections, impactSummary, impactTitle } from '../../../text/key-impact.ts';
import { type CardText, type Label, label, md, nothing, plain, time } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { grey, type Line, marks, type RowMark, row } from '../row.ts';
import { stateLineOf } from './state-line.ts';

/** What selecting a row does: it opens a request, opens the form for a resource, or types a command. */
interface RowButton {
  /** Empty: nothing. */
  readonly button: Label;
  readonly requestId: string;
  /** The revision of the request's last question to people. */
  readonly revision: number;
  readonly resourceId: string;
  readonly typed: string;
}
export const noButton: RowButton = { button: label(''), requestId: '', revision: 0, resourceId: '', typed: '' };

interface ListRow extends RowMark, RowButton {
  /** Shown at the right of the row. */
  readonly word: CardText;
  readonly name: CardText;
  readonly lines: readonly Line[];
  readonly weight: 'Bolder' | 'Default';
  readonly spacing: 'Default' | 'Small';
  readonly separator: boolean;
}

export const thingRow = (
  mark: RowMark,
  name: string,
  lines: readonly Line[],
  { button, ...rest }: RowButton,
): ListRow => ({
  ...mark,
  name: plain(name),
  lines,
  weight: 'Bolder',
  spacing: 'Default',
  separator: true,
  ...rest,
  word: plain(button),
  button: label(button === '' ? '' : `${button} ${name}`),
});
export const entryRow = (mark: RowMark, name: CardText, line: CardText): ListRow => ({
  ...mark,
  name,
  lines: [grey(line)],
  weight: 'Default',
  spacing: 'Small',
  separator: false,
  ...noButton,
  word: nothing,
});

/** A filter button of a list. The selected one refreshes the list. */
interface Chip {
  readonly title: Label;
  readonly selected: boolean;
  readonly verb: string;
}

export const chipsOf = <S extends string>(words: Readonly<Record<S, string>>, shown: S | null): readonly Chip[] =>
  (Object.keys(words) as S[]).map((show) => ({
    title: label(show === shown ? `✓ ${words[show]}` : words[show]),
    selected: show === shown,
    verb: `list.${show}`,
  }));

/** What isn't as approved, in a box above a list. Empty title: no box. */
export interface DriftBox {
  readonly driftTitle: CardText;
  readonly driftStyle: 'attention' | 'warning';
  readonly drifts: readonly { readonly text: CardText }[];
}
export const noDrift: DriftBox = { driftTitle: nothing, driftStyle: 'warning', drifts: [] };

export interface ListPage {
  readonly fallbackText: Label;
  readonly title: CardText;
  readonly subject: CardText;
  /** Null: always up to date. */
  readonly asOf: Date | null;
  /** The request that the list is about; null: about more than one. */
  readonly request: Request | null;
  readonly box: DriftBox;
  readonly counts: CardText;
  readonly chips: readonly Chip[];
  /** Rows of this page. */
  readonly rows: readonly ListRow[];
  /** Rows of all pages. */
  readonly total: number;
  readonly perPage: number;
  /** Shown without rows. */
  readonly empty: CardText;
  readonly notes: readonly { readonly text: CardText }[];
}

/** What most lists don't have. */
export const plainList = { request: null, box: noDrift, counts: nothing, notes: [] } as const;

/** Teams' limit for a card. Rows without a word can still be selected. */
const mostButtons = 6;

function withWords(rows: readonly ListRow[], most: number): ListRow[] {
  const shown = rows.filter(({ word }) => word !== '').slice(0, most);
  return rows.map((row) => (row.word === '' || shown.includes(row) ? row : { ...row, word: plain('›') }));
}

/** `page` begins at 1. */
export function listCard(subject: ListSubject, page: number, list: ListPage): AdaptiveCard {
  const { fallbackText, title, asOf, request, counts, rows, total, perPage, notes } = list;
  const state = request === null ? null : stateLineOf(request);
  const start = (page - 1) * perPage;
  const hasPrevious = page > 1;
  const hasNext = start + rows.length < total;
  return renderCard('list', {
    list: subject.list,
    filter: subject.filter,
    id: subject.id as string,
    fallbackText,
    title,
    subject: list.subject,
    counts,
    ...list.box,
    asOf: asOf === null ? nothing : md`Updated ${time(asOf)}`,
    stateLine: state === null ? nothing : plain(state.text),
    stateColor: state?.color ?? 'Default',
    stateIcon: state?.icon ?? '',
    requestId: request?.id ?? '',
    revision: request?.asking ?? 0,
    chips: [...list.chips],
    rows: withWords(rows, mostButtons - list.chips.length - Number(hasPrevious) - Number(hasNext)),
    empty: total === 0 ? list.empty : nothing,
    range: total > perPage ? plain(`${start + 1} – ${start + rows.length} of ${total}`) : nothing,
    hasPrevious,
    previousPage: page - 1,
    hasNext,
    nextPage: page + 1,
    notes: [...notes],
  });
}

const sectionOf = ({ title, rows }: ImpactSection) => ({
  title: plain(`${title} (${rows.length})`),
  rows: rows.map(({ mark, name, detail }) => row(marks[mark], plain(name, 160), [grey(plain(detail, 280))])),
});

export function impactCard(impact: KeyImpact): AdaptiveCard {
  const title = impactTitle(impact);
  const summary = impactSummary(impact);
  return renderCard('impact', {
    fallbackText: label(`Use of ${title}. ${summary}`),
    title: plain(title),
    subject: plain(summary),
    sections: impactSections(impact).map(sectionOf),
  });
}
