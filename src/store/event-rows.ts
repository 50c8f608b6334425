/** How events lie in their table. */
import { z } from 'zod';
import { RequestId } from '../domain/ids.ts';
import type { Position, Sealed } from '../domain/record/chain.ts';
import type { EventBody, StoredEvent } from '../domain/request/events.ts';
import { change, int8, placeholders, type Sql, select } from './sql.ts';

/** Reads a stored body; throws on what is not an event of this record. Comes in as an argument: it knows the operations. */
export type ReadEvent = (body: unknown) => EventBody;

/** The part of a stored body that is about storing. */
const Envelope = z.object({ time: z.string(), commitments: z.array(z.object({ field: z.string() })) });

const Row = z.object({
  seq: int8,
  request_id: z.string(),
  revision: z.number(),
  cause: z.string(),
  body: z.string(),
  texts: z.record(z.string(), z.string()),
});
type Row = z.infer<typeof Row>;

/** A text that the record commits to but that is no longer there was erased. */
function toStoredEvent(read: ReadEvent, { seq, revision, cause, body, texts }: Row): StoredEvent {
  const value: unknown = JSON.parse(body);
  const { time, commitments } = Envelope.parse(value);
  const known = Object.fromEntries(commitments.map(({ field }) => [field, texts[field] ?? null]));
  return { seq, revision, cause, time, body: read(value), texts: known };
}

/** What will be read back for an event about to be stored. */
export const asStored = (
  read: ReadEvent,
  { request, ...position }: Position,
  { body, openings }: Sealed,
): StoredEvent =>
  toStoredEvent(read, {
    ...position,
    request_id: request,
    body,
    texts: Object.fromEntries(openings.map(({ field, text }) => [field, text])),
  });

const columns = `e.seq, e.request_id, e.revision, e.cause, e.body,
  (select coalesce(json_object_agg(t.field, t.text), '{}') from cmk.free_text t
    where t.request_id = e.request_id and t.revision = e.revision) as texts`;

/** Every event of the request, oldest first. */
export async function eventsOf(sql: Sql, read: ReadEvent, id: RequestId): Promise<readonly StoredEvent[]> {
  const text = `select ${columns} from cmk.event e where e.request_id = $1 order by e.revision`;
  return (await select(sql, Row, text, [id])).map((row) => toStoredEvent(read, row));
}

type EventsByRequest = ReadonlyMap<string, readonly StoredEvent[]>;

/** The events of the requests a sub-query names, the newest request first. */
async function eventsOfRequests(
  sql: Sql,
  read: ReadEvent,
  named: string,
  values: readonly unknown[],
): Promise<EventsByRequest> {
  const text = `select ${columns} from cmk.event e join (${named}) page on page.request_id = e.request_id
    order by page.seq desc, e.revision`;
  const requests = new Map<string, StoredEvent[]>();
  for (const row of await select(sql, Row, text, [...values])) {
    const events = requests.get(row.request_id) ?? [];
    requests.set(row.request_id, [...events, toStoredEvent(read, row)]);
  }
  return requests;
}

const firstEvents = 'select request_id, seq from cmk.event where revision = 1';

/** The events of a page of requests, the newest request first. */
export const eventsOfNewest = (sql: Sql, read: ReadEvent, limit: number, offset: number): Promise<EventsByRequest> =>
  eventsOfRequests(sql, read, `${firstEvents} order by seq desc limit $1 offset $2`, [limit, offset]);

/** The events of all requests that have not ended, the newest request first. */
export const eventsOfOpen = (sql: Sql, read: ReadEvent): Promise<EventsByRequest> =>
  eventsOfRequests(sql, read, `${firstEvents} and request_id in (select request_id from cmk.open_request)`, []);

const RequestRow = z.object({ request_id: RequestId });

/** The requests whose first event names the agent as its target, newest first. */
export async function requestsOf(sql: Sql, resourceId: string): Promise<readonly RequestId[]> {
  // PostgreSQL looks into no JSON that holds an escaped NUL anywhere.
  const readable = `replace(body, '\\u0000', '\\ufffd')::jsonb`;
  const text = `select request_id from cmk.event
    where revision = 1 and lower(${readable} ->> 'target') = lower($1) order by seq desc`;
  return (await select(sql, RequestRow, text, [resourceId])).map((row) => row.request_id);
}

/** An event on its way into the table. */
export interface Placed {
  readonly position: Position;
  readonly sealed: Sealed;
}

/** Stores the events and the texts they commit to. */
export async function insertEvents(sql: Sql, placed: readonly Placed[]): Promise<void> {
  const events = placed.flatMap(({ position: { seq, request, revision, cause, n, prev }, sealed: { body, hash } }) => [
    [seq, request, revision, cause, n, body, prev, hash],
  ]);
  await change(sql, `insert into cmk.event values ${placeholders(events.length, 8)}`, events.flat());
  const texts = placed.flatMap(({ position: { request, revision }, sealed }) =>
    sealed.openings.map(({ field, salt, text }) => [request, revision, field, salt, text]),
  );
  if (texts.length === 0) return;
  await change(sql, `insert into cmk.free_text values ${placeholders(texts.length, 5)}`, texts.flat());
}
