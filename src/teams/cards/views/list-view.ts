/** A page of requests. */
import type { Request } from '../../../domain/request/request.ts';
import type { OpenShow } from '../../../operations/commands/command.ts';
import { operationOf } from '../../../operations/registry.ts';
import { fromNow } from '../../../text/instants.ts';
import type { Chip, ListRow } from '../data/lists.ts';
import { coloured, grey, marks, personMark } from '../data/row.ts';
import type { Directory } from '../directory.ts';
import { type CardText, label, md, nothing, plain, time } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
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
