/** The record as a table for people with a spreadsheet. It cannot be verified: for that there is the other export. */
import { z } from 'zod';
import type { ChainLine, RevealedText } from '../domain/record/chain.ts';
import { showBlanks } from '../domain/unseen.ts';
import type { EventOutcome } from './event-classes.ts';

/** What of a body stands in a column of its own. */
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

/** What a reader understands without looking up ids, in the words of the audit channel; the record has none of it. */
export interface Readable {
  /** By the name people go by now; the id where nobody knows it. */
  readonly who: string;
  readonly what: string;
  readonly detail: string;
  /** Empty where the event cannot be read. */
  readonly outcome: EventOutcome | '';
}

/** How much of the record is in the table. */
export interface CsvExtent {
  /** What people wrote was asked for. */
  readonly texts: boolean;
  /** In words; empty: all of it. */
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

/** The verifiable export keeps these; here they would only steer whatever shows the table. */
const unseen = /(?![\t\n\r])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/**
 * What a spreadsheet takes for the beginning of a formula (OWASP, "CSV injection"; the last four are their full-width forms),
 * at the beginning of a cell or where one would begin for a reader to whom another character parts them: `;` and tab are list
 * separators of many countries, a reader may be told to part at spaces, and one without quotes parts at quotes and line breaks.
 */
const formulaStart = / (?=[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]\S)|(?:^|[,;|\t\r\n"])(?= *[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/g;

/** RFC 4180, every cell quoted. Some of this was typed by people: an apostrophe in front of what would start a formula makes it text. */
function cell(value: string): string {
  const seen = showBlanks(value.replaceAll(unseen, '\uFFFD'));
  const text = seen.replaceAll(formulaStart, "$&'").replace(/^(?=[\t\r\n])/, "'");
  return `"${text.replaceAll('"', '""')}"`;
}

const row = (values: readonly string[]): string => `${values.map(cell).join(',')}\r\n`;
const json = (value: unknown): string => (value === null || value === undefined ? '' : JSON.stringify(value));

export const csvHeader = (): string => row(columns);

/** One event. Texts that were erased, or not asked for, are named as such. */
export function csvRow(
  event: ChainLine,
  texts: readonly RevealedText[],
  { who, what, detail, outcome }: Readable,
  extent: CsvExtent,
): string {
  const body = Body.parse(JSON.parse(event.body));
  const found = (field: string): string | undefined => texts.find((text) => text.field === field)?.text;
  const written = (field: string): string => (extent.texts ? (found(field) ?? '(erased)') : '(not exported)');
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
    texts: body.commitments.map(({ field }) => `${field}: ${written(field)}`).join('\n'),
    data: json(body.data),
    prev: event.prev,
    hash: event.hash,
    part: extent.part,
  };
  return row(columns.map((column) => values[column]));
}
