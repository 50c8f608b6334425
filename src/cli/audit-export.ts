import { z } from 'zod';
import { csvHeader, csvRow, type Readable } from '../audit/export-csv.ts';
import { eventLine, headerLine, headLine, textLine } from '../audit/export-jsonl.ts';
import { genesis } from '../audit/verify.ts';
import type { Link } from '../domain/record/chain.ts';
import { type RecordedEvent, readRecord } from './read-record.ts';
import { openReadable } from './readable.ts';
import { exit, subcommand } from './subcommand.ts';

/** How a format writes the start, each event, and the end. */
interface Format {
  start(after: Link): string;
  /** `readable` is asked for only where the format has a place for it. */
  event(event: RecordedEvent, readable: () => Promise<Readable>): Promise<string>;
  end(head: Link): string;
}

const formats = {
  jsonl: {
    start: headerLine,
    event: async ({ line, texts }) => eventLine(line) + texts.map(textLine).join(''),
    end: headLine,
  },
  csv: {
    start: csvHeader,
    event: async ({ line, texts }, readable) => csvRow(line, texts, await readable()),
    end: () => '',
  },
} as const satisfies Record<string, Format>;
const formatNames = Object.keys(formats) as [keyof typeof formats, ...(keyof typeof formats)[]];

const Timed = z.object({ time: z.string() });
/** A line that cannot be read is never left out. */
function isBefore({ line }: RecordedEvent, since: string | undefined): boolean {
  if (since === undefined) return false;
  try {
    return Timed.parse(JSON.parse(line.body)).time < since;
  } catch {
    return false;
  }
}

const since = z
  .string()
  .refine((text) => /^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text)), {
    error: 'must be a day or a time in UTC, such as 2026-08-21 or 2026-08-21T08:00:00Z',
  })
  .transform((text) => new Date(/[T ]/.test(text) && !/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? `${text}Z` : text))
  .transform((time) => time.toISOString())
  .optional();

/** The trail, to keep elsewhere or to hand to an auditor. */
export const auditExport = subcommand({
  name: 'audit export',
  usage: `--format ${formatNames.join('|')} [--since T]`,
  summary: 'writes the audit trail to standard output',
  help: [
    'jsonl: every event word for word with its hashes, and the texts that were not erased; cmk-bot audit verify reads it.',
    'csv: for people with a spreadsheet, with what happened in words beside the ids. It cannot be verified.',
    '--since T leaves out what was recorded before that day or time (UTC).',
  ].join('\n'),
  options: { format: { type: 'string' }, since: { type: 'string' } },
  positionals: [],
  input: z.object({
    format: z.enum(formatNames, { error: `must be one of ${formatNames.join(', ')}` }),
    since,
  }),
  async run({ format: name, since }, { records, write }) {
    const format: Format = formats[name];
    const { records: record } = await records();
    const events = readRecord(record);
    const readable = openReadable(record);
    let before: Link = { seq: 0, hash: genesis };
    let started = false;
    const start = async (): Promise<void> => {
      if (!started) await write(format.start(before));
      started = true;
    };
    for (;;) {
      const next = await events.next();
      if (next.done) {
        await start();
        await write(format.end(next.value));
        return exit.done;
      }
      if (!started && isBefore(next.value, since)) {
        before = next.value.line;
        continue;
      }
      await start();
      const { value } = next;
      await write(await format.event(value, () => readable(value)));
    }
  },
});
