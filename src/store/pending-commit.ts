/** The commit of an append: sealed events at their position in the chain, and their follow-up rows. */
import { z } from 'zod';
import type { DriftId, RequestId, StreamId } from '../domain/ids.ts';
import type { Seal } from '../domain/record/chain.ts';
import { type Consequence, consequencesOf, reservedResourceId } from '../domain/request/consequences.ts';
import type { NewEvent, StoredEvent } from '../domain/request/events.ts';
import { evolve, fold } from '../domain/request/evolve.ts';
import type { Refusal } from '../domain/request/refusal.ts';
import type { Request } from '../domain/request/request.ts';
import type { Decision } from '../domain/request/request-command.ts';
import { alertsOf, evolveWatch, foldWatch, type ResourceWatch } from '../domain/watch/resource-watch.ts';
import type { ChainHead } from './chain-rows.ts';
import { asStored, type PlacedEvent, type ReadEvent } from './event-rows.ts';
import { jobColumns } from './jobs.ts';
import { type Sql, selectOne } from './sql.ts';

/** What the events of a stream fold to, and what follows from them. */
interface StreamRules<S, Id extends StreamId> {
  readonly fold: (id: Id, events: readonly StoredEvent[]) => S | null;
  readonly evolve: (state: S, event: StoredEvent) => S;
  /** The resource that it holds, in lower case. Null: none. */
  readonly holds: (state: S) => string | null;
  readonly consequences: (state: S, events: readonly StoredEvent[]) => readonly Consequence[];
}

export const requestRules: StreamRules<Request, RequestId> = {
  fold,
  evolve,
  holds: reservedResourceId,
  consequences: consequencesOf,
};

export const driftRules: StreamRules<ResourceWatch, DriftId> = {
  fold: foldWatch,
  evolve: evolveWatch,
  holds: () => null,
  consequences: alertsOf,
};

export type Decide<S = Request> = (state: S | null, now: Date) => Decision;

export interface AppendCommand<S = Request, Id extends StreamId = RequestId> {
  readonly rules: StreamRules<S, Id>;
  readonly id: Id;
  readonly cause: string;
  readonly decide: Decide<S>;
  /** The W3C `traceparent` to store with the jobs. Null without one. */
  readonly trace: string | null;
}

/** Input of a decision: every event of the stream, and its state. Null before the first event. */
export interface Snapshot<S> {
  readonly events: readonly StoredEvent[];
  readonly state: S | null;
}

export interface PendingCommit<S = unknown> {
  readonly command: Pick<AppendCommand<S, StreamId>, 'id' | 'cause' | 'trace'>;
  /** Sealed events. Empty: the decision was accepted without events. */
  readonly placed: readonly PlacedEvent[];
  readonly events: readonly StoredEvent[];
  readonly after: S;
  /** The resource that the request holds before and after, in lower case. Null: none. */
  readonly from: string | null;
  readonly to: string | null;
  readonly consequences: readonly Consequence[];
}

export interface CommitTools {
  readonly read: ReadEvent;
  readonly seal: Seal;
}

/**
 * Runs `decide`, and seals its events after `head`. No event gets an earlier time than the head, so a slightly slow clock
 * doesn't reverse the order. Throws if `decide` accepts without an event on a stream that has none.
 */
export function prepareCommit<S, Id extends StreamId>(
  { read, seal }: CommitTools,
  head: ChainHead,
  command: AppendCommand<S, Id>,
  before: Snapshot<S>,
  time: Date,
): PendingCommit<S> | Refusal {
  const { id, cause, decide, rules } = command;
  const now = notBefore(head.time, time);
  const decision = decide(before.state, now);
  if (decision.kind === 'refused') return decision;
  const revision = before.events.at(-1)?.revision ?? 0;
  const placed = place(seal, head, { request: id, revision, cause, time: now.toISOString() }, decision.events);
  const events = placed.map(({ position, sealed }) => asStored(read, position, sealed));
  const after = before.state === null ? rules.fold(id, events) : events.reduce(rules.evolve, before.state);
  if (after === null)
    throw new Error(`deciding ${cause} on ${id}: accepted without an event, and there is none before`);
  return {
    command,
    placed,
    events,
    after,
    from: before.state === null ? null : rules.holds(before.state),
    to: rules.holds(after),
    consequences: rules.consequences(after, events),
  };
}

const notBefore = (earliest: string | null, now: Date): Date =>
  earliest !== null && now.toISOString() < earliest ? new Date(earliest) : now;

function place(
  seal: Seal,
  head: ChainHead,
  start: { readonly request: StreamId; readonly revision: number; readonly cause: string; readonly time: string },
  events: readonly NewEvent[],
): readonly PlacedEvent[] {
  const placed: PlacedEvent[] = [];
  for (const [n, event] of events.entries()) {
    const prev = placed.at(-1)?.sealed.hash ?? head.hash;
    const position = { ...start, seq: head.seq + n + 1, revision: start.revision + n + 1, prev, n };
    placed.push({ position, sealed: seal(position, event) });
  }
  return placed;
}

type Rows = readonly (readonly unknown[])[];

const columnsOf = (rows: Rows, count: number): readonly (readonly unknown[])[] =>
  Array.from({ length: count }, (_, at) => rows.map((row) => row[at]));

const eventRows = ({ placed }: PendingCommit): Rows =>
  placed.map(({ position: { seq, request, revision, cause, n, prev }, sealed }) => [
    seq,
    request,
    revision,
    cause,
    n,
    sealed.body,
    prev,
    sealed.hash,
    sealed.sealKey,
    sealed.seal,
  ]);

const textRows = ({ placed }: PendingCommit): Rows =>
  placed.flatMap(({ position: { request, revision }, sealed }) =>
    sealed.openings.map(({ field, salt, text }) => [request, revision, field, salt, text]),
  );

const holdRows = (id: StreamId, resource: string | null): Rows => (resource === null ? [] : [[resource, id]]);

const text = `select cmk.store(${Array.from({ length: 27 }, (_, at) => `$${at + 1}`).join(', ')}) as stored`;
const Stored = z.object({ stored: z.boolean() });

/** Inserts all rows with the SQL function `cmk.store`. Needs the head's lock; throws if `head` isn't the head. */
export async function writeCommit(sql: Sql, head: ChainHead, commit: PendingCommit): Promise<void> {
  const { from, to, command } = commit;
  const isSame = from === to;
  const values = [
    head.seq,
    head.hash,
    ...columnsOf(eventRows(commit), 10),
    ...columnsOf(textRows(commit), 5),
    ...columnsOf(holdRows(command.id, isSame ? null : to), 2),
    ...columnsOf(holdRows(command.id, isSame ? null : from), 2),
    ...jobColumns(command.id, commit.consequences, command.trace),
  ];
  if ((await selectOne(sql, Stored, text, values))?.stored === true) return;
  throw new Error(`storing ${command.cause} of ${command.id}: the locked head is another one`);
}
