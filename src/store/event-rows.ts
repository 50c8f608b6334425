/** Reads events and verifies every row before anything else uses it. */
import { z } from 'zod';
import type { StreamId } from '../domain/ids.ts';
import type { ChainLine, Position, Sealed } from '../domain/record/chain.ts';
import type { CommitmentTo } from '../domain/record/seals.ts';
import type { EventBody, StoredEvent } from '../domain/request/events.ts';
import type { ChainMonitor, KnownAtSend } from './chain-monitor.ts';
import { columnsOf, type LockedHead, lineColumns, toLine } from './chain-rows.ts';
import { int8, type Sql, select, selectOne } from './sql.ts';

/** Parses a stored body. Throws if it isn't an event. It's an argument, because only the caller knows all operations. */
export type ReadEvent = (body: unknown) => EventBody;

export interface ReadTools {
  readonly read: ReadEvent;
  readonly monitor: ChainMonitor;
  readonly commitmentTo: CommitmentTo;
}

const Envelope = z.object({
  time: z.string(),
  type: z.string(),
  commitments: z.array(z.object({ field: z.string(), sha256: z.string() })),
});
type Envelope = z.infer<typeof Envelope>;

const Opening = z.object({ text: z.string(), salt: z.string() });
const Row = z.object({ ...lineColumns, texts: z.record(z.string(), Opening) });
type Openings = Readonly<Record<string, z.infer<typeof Opening>>>;

interface ReadLine {
  readonly line: ChainLine;
  readonly body: Readonly<Record<string, unknown>>;
  readonly envelope: Envelope;
  readonly openings: Openings;
}

/** A text with a commitment but without a value was erased: null. */
function toStoredEvent(read: ReadEvent, { line, body, envelope, openings }: ReadLine): StoredEvent {
  const { seq, revision, cause } = line;
  const { time, commitments } = envelope;
  const texts = Object.fromEntries(commitments.map(({ field }) => [field, openings[field]?.text ?? null]));
  return { seq, revision, cause, time, body: read(body), texts };
}

export function asStored(read: ReadEvent, position: Position, sealed: Sealed): StoredEvent {
  const { seq, revision, cause, time } = position;
  const texts = Object.fromEntries(sealed.openings.map(({ field, text }) => [field, text]));
  return { seq, revision, cause, time, body: read(JSON.parse(sealed.body)), texts };
}

/** Verifies free texts against their commitments. One that is missing must have been erased by a later event. */
function checkTexts({ monitor, commitmentTo }: ReadTools, lines: readonly ReadLine[]): void {
  const erasedAt = lines.findLast(({ envelope }) => envelope.type === 'texts-erased')?.line.revision ?? 0;
  for (const { line, envelope, openings } of lines) {
    for (const { field, sha256 } of envelope.commitments) {
      const opening = openings[field];
      const where = `${field} of ${line.request} revision ${line.revision}`;
      if (opening === undefined) {
        if (line.revision >= erasedAt) monitor.broken(line, 'text-missing', where);
      } else if (commitmentTo(opening.salt, opening.text) !== sha256) monitor.broken(line, 'text-differs', where);
    }
  }
}

/** Verifies all rows of one request, oldest first: none is missing, changed or inserted. */
function verified(
  tools: ReadTools,
  id: string,
  rows: readonly z.infer<typeof Row>[],
  knownAtSend: KnownAtSend,
): readonly StoredEvent[] {
  const lines = rows.map(({ texts: openings, ...row }) => {
    const line = toLine(row);
    const { body } = tools.monitor.sound(line);
    return { line, body, envelope: Envelope.parse(body), openings };
  });
  tools.monitor.checkRequest(
    id,
    lines.map(({ line }) => line),
    knownAtSend,
  );
  checkTexts(tools, lines);
  return lines.map((line) => toStoredEvent(tools.read, line));
}

function byRequest(rows: readonly z.infer<typeof Row>[]): ReadonlyMap<string, readonly z.infer<typeof Row>[]> {
  const requests = new Map<string, z.infer<typeof Row>[]>();
  for (const row of rows) {
    const others = requests.get(row.request_id);
    if (others === undefined) requests.set(row.request_id, [row]);
    else others.push(row);
  }
  return requests;
}

type EventsByRequest = ReadonlyMap<string, readonly StoredEvent[]>;

const columns = `${columnsOf('e')},
  (select coalesce(json_object_agg(t.field, json_build_object('text', t.text, 'salt', t.salt)), '{}') from cmk.free_text t
    where t.request_id = e.request_id and t.revision = e.revision) as texts`;

const ofEach = `select ${columns} from cmk.event e where e.request_id = any($1) order by e.revision`;

/** Every event of each request, oldest first. Throws `RecordBroken` if events are missing that this process has seen. */
export function eventsOfEach(sql: Sql, tools: ReadTools, ids: readonly string[]): Promise<EventsByRequest> {
  return tools.monitor.whileReading(async (knownAtSend) => {
    const requests = byRequest(await select(sql, Row, ofEach, [ids]));
    return new Map(ids.map((id) => [id, verified(tools, id, requests.get(id) ?? [], knownAtSend)]));
  });
}

export const eventsOf = async (sql: Sql, tools: ReadTools, id: StreamId): Promise<readonly StoredEvent[]> =>
  (await eventsOfEach(sql, tools, [id])).get(id) ?? [];

/** Rows to catch up with in one statement. A process that is further behind reads pages. */
const maxBehind = 100;
const BehindRow = z.object({
  ...lineColumns,
  texts: z.record(z.string(), Opening).nullable(),
  holder: z.string().nullable(),
});

export interface LockRow {
  readonly resource: string;
  readonly holder: string | null;
}

/**
 * {@link eventsOf} with the head locked, sent right behind the lock. The same statement reads the lines that this process hasn't
 * read yet, which must end at the head, and the row of the resource that the request holds. `held` is null if it holds none, is
 * new, or there were too many lines.
 */
export async function eventsUpTo(
  sql: Sql,
  tools: ReadTools,
  locked: LockedHead | Promise<LockedHead>,
  id: StreamId,
): Promise<{ readonly events: readonly StoredEvent[]; readonly held: LockRow | null } & LockedHead> {
  const { monitor } = tools;
  const behind = monitor.last.seq;
  const resource = monitor.index.heldBy(id);
  const holder = '(select o.request_id from cmk.open_request o where o.resource = $4) as holder';
  const text = `select ${columns}, ${holder} from cmk.event e where e.request_id = $1
    union all select ${columnsOf('e')}, null, null from cmk.event e where e.seq > $2 and e.seq <= $3 and e.request_id <> $1
    order by seq, hash`;
  const values = [id, behind, behind + maxBehind, resource];
  const reading = select(sql, BehindRow, text, values);
  // If the lock fails, its error counts, and this one follows from it.
  reading.catch(() => undefined);
  const head = await locked;
  const rows = await reading;
  if (behind === 0 || head.seq > behind + maxBehind) {
    await monitor.catchUp(sql, head);
    return { ...head, events: await eventsOf(sql, tools, id), held: null };
  }
  const lines = rows.filter(({ seq }) => seq > behind).map(({ texts: _, holder: _holder, ...row }) => toLine(row));
  monitor.follow(lines, head);
  const own = rows.flatMap(({ texts, holder: _, ...row }) => (texts === null ? [] : [{ ...row, texts }]));
  const [first] = rows.filter(({ texts }) => texts !== null);
  const held = resource === null || first === undefined ? null : { resource, holder: first.holder };
  const inOrder = own.toSorted((a, b) => a.revision - b.revision);
  return { ...head, events: verified(tools, id, inOrder, monitor.index.get), held };
}

async function eventsOfRequests(
  sql: Sql,
  tools: ReadTools,
  named: string,
  values: readonly unknown[],
): Promise<EventsByRequest> {
  const text = `select ${columns} from cmk.event e join (${named}) page on page.request_id = e.request_id
    order by page.seq desc, e.revision`;
  return tools.monitor.whileReading(async (knownAtSend) => {
    const requests = byRequest(await select(sql, Row, text, [...values]));
    return new Map([...requests].map(([id, rows]) => [id, verified(tools, id, rows, knownAtSend)]));
  });
}

/** Those of requests: drifts of agents are streams, too. */
const firstEvents = "select request_id, seq from cmk.event where revision = 1 and request_id like 'CMK-%'";

/** The events of a page of requests, the newest request first. */
export const eventsOfNewest = (sql: Sql, tools: ReadTools, limit: number, offset: number): Promise<EventsByRequest> =>
  eventsOfRequests(sql, tools, `${firstEvents} order by seq desc limit $1 offset $2`, [limit, offset]);

export const eventsOfThese = async (sql: Sql, tools: ReadTools, ids: readonly string[]): Promise<EventsByRequest> =>
  ids.length === 0 ? new Map() : eventsOfRequests(sql, tools, `${firstEvents} and request_id = any($1)`, [ids]);

export async function countRequests(sql: Sql, most: number): Promise<number> {
  const text = `select count(*) as requests from (${firstEvents} limit $1) first`;
  return (await selectOne(sql, z.object({ requests: int8 }), text, [most]))?.requests ?? 0;
}

export interface PlacedEvent {
  readonly position: Position;
  readonly sealed: Sealed;
}
