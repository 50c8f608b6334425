/** A page of requests. */
import type { KeyImpact } from '../../../domain/key-impact.ts';
import type { Request } from '../../../domain/request/request.ts';
import type { HistoryShow, OpenShow } from '../../../operations/commands/command.ts';
import { operationOf } from '../../../operations/registry.ts';
import type { HistoryEntry } from '../../../text/history.ts';
import { fromNow } from '../../../text/instants.ts';
import { type ImpactSection, impactSections, impactSummary, impactTitle } from '../../../text/key-impact.ts';
import { type CardText, dateAndTime, joinText, type Label, label, md, nothing, plain, time } from '../plain-text.ts';
import { type AdaptiveCard, renderCard, renderRows } from '../render-card.ts';
import { coloured, grey, type Line, marks, personMark, type RowMark } from '../row.ts';
import type { Directory } from './people-texts.ts';
import { stateLineOf } from './state-line.ts';

export const rowsPerPage = 5;

export interface ListContent {
  readonly title: CardText;
  readonly subject: CardText;
  readonly chips: readonly Chip[];
  /** Shown without rows. */
  readonly empty: CardText;
  /** Rows of this page. */
  readonly rows: readonly ListRow[];
  readonly total: number;
  readonly asOf: Date;
}

/** A filter button of a list. The selected one refreshes the list. */
export interface Chip {
  readonly title: Label;
  readonly selected: boolean;
  readonly verb: string;
}

interface ListRow extends RowMark {
  readonly name: CardText;
  readonly lines: readonly Line[];
  readonly requestId: string;
  /** The revision of the request's last question to people. */
  readonly revision: number;
  readonly button: Label;
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

const openWords: Readonly<Record<OpenShow, string>> = {
  all: 'All',
  waiting: 'Needs your approval',
  mine: 'Requested by you',
  running: 'Running',
};

/** Returns filter buttons; the selected one is highlighted. */
export const chipsOf = <S extends string>(words: Readonly<Record<S, string>>, shown: S | null): readonly Chip[] =>
  (Object.keys(words) as S[]).map((show) => ({
    title: label(show === shown ? `✓ ${words[show]}` : words[show]),
    selected: show === shown,
    verb: `list.${show}`,
  }));

export const openChips = (shown: OpenShow | null): readonly Chip[] => chipsOf(openWords, shown);

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

/** Returns the rows of a page. `decidable`: true if the reader can decide on it. */
export async function requestRows(
  requests: readonly Request[],
  directory: Directory,
  now: Date,
  decidable: (request: Request) => boolean = () => false,
): Promise<readonly ListRow[]> {
  const names = await directory.names(requests.map((request) => request.requester));
  return requests.map((request): ListRow => {
    const mayDecide = decidable(request);
    const at =
      request.state === 'awaiting-approval'
        ? plain<string>(fromNow(request.policy.expiresAt, now))
        : plain<string>(fromNow(request.changedAt, now));
    const { color } = mayDecide ? { color: 'Accent' as const } : stateLineOf(request);
    const words = mayDecide ? 'Needs your approval' : stateLineOf(request).text;
    return {
      ...(mayDecide ? personMark : marks[stateMarks[request.state]]),
      name: plain(request.resourceName),
      lines: [
        color === 'Default' ? grey(plain(words)) : coloured(plain(words), color),
        grey(
          md`${plain<string>(operationOf(request.plan.wish).words.action)}, requested by ${plain(names(request.requester))}`,
        ),
        grey(md`${plain<string>(request.id)}  ·  ${at}`),
      ],
      requestId: request.id,
      revision: request.asking,
      button: label(mayDecide ? 'Review' : 'Open'),
    };
  });
}

/** In each section. */
const mostRows = 15;

const sectionOf = ({ title, rows }: ImpactSection, shown: number) => ({
  title: plain<string>(`${title} (${rows.length})`),
  rows: rows.slice(0, shown).map(({ mark, name, detail }) => ({
    ...marks[mark],
    name: plain<string>(name, 160),
    line: plain<string>(detail, 280),
  })),
  more: rows.length > shown ? plain<string>(`and ${rows.length - shown} more`) : nothing,
});

export function impactCard(impact: KeyImpact): AdaptiveCard {
  const [title, summary] = [impactTitle(impact), impactSummary(impact)];
  const sections = impactSections(impact);
  return renderRows('impact', mostRows, (shown) => ({
    fallbackText: label(`Use of ${title}. ${summary}`),
    title: plain<string>(title),
    subject: plain<string>(summary),
    sections: sections.map((one) => sectionOf(one, shown)),
  }));
}

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

const historyWords: Readonly<Record<HistoryShow, string>> = {
  everything: 'Everything',
  decisions: 'Decisions',
  changes: 'Changes',
};

/** Teams draws a card of so many rows only where each is short. */
const longestLine = 420;

const rowOf = ({ at, mark, title, detail, of }: HistoryContent['entries'][number]) => ({
  ...marks[mark],
  name: plain(title, 160),
  line: joinText([dateAndTime(new Date(at)), plain<string>(of), plain(detail, longestLine)], '  ·  '),
});

export function historyCard(id: string, content: HistoryContent, page: number): AdaptiveCard {
  const { request, title, subject, show, entries, total } = content;
  const state = request === null ? null : stateLineOf(request);
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
    chips: [...chipsOf(historyWords, show)],
    rows: entries.map(rowOf),
    empty: total === 0 ? plain('Nothing of the kind happened.') : nothing,
    ...pagesOf(total, page, entriesPerPage, entries.length),
  });
}
