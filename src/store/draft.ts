/** What was decided, in its final bytes and at its place in the chain, with what follows from it: not yet stored. */
import type { RequestId } from '../domain/ids.ts';
import type { Seal } from '../domain/record/chain.ts';
import { type Consequence, consequencesOf, holdsResource } from '../domain/request/consequences.ts';
import type { NewEvent, StoredEvent } from '../domain/request/events.ts';
import { evolve, fold } from '../domain/request/evolve.ts';
import type { Refusal } from '../domain/request/refusal.ts';
import type { Request } from '../domain/request/request.ts';
import type { Decision } from '../domain/request/request-command.ts';
import type { ChainHead } from './chain-head.ts';
import { asStored, type Placed, type ReadEvent } from './event-rows.ts';
import type { KnownRecord } from './known-record.ts';

export type Decide = (request: Request | null, now: Date) => Decision;

/** What somebody wants stored. */
export interface Asked {
  readonly id: RequestId;
  readonly cause: string;
  readonly decide: Decide;
  /** The `traceparent` of what is under way, kept with what must follow; null: nothing is told of it. */
  readonly trace: string | null;
}

/** What is decided upon: every event there is of the request, and what they come to; null before the first. */
export interface Before {
  readonly events: readonly StoredEvent[];
  readonly request: Request | null;
}

export interface Draft {
  readonly asked: Asked;
  /** Empty: there was nothing to say. */
  readonly placed: readonly Placed[];
  /** As they will be read back. */
  readonly events: readonly StoredEvent[];
  readonly before: Before;
  readonly after: Request;
  /** Which resource the request held, and which it is to hold, in lower case; null: none. */
  readonly from: string | null;
  readonly to: string | null;
  readonly consequences: readonly Consequence[];
}

export interface DraftTools {
  readonly read: ReadEvent;
  readonly seal: Seal;
}

/** Decides, and seals what comes of it behind the head. Throws where something is accepted of a request that is none. */
export function draft(
  { read, seal }: DraftTools,
  head: ChainHead,
  asked: Asked,
  before: Before,
  time: Date,
): Draft | Refusal {
  const { id, cause, decide } = asked;
  const now = notBefore(head.time, time);
  const decision = decide(before.request, now);
  if (decision.kind === 'refused') return decision;
  const revision = before.events.at(-1)?.revision ?? 0;
  const placed = place(seal, head, { request: id, revision, cause, time: now.toISOString() }, decision.events);
  const events = placed.map(({ position, sealed }) => asStored(read, position, sealed));
  const after = before.request === null ? fold(id, events) : events.reduce(evolve, before.request);
  if (after === null) throw new Error(`deciding ${cause} on ${id}: accepted without an event, and there is no request`);
  return {
    ...{ asked, placed, events, before, after },
    from: before.request === null ? null : holdsResource(before.request),
    to: holdsResource(after),
    consequences: consequencesOf(after, events),
  };
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

/** To be called once it is stored: what this process knows goes on behind it. */
export function nowKnown(known: KnownRecord, { placed, before, events, after }: Draft): void {
  for (const [n, { position, sealed }] of placed.entries()) {
    known.wrote({ ...position, ...sealed }, { ...events[n]?.body, time: position.time });
  }
  const hash = placed.at(-1)?.sealed.hash;
  if (hash !== undefined) known.kept.keep(after.id, { hash, events: [...before.events, ...events], request: after });
}

/** The head that the chain has once this is stored. */
export function headAfter(head: ChainHead, { placed }: Pick<Draft, 'placed'>): ChainHead {
  const last = placed.at(-1);
  return last === undefined ? head : { seq: last.position.seq, hash: last.sealed.hash, time: last.position.time };
}
