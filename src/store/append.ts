/** The one way to write an event. */

import type { RequestId } from '../domain/ids.ts';
import type { Appended } from '../domain/ports/store.ts';
import type { Seal } from '../domain/record/chain.ts';
import { consequencesOf } from '../domain/request/consequences.ts';
import type { NewEvent, StoredEvent } from '../domain/request/events.ts';
import { fold } from '../domain/request/evolve.ts';
import { type Refusal, refuse } from '../domain/request/refusal.ts';
import type { Request } from '../domain/request/request.ts';
import type { Decision } from '../domain/request/request-command.ts';
import { type ChainHead, lockHead } from './chain-head.ts';
import type { ClockGuard, TimeTold } from './clock-guard.ts';
import { asStored, eventsUpTo, inserting, type Placed, type ReadTools } from './event-rows.ts';
import { moveHold } from './open-requests.ts';
import { writeWithOutbox } from './outbox.ts';
import type { Sql } from './sql.ts';

export type Decide = (request: Request | null, now: Date) => Decision;

export interface AppendTools extends ReadTools {
  readonly clock: ClockGuard;
  readonly seal: Seal;
  /** The `traceparent` of what is under way, kept with what must follow; null: nothing is told of it. */
  readonly trace: () => string | null;
}

/**
 * Appends inside the caller's transaction, as `Requests.append` promises. Once the head is locked nothing can be stored in
 * between, so what `decide` sees is all there is: the whole chain was read up to it, by this process. A refusal has written
 * nothing. `locked`: where the caller has the lock already, and the last time that the new events must not be before.
 */
export async function appendIn(
  sql: Sql,
  tools: AppendTools,
  id: RequestId,
  cause: string,
  decide: Decide,
  locked: { readonly head: ChainHead; readonly told?: TimeTold } | null = null,
): Promise<Appended | Refusal> {
  const { head, told } = locked ?? { head: await lockHead(sql) };
  const { events: before, held } = await eventsUpTo(sql, tools, head, id);
  const recorded = recall(id, cause, before);
  if (recorded !== null) return recorded;
  const request = fold(id, before);
  const now = notBefore(head.time, await tools.clock.now(sql, head.time, told));
  const decision = decide(request, now);
  if (decision.kind === 'refused') return decision;
  const revision = before.at(-1)?.revision ?? 0;
  const placed = place(tools.seal, head, { request: id, revision, cause, time: now.toISOString() }, decision.events);
  const events = placed.map(({ position, sealed }) => asStored(tools.read, position, sealed));
  const after = fold(id, [...before, ...events]);
  if (after === null) throw new Error(`deciding ${cause} on ${id}: accepted without an event, and there is no request`);
  const holder = await moveHold(sql, tools.known, { before: request, after, held });
  if (holder !== null) return refuse('resource-has-open-request', holder);
  await store(sql, tools, placed, after, events);
  return { kind: 'accepted', request: after, events, replay: false };
}

/** What was recorded under the cause, with the request as it was right after; null when the cause is new. */
function recall(id: RequestId, cause: string, all: readonly StoredEvent[]): Appended | null {
  const events = all.filter((event) => event.cause === cause);
  const last = events.at(-1);
  if (last === undefined) return null;
  const request = fold(
    id,
    all.filter((event) => event.revision <= last.revision),
  );
  return request === null ? null : { kind: 'accepted', request, events, replay: true };
}

/** Time as the chain tells it: a replica whose clock lags a little does not turn it back. */
const notBefore = (earliest: string | null, now: Date): Date =>
  earliest !== null && now.toISOString() < earliest ? new Date(earliest) : now;

/** Gives each event its place behind the one before. */
function place(
  seal: Seal,
  head: ChainHead,
  start: { readonly request: RequestId; readonly revision: number; readonly cause: string; readonly time: string },
  events: readonly NewEvent[],
): readonly Placed[] {
  const placed: Placed[] = [];
  for (const [n, event] of events.entries()) {
    const prev = placed.at(-1)?.sealed.hash ?? head.hash;
    const position = { ...start, seq: head.seq + n + 1, revision: start.revision + n + 1, prev, n };
    placed.push({ position, sealed: seal(position, event) });
  }
  return placed;
}

async function store(
  sql: Sql,
  { known, trace }: AppendTools,
  placed: readonly Placed[],
  after: Request,
  events: readonly StoredEvent[],
): Promise<void> {
  const [first] = placed;
  if (first === undefined) return;
  known.mustSealWith(first.sealed.sealKey);
  // Of no event nothing follows, and of any something does.
  await writeWithOutbox(sql, inserting(placed), after.id, consequencesOf(after, events), trace());
}
