/** The one way to write an event, with the chain's head locked. */

import type { RequestId } from '../domain/ids.ts';
import type { Appended } from '../domain/ports/store.ts';
import type { StoredEvent } from '../domain/request/events.ts';
import { fold } from '../domain/request/evolve.ts';
import { type Refusal, refuse } from '../domain/request/refusal.ts';
import { type ChainHead, lockHead } from './chain-head.ts';
import type { ClockGuard, TimeTold } from './clock-guard.ts';
import { type Asked, type Draft, type DraftTools, draft } from './draft.ts';
import { eventsUpTo, type ReadTools } from './event-rows.ts';
import { holderInTheWay } from './open-requests.ts';
import type { Sql } from './sql.ts';
import { writeDrafts } from './write-drafts.ts';

export interface AppendTools extends ReadTools, DraftTools {
  readonly clock: ClockGuard;
  /** The `traceparent` of what is under way; null: nothing is told of it. */
  readonly trace: () => string | null;
}

/** What was written of it, for whoever commits; null where it was there before, or nothing was said. */
export interface Answered {
  readonly answer: Appended | Refusal;
  readonly written: Draft | null;
}

const answered = (answer: Appended | Refusal, written: Draft | null = null): Answered => ({ answer, written });

/**
 * Appends inside the caller's transaction, as `Requests.append` promises. Once the head is locked nothing can be stored in
 * between, so what `decide` sees is all there is: the whole chain was read up to it, by this process. A refusal has written
 * nothing. `locked`: where the caller has the lock already, and the last time that the new events must not be before.
 */
export async function appendIn(
  sql: Sql,
  tools: AppendTools,
  asked: Asked,
  locked: { readonly head: ChainHead; readonly told?: TimeTold } | null = null,
): Promise<Answered> {
  const { head, told } = locked ?? { head: await lockHead(sql) };
  const { id, cause } = asked;
  const { events, held } = await eventsUpTo(sql, tools, head, id);
  const recorded = recall(id, cause, events);
  if (recorded !== null) return answered(recorded);
  const time = await tools.clock.now(sql, head.time, told);
  const made = draft(tools, head, asked, { events, request: fold(id, events) }, time);
  if ('kind' in made) return answered(made);
  const holder = await holderInTheWay(sql, tools.known, made, held);
  if (holder !== null) return answered(refuse('resource-has-open-request', holder));
  if (made.placed.length === 0) return answered(appended(made));
  mustSeal(tools, made);
  if (!(await writeDrafts(sql, head, [made])))
    throw new Error(`storing ${cause} of ${id}: the locked head is another one`);
  return answered(appended(made), made);
}

export const appended = ({ after, events }: Draft): Appended => ({
  kind: 'accepted',
  request: after,
  events,
  replay: false,
});

/** Nothing is sealed with a key that the chain has given up. */
export function mustSeal({ known }: Pick<ReadTools, 'known'>, { placed }: Draft): void {
  const [first] = placed;
  if (first !== undefined) known.mustSealWith(first.sealed.sealKey);
}

/** What was recorded under the cause, with the request as it was right after; null when the cause is new. */
export function recall(id: RequestId, cause: string, all: readonly StoredEvent[]): Appended | null {
  const events = all.filter((event) => event.cause === cause);
  const last = events.at(-1);
  if (last === undefined) return null;
  const request = fold(
    id,
    all.filter((event) => event.revision <= last.revision),
  );
  return request === null ? null : { kind: 'accepted', request, events, replay: true };
}
