/** How events lie in their table, and how they are read: checked, row by row, before anybody sees them. */
import { z } from 'zod';
import type { RequestId } from '../domain/ids.ts';
import type { ChainLine, Position, Sealed } from '../domain/record/chain.ts';
import type { CommitmentTo } from '../domain/record/seals.ts';
import type { EventBody, StoredEvent } from '../domain/request/events.ts';
import type { KnownRecord } from './known-record.ts';
import { columnsOf, lineColumns, toLine } from './line-rows.ts';
import { change, int8, placeholders, type Sql, select, selectOne } from './sql.ts';

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
  const body = z.record(z.string(), z.unknown()).parse(JSON.parse(sealed.body));
  const openings = Object.fromEntries(sealed.openings.map(({ field, text, salt }) => [field, { text, salt }]));
  return toStoredEvent(read, { line: { ...position, ...sealed }, body, envelope: Envelope.parse(body), openings });
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
function checked(tools: ReadTools, id: string, rows: readonly z.infer<typeof Row>[]): readonly StoredEvent[] {
  const lines = rows.map(({ texts: openings, ...row }) => {
    const line = toLine(row);
    const { body } = tools.known.sound(line);
    return { line, body, envelope: Envelope.parse(body), openings };
  });
  tools.known.checkRequest(
    id,
    lines.map(({ line }) => line),
  );
  checkTexts(tools, lines);
  return lines.map((line) => toStoredEvent(tools.read, line));
}

const columns = `${columnsOf('e')},
  (select coalesce(json_object_agg(t.field, json_build_object('text', t.text, 'salt', t.salt)), '{}') from cmk.free_text t
    where t.request_id = e.request_id and t.revision = e.revision) as texts`;

/** Every event of the request, oldest first. */
export async function eventsOf(sql: Sql, tools: ReadTools, id: RequestId): Promise<readonly StoredEvent[]> {
  const text = `select ${columns} from cmk.event e where e.request_id = $1 order by e.revision`;
  return checked(tools, id, await select(sql, Row, text, [id]));
}

type EventsByRequest = ReadonlyMap<string, readonly StoredEvent[]>;

/** The events of the requests a sub-query names, the newest request first. */
async function eventsOfRequests(
  sql: Sql,
  tools: ReadTools,
  named: string,
  values: readonly unknown[],
): Promise<EventsByRequest> {
  const text = `select ${columns} from cmk.event e join (${named}) page on page.request_id = e.request_id
    order by page.seq desc, e.revision`;
  const requests = new Map<string, z.infer<typeof Row>[]>();
  for (const row of await select(sql, Row, text, [...values])) {
    const rows = requests.get(row.request_id);
    if (rows === undefined) requests.set(row.request_id, [row]);
    else rows.push(row);
  }
  return new Map([...requests].map(([id, rows]) => [id, checked(tools, id, rows)]));
}

const firstEvents = 'select request_id, seq from cmk.event where revision = 1';

/** The events of a page of requests, the newest request first. */
export const eventsOfNewest = (sql: Sql, tools: ReadTools, limit: number, offset: number): Promise<EventsByRequest> =>
  eventsOfRequests(sql, tools, `${firstEvents} order by seq desc limit $1 offset $2`, [limit, offset]);

/** The events of requests that are named. */
export const eventsOfThese = (sql: Sql, tools: ReadTools, ids: readonly string[]): Promise<EventsByRequest> =>
  eventsOfRequests(sql, tools, `${firstEvents} and request_id = any($1)`, [ids]);

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

const eventColumns = 'seq, request_id, revision, cause, n, body, prev, hash, seal_key, seal';

/** Stores the events and the texts they commit to. The head of the chain moves along. */
export async function insertEvents(sql: Sql, placed: readonly Placed[]): Promise<void> {
  const events = placed.map(({ position: { seq, request, revision, cause, n, prev }, sealed }) => [
    ...[seq, request, revision, cause, n, sealed.body, prev, sealed.hash, sealed.sealKey, sealed.seal],
  ]);
  await change(sql, `insert into cmk.event (${eventColumns}) values ${placeholders(events.length, 10)}`, events.flat());
  const texts = placed.flatMap(({ position: { request, revision }, sealed }) =>
    sealed.openings.map(({ field, salt, text }) => [request, revision, field, salt, text]),
  );
  if (texts.length === 0) return;
  await change(sql, `insert into cmk.free_text values ${placeholders(texts.length, 5)}`, texts.flat());
}
