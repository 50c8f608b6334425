import { z } from 'zod';
import { csvHeader, csvRow, type ReadableColumns } from '../../audit/export-csv.ts';
import { type ExportPart, eventLine, headerLine, headLine, textLine } from '../../audit/export-jsonl.ts';
import { cloudEventLine } from '../../audit/export-ocsf.ts';
import { genesis } from '../../audit/verify.ts';
import type { ChainLine, Link } from '../../domain/record/chain.ts';
import { peopleInEvents, type StoredEvent, traitsOf } from '../../domain/request/events.ts';
import { parseEventBody } from '../../operations/registry.ts';
import { actorName, eventWords } from '../../text/events.ts';
import { countOf } from '../../text/words.ts';
import type { Records } from '../rpc/calls.ts';
import { type RecordedEvent, readRecord } from './open-records.ts';
import { argument, eventCounter, exit, flag, namesOf, streamIdInput, subcommand } from './subcommand.ts';
import { partWords, verifiableWords } from './words/report.ts';

const WithTime = z.object({ time: z.string() });
const WithTarget = z.object({ target: z.string() });
const nothing: ReadableColumns = { who: '', what: '', detail: '', outcome: '' };

/** The parsed event, null if this version can't parse it, and its text. */
interface ReadableEvent {
  readonly event: StoredEvent | null;
  readonly readable: ReadableColumns;
}

/** Parses an event; null: unknown to this version. The table still has its ids and data. */
function eventIn({ line }: RecordedEvent): StoredEvent | null {
  try {
    const { seq, revision, cause } = line;
    const whole: unknown = JSON.parse(line.body);
    return { seq, revision, cause, time: WithTime.parse(whole).time, body: parseEventBody(whole), texts: {} };
  } catch {
    return null;
  }
}

/** Returns a function that describes events. It reads each person's name once. People's texts have their own column. */
function describeEvents(records: Records): (event: RecordedEvent) => Promise<ReadableEvent> {
  const known = new Map<string, string | null>();
  return async (recorded) => {
    const event = eventIn(recorded);
    if (event === null) return { event, readable: nothing };
    const names = await namesOf(records, peopleInEvents([event]), known);
    const { title, detail } = eventWords(event, names, { texts: false });
    const { outcome } = traitsOf(event.body);
    const readable = { who: actorName(event, names), what: title, detail, outcome };
    return { event, readable };
  };
}

function read<T>(schema: z.ZodType<T>, { body }: ChainLine): T | null {
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    return null;
  }
}

const matchesResource = (target: string, resource: string): boolean => {
  const [id, filter] = [target.toLowerCase(), resource.toLowerCase()];
  return id === filter || id.slice(id.lastIndexOf('/') + 1) === filter;
};

interface EventFilter {
  /** ISO 8601, UTC. */
  readonly since?: string | undefined;
  readonly request?: string | undefined;
  /** An agent's name or complete id; case doesn't matter. */
  readonly resource?: string | undefined;
}

/**
 * Yields the selected events, each with the chain position before the first. Returns that position and the head. An unreadable
 * event is never excluded for a missing field.
 */
async function* selectEvents(
  events: AsyncGenerator<RecordedEvent, Link>,
  { since, request, resource }: EventFilter,
): AsyncGenerator<
  { readonly after: Link; readonly event: RecordedEvent },
  { readonly after: Link; readonly head: Link }
> {
  let after: Link = { seq: 0, hash: genesis };
  let started = since === undefined;
  const ofAgent = new Set<string>();
  for (;;) {
    const next = await events.next();
    if (next.done) return { after, head: next.value };
    const { line } = next.value;
    // A request's first event names its agent.
    if (resource !== undefined && line.revision === 1) {
      if (matchesResource(read(WithTarget, line)?.target ?? resource, resource)) ofAgent.add(line.request);
    }
    started ||= !((read(WithTime, line)?.time ?? since ?? '') < (since ?? ''));
    const isWanted =
      [undefined, line.request].includes(request) && (resource === undefined || ofAgent.has(line.request));
    if (!started) after = { seq: line.seq, hash: line.hash };
    else if (isWanted) yield { after, event: next.value };
  }
}

interface Extent {
  readonly part: ExportPart | null;
  /** {@link part} and start time in words; empty: everything. */
  readonly partOf: string;
  readonly texts: boolean;
  /** Hash of the audit log's first event. */
  readonly first: string;
}

/** How a format writes the start, each event and the end. */
interface Format {
  start(after: Link, extent: Extent): string;
  /** `read` is called only by formats that need it. */
  event(event: RecordedEvent, read: () => Promise<ReadableEvent>, extent: Extent): Promise<string>;
  end(head: Link): string;
}

const formats = {
  jsonl: {
    start: (after, { part }) => headerLine(after, part),
    event: async ({ line, texts }) => eventLine(line) + texts.map(textLine).join(''),
    end: headLine,
  },
  csv: {
    start: csvHeader,
    event: async ({ line, texts }, read, { texts: wanted, partOf }) =>
      csvRow(line, texts, (await read()).readable, { texts: wanted, part: partOf }),
    end: () => '',
  },
  cloudevents: {
    start: () => '',
    event: async ({ line, texts }, read, { texts: wanted, partOf, first }) => {
      const { event, readable } = await read();
      const { who, what, detail } = readable;
      const message = [what, detail].filter((words) => words !== '').join(': ');
      const comment = wanted && texts.length > 0 ? texts.map(({ text }) => text).join('\n') : null;
      return cloudEventLine({ line, event, who, message, comment }, { first, part: partOf });
    },
    end: () => '',
  },
} as const satisfies Record<string, Format>;
const formatNames = Object.keys(formats) as [keyof typeof formats, ...(keyof typeof formats)[]];

const since = z
  .string()
  .refine((text) => /^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text)), {
    error: 'must be a day or a time in UTC, such as 2026-08-21 or 2026-08-21T08:00:00Z',
  })
  .transform((text) => new Date(/[T ]/.test(text) && !/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? `${text}Z` : text))
  .transform((time) => time.toISOString())
  .optional();

const partLine = (
  name: keyof typeof formats,
  partOf: string,
  part: ExportPart | null,
  { exported, of }: { readonly exported: number; readonly of: number },
): string =>
  `cmk-bot audit export: a part, ${exported} of ${countOf(of, 'event', 'events')}: ${partOf}. ${verifiableWords[name](part)}`;

export const auditExport = subcommand({
  name: 'audit export',
  usage: `--format ${formatNames.join('|')} [--since T] [--request ID] [--resource NAME] [--texts]`,
  summary: 'writes the audit log, or a part of it, to standard output',
  help: 'A part says in the file that it is one. Standard error says what of it can be verified.',
  examples: [
    'cmk-bot audit export --format jsonl > audit.jsonl',
    'cmk-bot audit export --format csv --since 2026-01-01 --texts > audit.csv',
  ],
  input: z.object({
    format: argument(z.enum(formatNames, { error: `must be one of ${formatNames.join(', ')}` }), [
      '--format FORMAT',
      'jsonl: each event word for word with its hashes; audit verify reads it. csv: for spreadsheets; can’t be verified. cloudevents: CloudEvents 1.0 with OCSF 1.5.0 events',
    ]),
    since: argument(since, ['--since TIME', 'leaves out events from before that day or time (UTC)']),
    request: argument(streamIdInput.optional(), ['--request ID', 'only events of this request, or of this drift']),
    resource: argument(z.string().min(1, 'names no agent').optional(), [
      '--resource NAME',
      'only requests for this agent: name or resource ID',
    ]),
    texts: argument(flag, [
      '--texts',
      'adds reasons and comments to csv and cloudevents; a copy outlives their erasure',
    ]),
  }),
  async run({ format: name, texts, ...wanted }, { records, write, complain, progress }) {
    const format: Format = formats[name];
    const { records: record } = await records();
    const { request = null, resource = null } = wanted;
    const part = request === null && resource === null ? null : { request, resource };
    const [first] = await record.lines({ after: null, limit: 1 });
    const partOf = partWords(part, wanted.since);
    const extent: Extent = { part, partOf, texts, first: first?.hash ?? genesis };
    const readable = describeEvents(record);
    const chosen = selectEvents(readRecord(record), wanted);
    const count = eventCounter('Exported', progress);
    for (let exported = 0; ; exported += 1) {
      const next = await chosen.next();
      if (exported === 0) await write(format.start(next.value.after, extent));
      if (next.done) {
        const { head } = next.value;
        await write(format.end(head));
        if (partOf !== '') await complain(partLine(name, partOf, part, { exported, of: head.seq }));
        return exit.done;
      }
      const { event } = next.value;
      count();
      await write(await format.event(event, () => readable(event), extent));
    }
  },
});
