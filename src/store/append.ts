/**
 * Appends events, in one transaction: it locks the chain head, reads the request, decides, and inserts the events with their
 * jobs. Events of every stream are written here.
 */
import type { Pool } from 'pg';
import { z } from 'zod';
import { auditLogSkew, ClockSkewError } from '../domain/clock-skew.ts';
import { RequestId, type StreamId } from '../domain/ids.ts';
import type { AppendedTo } from '../domain/ports/store.ts';
import type { StoredEvent } from '../domain/request/events.ts';
import { type Refusal, refuse } from '../domain/request/refusal.ts';
import type { ChainMonitor } from './chain-monitor.ts';
import { type LockedHead, lockHead } from './chain-rows.ts';
import type { DatabaseClock } from './database-clock.ts';
import { eventsUpTo, type LockRow, type ReadTools } from './event-rows.ts';
import {
  type AppendCommand,
  type CommitTools,
  type PendingCommit,
  prepareCommit,
  writeCommit,
} from './pending-commit.ts';
import { inTransaction, type Sql, select, selectOne } from './sql.ts';

export interface AppendTools extends ReadTools, CommitTools {
  readonly clock: Pick<DatabaseClock, 'heard'>;
  /** The W3C `traceparent` of the current span, stored with the jobs. Null without one. */
  readonly trace: () => string | null;
}

/** `written` is null if nothing was stored: a refusal, a replay, or a decision without events. */
interface AppendResult<S> {
  readonly answer: AppendedTo<S> | Refusal;
  readonly written: PendingCommit<S> | null;
}

/**
 * Implements `Requests.append` and `Drifts.append`. Writers of all replicas wait for each other at the chain head. Throws `ClockSkewError` if
 * the last event has a time in the future, and `RecordBroken` if stored rows were changed. Throws the driver's error if the
 * database can't be reached. In that case the commit might have happened, and repeating with the same cause finds out.
 */
export async function append<S, Id extends StreamId>(
  pool: Pool,
  tools: AppendTools,
  command: AppendCommand<S, Id>,
): Promise<AppendedTo<S> | Refusal> {
  const { answer, written } = await inTransaction(pool, (sql, commit) =>
    appendIn(sql, tools, command, lockedHead(sql, tools), commit),
  );
  // The commit was confirmed. If these events are missing later, the database was rolled back.
  for (const [index, { position, sealed }] of (written?.placed ?? []).entries()) {
    tools.monitor.wrote({ ...position, ...sealed }, { ...written?.events[index]?.body, time: position.time });
  }
  return answer;
}

/**
 * Does {@link append} inside the caller's transaction, which locks the head first. No one else can store events then, so
 * `decide` sees every event. Events get the database's time at the lock. Verifies everything it reads: the chain up to the
 * head, the request's events and texts, and the lock row of the resource. `commit` is called with the last statement.
 */
export async function appendIn<S, Id extends StreamId>(
  sql: Sql,
  tools: AppendTools,
  command: AppendCommand<S, Id>,
  locked: LockedHead | Promise<LockedHead>,
  commitNow: () => Promise<unknown> = async () => undefined,
): Promise<AppendResult<S>> {
  const { id, rules } = command;
  const { events, held, now, ...head } = await eventsUpTo(sql, tools, locked, id);
  const replay = findReplay(command, events);
  if (replay !== null) return stored(replay);
  const ahead = auditLogSkew(head.time, now);
  if (ahead !== null) throw new ClockSkewError(ahead);
  const commit = prepareCommit(tools, head, command, { events, state: rules.fold(id, events) }, now);
  if ('kind' in commit) return stored(commit);
  const holder = await conflictingRequest(sql, tools.monitor, commit, held);
  if (holder !== null) return stored(refuse('resource-has-open-request', holder));
  const answer: AppendedTo<S> = { kind: 'accepted', after: commit.after, events: commit.events, replay: false };
  const [first] = commit.placed;
  if (first === undefined) return stored(answer);
  tools.monitor.assertActiveSealKey(first.sealed.sealKey);
  await Promise.all([writeCommit(sql, head, commit), commitNow()]);
  return stored(answer, commit);
}

export async function lockedHead(sql: Sql, { clock }: Pick<AppendTools, 'clock'>): Promise<LockedHead> {
  const askedAt = performance.now();
  const head = await lockHead(sql);
  return { ...head, now: clock.heard(head.now, askedAt) };
}

const stored = <S>(answer: AppendedTo<S> | Refusal, written: PendingCommit<S> | null = null): AppendResult<S> => ({
  answer,
  written,
});

/** Returns the events stored under the cause, with the state right after them. Null if the cause is new. */
function findReplay<S, Id extends StreamId>(
  { id, cause, rules }: AppendCommand<S, Id>,
  all: readonly StoredEvent[],
): AppendedTo<S> | null {
  const events = all.filter((event) => event.cause === cause);
  const last = events.at(-1);
  if (last === undefined) return null;
  const after = rules.fold(
    id,
    all.filter((event) => event.revision <= last.revision),
  );
  return after === null ? null : { kind: 'accepted', after, events, replay: true };
}

const Row = z.object({ request_id: RequestId });

async function holderOf(sql: Sql, resource: string): Promise<RequestId | null> {
  const row = await selectOne(sql, Row, 'select request_id from cmk.open_request where resource = $1', [resource]);
  return row?.request_id ?? null;
}

const All = z.object({ resource: z.string(), request_id: z.string() });

/** Verifies the whole table against the events. Needs the head's lock, and the chain read up to it. Throws `RecordBroken`. */
export async function verifyLocks(sql: Sql, monitor: ChainMonitor): Promise<void> {
  const rows = await select(sql, All, 'select resource, request_id from cmk.open_request');
  const found = new Map(rows.map((row) => [row.resource, row.request_id]));
  for (const resource of new Set([...found.keys(), ...monitor.index.holders.keys()])) {
    verifyLock(monitor, resource, found.get(resource) ?? null);
  }
}

function verifyLock(monitor: ChainMonitor, resource: string, found: string | null): void {
  const expected = monitor.index.holderOf(resource);
  if (expected === found) return;
  const detail = `${resource}: expected ${expected ?? 'no request'}, found ${found ?? 'none'}`;
  monitor.broken({ request: found ?? expected ?? '' }, 'open-request-differs', detail);
}

/**
 * Returns the active request that has the resource that this commit needs. Null: it's free. Verifies the rows that it uses,
 * as {@link verifyLocks} does. `read`: such a row, if the caller has already read it.
 */
async function conflictingRequest(
  sql: Sql,
  monitor: ChainMonitor,
  { from, to }: Pick<PendingCommit, 'from' | 'to'>,
  read: LockRow | null,
): Promise<RequestId | null> {
  for (const resource of new Set([from, to])) {
    if (resource === null) continue;
    verifyLock(monitor, resource, read?.resource === resource ? read.holder : await holderOf(sql, resource));
  }
  return from === to || to === null ? null : RequestId.nullable().parse(monitor.index.holderOf(to));
}
