/** How events lie in their table, and how they are read: checked, row by row, before anybody sees them. */
import { z } from 'zod';
import type { RequestId } from '../domain/ids.ts';
import type { ChainLine, Position, Sealed } from '../domain/record/chain.ts';
import type { CommitmentTo } from '../domain/record/seals.ts';
import type { EventBody, StoredEvent } from '../domain/request/events.ts';
import type { ChainHead } from './chain-head.ts';
import type { KnownAsSent, KnownRecord } from './known-record.ts';
import { columnsOf, lineColumns, toLine } from './line-rows.ts';
import { int8, type Sql, select, selectOne } from './sql.ts';

/** Reads a stored body; throws on what is not an event of this record. Comes in as an argument: it knows the operations. */
export type ReadEvent = (body: unknown) => EventBody;

/** What rows are read with. */
export interface ReadTools {
  readonly read: ReadEvent;
  readonly known: KnownRecord;
  readonly commitmentTo: CommitmentTo;
}

/** The part of a stored body that is about storing. */
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

/** A text that the record commits to but that is no longer there was erased. */
function toStoredEvent(read: ReadEvent, { line, body, envelope, openings }: ReadLine): StoredEvent {
  const { seq, revision, cause } = line;
  const { time, commitments } = envelope;
  const texts = Object.fromEntries(commitments.map(({ field }) => [field, openings[field]?.text ?? null]));
  return { seq, revision, cause, time, body: read(body), texts };
}

/** What will be read back for an event about to be stored. */
export function asStored(read: ReadEvent, position: Position, sealed: Sealed): StoredEvent {
  const { seq, revision, cause, time } = position;
  const texts = Object.fromEntries(sealed.openings.map(({ field, text }) => [field, text]));
  return { seq, revision, cause, time, body: read(JSON.parse(sealed.body)), texts };
}

/** Texts are what people read before they decide: each is the one that was committed to, or an event says that it was erased. */
function checkTexts({ known, commitmentTo }: ReadTools, lines: readonly ReadLine[]): void {
  const erasedAt = lines.findLast(({ envelope }) => envelope.type === 'texts-erased')?.line.revision ?? 0;
  for (const { line, envelope, openings } of lines) {
    for (const { field, sha256 } of envelope.commitments) {
      const opening = openings[field];
      const where = `${field} of ${line.request} revision ${line.revision}`;
      if (opening === undefined) {
        if (line.revision >= erasedAt) known.broken(line, 'text-missing', where);
      } else if (commitmentTo(opening.salt, opening.text) !== sha256) known.broken(line, 'text-differs', where);
    }
  }
}

/** One request's rows, oldest first, in which nothing is missing, changed or put in. */
function checked(
  tools: ReadTools,
  id: string,
  rows: readonly z.infer<typeof Row>[],
  asSent: KnownAsSent,
): readonly StoredEvent[] {
  const lines = rows.map(({ texts: openings, ...row }) => {
    const line = toLine(row);
    const { body } = tools.known.sound(line);
    return { line, body, envelope: Envelope.parse(body), openings };
  });
  tools.known.checkRequest(
    id,
    lines.map(({ line }) => line),
    asSent,
  );
  checkTexts(tools, lines);
  return lines.map((line) => toStoredEvent(tools.read, line));
}

/** As {@link checked}, for whoever may decide on it next. An answer that comes late is not kept: a text may be erased by now. */
function checkedAndKept(...[tools, id, rows, asSent]: Parameters<typeof checked>): readonly StoredEvent[] {
  const events = checked(tools, id, rows, asSent);
  const last = rows.at(-1);
  if (last !== undefined && last.revision >= (tools.known.now(id)?.revision ?? 0)) {
    tools.known.kept.keep(id, { hash: last.hash, events, request: null });
  }
  return events;
}

type EventsByRequest = ReadonlyMap<string, readonly StoredEvent[]>;

const columns = `${columnsOf('e')},
  (select coalesce(json_object_agg(t.field, json_build_object('text', t.text, 'salt', t.salt)), '{}') from cmk.free_text t
    where t.request_id = e.request_id and t.revision = e.revision) as texts`;

const ofEach = `select ${columns} from cmk.event e where e.request_id = any($1) order by e.revision`;

/** Every event of each of the requests, oldest first. One without any that is known to have had some is broken. */
export function eventsOfEach(sql: Sql, tools: ReadTools, ids: readonly string[]): Promise<EventsByRequest> {
  return tools.known.whileReading(async (asSent) => {
    const rows = await select(sql, Row, ofEach, [ids]);
    const of = (id: string) => rows.filter(({ request_id }) => request_id === id);
    return new Map(ids.map((id) => [id, checkedAndKept(tools, id, of(id), asSent)]));
  });
}

/** Every event of the request, oldest first. */
export const eventsOf = async (sql: Sql, tools: ReadTools, id: RequestId): Promise<readonly StoredEvent[]> =>
  (await eventsOfEach(sql, tools, [id])).get(id) ?? [];

/** Further than so many events a process reads on in pages. */
const mostAtOnce = 100;
const BehindRow = z.object({
  ...lineColumns,
  texts: z.record(z.string(), Opening).nullable(),
  holder: z.string().nullable(),
});

/** Which request holds a resource, as the row that says so was read; null: there is none. */
export interface HoldRead {
  /** In lower case. */
  readonly resource: string;
  readonly holder: string | null;
}

/**
 * As {@link eventsOf}, with the head locked. In the same statement everything that this process has not read yet of the chain,
 * which has to end at that head; and who holds what the request holds by its events, null where it holds nothing or is new.
 */
export async function eventsUpTo(
  sql: Sql,
  tools: ReadTools,
  head: ChainHead,
  id: RequestId,
): Promise<{ readonly events: readonly StoredEvent[]; readonly held: HoldRead | null }> {
  const { known } = tools;
  if (known.last.seq === 0 || head.seq > known.last.seq + mostAtOnce) await known.catchUp(sql, head);
  if (known.last.seq === 0) return { events: await eventsOf(sql, tools, id), held: null };
  const behind = known.last.seq;
  const resource = known.heldBy(id);
  const holder = '(select o.request_id from cmk.open_request o where o.resource = $3) as holder';
  const text = `select ${columns}, ${holder} from cmk.event e where e.request_id = $1
    union all select ${columnsOf('e')}, null, null from cmk.event e where e.seq > $2 and e.request_id <> $1
    order by seq, hash`;
  const rows = await select(sql, BehindRow, text, [id, behind, resource]);
  const lines = rows.filter(({ seq }) => seq > behind).map(({ texts: _, holder: _holder, ...row }) => toLine(row));
  known.follow(lines, head);
  const own = rows.flatMap(({ texts, holder: _, ...row }) => (texts === null ? [] : [{ ...row, texts }]));
  const [first] = rows.filter(({ texts }) => texts !== null);
  const held = resource === null || first === undefined ? null : { resource, holder: first.holder };
  const inOrder = own.toSorted((a, b) => a.revision - b.revision);
  return { events: checked(tools, id, inOrder, known.now), held };
}

/** The events of the requests a sub-query names, the newest request first. */
async function eventsOfRequests(
  sql: Sql,
  tools: ReadTools,
  named: string,
  values: readonly unknown[],
): Promise<EventsByRequest> {
  const text = `select ${columns} from cmk.event e join (${named}) page on page.request_id = e.request_id
    order by page.seq desc, e.revision`;
  return tools.known.whileReading(async (asSent) => {
    const requests = new Map<string, z.infer<typeof Row>[]>();
    for (const row of await select(sql, Row, text, [...values])) {
      const rows = requests.get(row.request_id);
      if (rows === undefined) requests.set(row.request_id, [row]);
      else rows.push(row);
    }
    return new Map([...requests].map(([id, rows]) => [id, checked(tools, id, rows, asSent)]));
  });
}

const firstEvents = 'select request_id, seq from cmk.event where revision = 1';

/** The events of a page of requests, the newest request first. */
export const eventsOfNewest = (sql: Sql, tools: ReadTools, limit: number, offset: number): Promise<EventsByRequest> =>
  eventsOfRequests(sql, tools, `${firstEvents} order by seq desc limit $1 offset $2`, [limit, offset]);

/** The events of requests that are named. */
export const eventsOfThese = async (sql: Sql, tools: ReadTools, ids: readonly string[]): Promise<EventsByRequest> =>
  ids.length === 0 ? new Map() : eventsOfRequests(sql, tools, `${firstEvents} and request_id = any($1)`, [ids]);

/** How many requests there are; no further than asked. */
export async function countRequests(sql: Sql, most: number): Promise<number> {
  const text = `select count(*) as requests from (${firstEvents} limit $1) first`;
  return (await selectOne(sql, z.object({ requests: int8 }), text, [most]))?.requests ?? 0;
}

/** An event on its way into the table. */
export interface Placed {
  readonly position: Position;
  readonly sealed: Sealed;
}
