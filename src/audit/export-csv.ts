/** CSV export for spreadsheets. It can't be verified; the JSONL export can. */
import { z } from 'zod';
import type { ChainLine, RevealedText } from '../domain/record/chain.ts';
import type { EventTraits } from '../domain/request/events.ts';
import { revealInvisible } from '../domain/strings.ts';

/** Fields of a body that have their own columns. */
const Body = z.object({
  time: z.string(),
  type: z.string(),
  actor: z.object({ kind: z.string(), id: z.string().nullable(), signIn: z.string().nullable() }),
  submittedBy: z.string().nullable(),
  onBehalfOf: z.string().nullable(),
  planDigest: z.string().nullable(),
  target: z.string().nullable(),
  changes: z.unknown(),
  result: z.string().nullable(),
  clientRequestId: z.string().nullable(),
  correlationId: z.string().nullable(),
  data: z.unknown(),
  commitments: z.array(z.object({ field: z.string() })),
});

/** Text for readers, in the words of the audit channel. The audit log itself has none of it. */
export interface ReadableColumns {
  /** Current display name; the id if it's unknown. */
  readonly who: string;
  readonly what: string;
  readonly detail: string;
  /** Empty: the event is unreadable. */
  readonly outcome: EventTraits['outcome'] | '';
}

interface CsvExtent {
  /** Includes people's texts. */
  readonly texts: boolean;
  /** Part in words; empty: everything. */
  readonly part: string;
}

const columns = [
  'seq',
  'time',
  'request',
  'agent',
  'who',
  'what',
  'detail',
  'outcome',
  'revision',
  'type',
  'actorKind',
  'actorId',
  'signIn',
  'submittedBy',
  'onBehalfOf',
  'target',
  'result',
  'planDigest',
  'changes',
  'clientRequestId',
  'correlationId',
  'cause',
  'texts',
  'data',
  'prev',
  'hash',
  'part',
] as const;
type Row = Record<(typeof columns)[number], string>;

/** Invisible control characters. The verifiable export keeps them; here they would only affect the display. */
const unseen = /(?![\t\n\r])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/**
 * Text that a spreadsheet can read as the start of a formula (OWASP, "CSV injection"; the last four are full-width forms). It
 * matters at the start of a cell and after characters that some readers use as separators: `;` and tab in many countries,
 * spaces by setting, and quotes and line breaks without quote handling.
 */
const formulaStart = / (?=[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]\S)|(?:^|[,;|\t\r\n"])(?= *[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/g;

/** Returns a cell by RFC 4180, always quoted. People typed some of this: an apostrophe before a formula start makes it text. */
function cell(value: string): string {
  const seen = revealInvisible(value.replaceAll(unseen, '\uFFFD'));
  const text = seen.replaceAll(formulaStart, "$&'").replace(/^(?=[\t\r\n])/, "'");
  return `"${text.replaceAll('"', '""')}"`;
}

const row = (values: readonly string[]): string => `${values.map(cell).join(',')}\r\n`;
const json = (value: unknown): string => (value === null || value === undefined ? '' : JSON.stringify(value));

export const csvHeader = (): string => row(columns);

/** Returns the row of one event. Erased and omitted texts are named as such. */
export function csvRow(
  event: ChainLine,
  texts: readonly RevealedText[],
  { who, what, detail, outcome }: ReadableColumns,
  extent: CsvExtent,
): string {
  const body = Body.parse(JSON.parse(event.body));
  const revealed = (field: string): string | undefined => texts.find((text) => text.field === field)?.text;
  const textOf = (field: string): string => (extent.texts ? (revealed(field) ?? '(erased)') : '(not exported)');
  const values: Row = {
    seq: `${event.seq}`,
    time: body.time,
    request: event.request,
    agent: body.target?.split('/').at(-1) ?? '',
    who,
    what,
    detail,
    outcome,
    revision: `${event.revision}`,
    type: body.type,
    actorKind: body.actor.kind,
    actorId: body.actor.id ?? '',
    signIn: body.actor.signIn ?? '',
    submittedBy: body.submittedBy ?? '',
    onBehalfOf: body.onBehalfOf ?? '',
    target: body.target ?? '',
    result: body.result ?? '',
    planDigest: body.planDigest ?? '',
    changes: json(body.changes),
    clientRequestId: body.clientRequestId ?? '',
    correlationId: body.correlationId ?? '',
    cause: event.cause,
    texts: body.commitments.map(({ field }) => `${field}: ${textOf(field)}`).join('\n'),
    data: json(body.data),
    prev: event.prev,
    hash: event.hash,
    part: extent.part,
  };
  return row(columns.map((column) => values[column]));
}
