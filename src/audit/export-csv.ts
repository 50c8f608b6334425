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
  readonly texts: boolean;
  /** Part in words; empty: everything. */
  readonly part: string;
}

interface RowInput {
  readonly event: ChainLine;
  readonly body: z.output<typeof Body>;
  readonly readable: ReadableColumns;
  readonly texts: string;
  readonly part: string;
}

const json = (value: unknown): string => (value === null || value === undefined ? '' : JSON.stringify(value));

const columns: Readonly<Record<string, (row: RowInput) => string>> = {
  seq: ({ event }) => `${event.seq}`,
  time: ({ body }) => body.time,
  request: ({ event }) => event.request,
  agent: ({ body }) => body.target?.split('/').at(-1) ?? '',
  who: ({ readable }) => readable.who,
  what: ({ readable }) => readable.what,
  detail: ({ readable }) => readable.detail,
  outcome: ({ readable }) => readable.outcome,
  revision: ({ event }) => `${event.revision}`,
  type: ({ body }) => body.type,
  actorKind: ({ body }) => body.actor.kind,
  actorId: ({ body }) => body.actor.id ?? '',
  signIn: ({ body }) => body.actor.signIn ?? '',
  submittedBy: ({ body }) => body.submittedBy ?? '',
  onBehalfOf: ({ body }) => body.onBehalfOf ?? '',
  target: ({ body }) => body.target ?? '',
  result: ({ body }) => body.result ?? '',
  planDigest: ({ body }) => body.planDigest ?? '',
  changes: ({ body }) => json(body.changes),
  clientRequestId: ({ body }) => body.clientRequestId ?? '',
  correlationId: ({ body }) => body.correlationId ?? '',
  cause: ({ event }) => event.cause,
  texts: ({ texts }) => texts,
  data: ({ body }) => json(body.data),
  prev: ({ event }) => event.prev,
  hash: ({ event }) => event.hash,
  part: ({ part }) => part,
};

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

export const csvHeader = (): string => row(Object.keys(columns));

/** Returns the row of one event. Erased and omitted texts are named as such. */
export function csvRow(
  event: ChainLine,
  revealed: readonly RevealedText[],
  readable: ReadableColumns,
  extent: CsvExtent,
): string {
  const body = Body.parse(JSON.parse(event.body));
  const textOf = (wanted: string): string =>
    extent.texts ? (revealed.find(({ field }) => field === wanted)?.text ?? '(erased)') : '(not exported)';
  const texts = body.commitments.map(({ field }) => `${field}: ${textOf(field)}`).join('\n');
  return row(Object.values(columns).map((column) => column({ event, body, readable, texts, part: extent.part })));
}
