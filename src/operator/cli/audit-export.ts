import { z } from 'zod';
import { type ExportPart, eventLine, headerLine, headLine, textLine } from '../../audit/export-jsonl.ts';
import { genesis } from '../../audit/verify.ts';
import type { Effect } from '../../domain/effect.ts';
import { codeOf } from '../../domain/failure.ts';
import type { ChainLine, Link } from '../../domain/record/chain.ts';
import type { EventBody, EventBodyOf } from '../../domain/request/events.ts';
import { parseEventBody } from '../../operations/registry.ts';
import type { OpenStore } from '../../store/store.ts';
import { effectWords } from '../../text/steps.ts';
import { countOf } from '../../text/words.ts';
import { type ChangeRow, csvHeader, csvRow } from './csv.ts';
import { type RecordedEvent, readAuditLog } from './read-audit-log.ts';
import { argument, eventCounter, exit, flag, namesOf, streamIdInput, subcommand, Unusable } from './subcommand.ts';
import { partWords, verifiableWords } from './words/report.ts';

const WithTime = z.object({ time: z.string() });
const WithTarget = z.object({ target: z.string() });

function read<T>(schema: z.ZodType<T>, { body }: ChainLine): T | null {
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    return null;
  }
}

const matchesResource = (target: string, resource: string): boolean => {
  const id = target.toLowerCase();
  const filter = resource.toLowerCase();
  return id === filter || id.slice(id.lastIndexOf('/') + 1) === filter;
};

interface EventFilter {
  readonly since?: string | undefined;
  /** The first time that is left out. */
  readonly until?: string | undefined;
  readonly request?: string | undefined;
  /** An agent's name or complete id; case doesn't matter. */
  readonly resource?: string | undefined;
}

/**
 * Yields the selected events, each with the chain position before the first. Returns that position and the last one, which is the
 * head unless later events are left out. An unreadable event is never excluded for a missing field.
 */
async function* selectEvents(
  events: AsyncGenerator<RecordedEvent, Link>,
  { since, until, request, resource }: EventFilter,
): AsyncGenerator<
  { readonly after: Link; readonly event: RecordedEvent },
  { readonly after: Link; readonly head: Link }
> {
  let after: Link = { seq: 0, hash: genesis };
  let last = after;
  let started = since === undefined;
  const ofAgent = new Set<string>();
  for (;;) {
    const next = await events.next();
    if (next.done) return { after, head: next.value };
    const { line } = next.value;
    const time = read(WithTime, line)?.time;
    if (until !== undefined && time !== undefined && time >= until) {
      await events.return(last);
      return { after, head: last };
    }
    last = { seq: line.seq, hash: line.hash };
    // A request's first event names its agent.
    if (resource !== undefined && line.revision === 1) {
      if (matchesResource(read(WithTarget, line)?.target ?? resource, resource)) ofAgent.add(line.request);
    }
    started ||= !((time ?? since ?? '') < (since ?? ''));
    const isWanted =
      [undefined, line.request].includes(request) && (resource === undefined || ofAgent.has(line.request));
    if (!started) after = last;
    else if (isWanted) yield { after, event: next.value };
  }
}

/** What the lines about a request's changes need of its earlier events. */
interface Followed {
  resource: string;
  requester: string | null;
  changeNumber: string;
  reason: string;
  /** Whose approvals counted for the newest run. */
  approvers: readonly string[];
  changes: readonly Effect[];
}

const newRequest: Followed = {
  resource: '',
  requester: null,
  changeNumber: '',
  reason: '',
  approvers: [],
  changes: [],
};

/** Returns a function that follows each request, and returns the row of an event that changed something in Azure, or tried to. */
function changesIn(people: OpenStore['people']): (event: RecordedEvent) => Promise<ChangeRow | null> {
  const known = new Map<string, string | null>();
  const requests = new Map<string, Followed>();
  return async ({ line, texts }) => {
    const body = eventBodyIn(line);
    const followed = requests.get(line.request) ?? { ...newRequest };
    requests.set(line.request, followed);
    if (body.type === 'submitted' || body.type === 'request-changed') {
      followed.resource = body.target ?? '';
      followed.requester ??= body.actor.id;
      followed.changeNumber = body.data.changeReference ?? '';
      followed.reason = texts.find(({ field }) => field === 'justification')?.text ?? '(erased)';
    }
    if (body.type === 'run-checked') followed.approvers = body.data.counted;
    if (body.type === 'step-intended') followed.changes = body.changes ?? [];
    if ((body.type !== 'step-done' && body.type !== 'step-failed') || followed.changes.length === 0) return null;
    const names = await namesOf(people, [followed.requester, ...followed.approvers], known);
    return {
      time: WithTime.parse(JSON.parse(line.body)).time,
      request: line.request,
      resource: followed.resource,
      requestedBy: names(followed.requester),
      approvedBy: followed.approvers.map(names).join(', '),
      change: followed.changes.map(effectWords).join('; '),
      result: resultOf(body),
      changeNumber: followed.changeNumber,
      reason: followed.reason,
      event: `${line.seq}`,
    };
  };
}

const resultOf = (body: EventBodyOf<'step-done' | 'step-failed'>): string =>
  body.type === 'step-failed'
    ? `failed: ${codeOf(body.data.failure)}`
    : body.data.already
      ? 'no change needed'
      : 'done';

function eventBodyIn({ seq, body }: ChainLine): EventBody {
  try {
    return parseEventBody(JSON.parse(body));
  } catch {
    throw new Unusable(`event ${seq} can’t be read. Check the log: cmk-bot audit verify`);
  }
}

const time = z.string().refine((text) => /^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text)), {
  error: 'must be a day or a time in UTC, such as 2026-08-21 or 2026-08-21T08:00:00Z',
});
const instant = (text: string): number =>
  Date.parse(/[T ]/.test(text) && !/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? `${text}Z` : text);
const dayMs = 86_400_000;
const since = time.transform((text) => new Date(instant(text)).toISOString()).optional();
/** Of a day, its end. */
const until = time
  .transform((text) => new Date(instant(text) + (/[T ]/.test(text) ? 0 : dayMs)).toISOString())
  .optional();
const formatNames = ['jsonl', 'csv'] as const;
type FormatName = (typeof formatNames)[number];

const partLine = (
  name: FormatName,
  partOf: string,
  part: ExportPart | null,
  { exported, of }: { readonly exported: number; readonly of: number },
): string => {
  const size = name === 'csv' ? '' : `, ${exported} of ${countOf(of, 'event', 'events')}`;
  return `cmk-bot audit export: a part${size}: ${partOf}. ${verifiableWords[name](part)}`;
};

export const auditExport = subcommand({
  name: 'audit export',
  usage: `--format ${formatNames.join('|')} [--since T] [--until T] [--request ID] [--resource NAME] [--texts]`,
  summary: 'writes the audit log, or a part of it, to standard output',
  help: 'A part says in the file that it is one. Standard error says what of it can be verified.',
  examples: [
    'cmk-bot audit export --format jsonl > audit.jsonl',
    'cmk-bot audit export --format csv --since 2026-01-01 --until 2026-03-31 > changes.csv',
  ],
  input: z.object({
    format: argument(z.enum(formatNames, { error: `must be one of ${formatNames.join(', ')}` }), [
      '--format FORMAT',
      'jsonl: each event word for word with its hashes; audit verify reads it. csv: one line for each change in Azure: who requested and approved it, what changed, and the result; can’t be verified',
    ]),
    since: argument(since, ['--since TIME', 'leaves out events from before that day or time (UTC)']),
    until: argument(until, ['--until TIME', 'leaves out events after that day, or from that time on (UTC)']),
    request: argument(streamIdInput.optional(), ['--request ID', 'only events of this request, or of this drift']),
    resource: argument(z.string().min(1, 'names no resource').optional(), [
      '--resource NAME',
      'only requests for this resource: name or resource ID',
    ]),
    texts: argument(flag, ['--texts', 'adds the requesters’ reasons to csv; a copy outlives their erasure']),
  }),
  async run({ format, texts, ...wanted }, { store, write, complain, progress }) {
    const { people, auditLog } = await store();
    const { request = null, resource = null } = wanted;
    const part = request === null && resource === null ? null : { request, resource };
    const partOf = partWords(part, wanted);
    const count = eventCounter('Exported', progress);
    // Rows need earlier events, too.
    const changes = changesIn(people);
    const chosen = selectEvents(readAuditLog(auditLog), format === 'csv' ? { ...wanted, since: undefined } : wanted);
    for (let exported = 0; ; exported += 1) {
      const next = await chosen.next();
      if (exported === 0) await write(format === 'csv' ? csvHeader() : headerLine(next.value.after, part));
      if (next.done) {
        const { head } = next.value;
        if (format === 'jsonl') await write(headLine(head));
        if (partOf !== '')
          await complain(partLine(format, partOf, part, { exported, of: (await auditLog.head()).seq }));
        return exit.done;
      }
      const { line, texts: revealed } = next.value.event;
      count();
      if (format === 'jsonl') await write(eventLine(line) + revealed.map(textLine).join(''));
      const row = format === 'csv' ? await changes(next.value.event) : null;
      if (row !== null && row.time >= (wanted.since ?? '')) await write(csvRow(texts ? row : { ...row, reason: '' }));
    }
  },
});
