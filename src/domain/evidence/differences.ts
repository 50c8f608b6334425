/** Differences from the approval that the key watch logged on a resource, found in its events. */

import type { ArmId } from '../ids.ts';
import type { DriftCode } from '../watch/state.ts';
import type { EventOfRequest } from './replacement.ts';

/** What the key watch logged as different from the approval. */
export interface Difference {
  /** Each code once, in the order found. */
  readonly codes: readonly DriftCode[];
  /** ISO 8601. `until` null: it's still there at the end. */
  readonly from: string;
  readonly until: string | null;
  /** Sequence numbers. */
  readonly seqs: readonly number[];
}

/** Whether the event says what the key watch found different on this resource, or that nothing is any more. */
export const isDifference = ({ event: { body } }: EventOfRequest, resource: ArmId): boolean =>
  body.type === 'drift-found' && body.target?.toLowerCase() === resource.toLowerCase();

/** Reads the differences from those events, oldest first. verify.py has the same rule. */
export function differencesIn(events: readonly EventOfRequest[]): readonly Difference[] {
  const all: Difference[] = [];
  for (const { event } of events) {
    if (event.body.type !== 'drift-found') continue;
    const codes = event.body.data.found.map(({ state }) => state.code);
    const open = all.at(-1)?.until === null ? all.pop() : undefined;
    if (open === undefined && codes.length === 0) continue;
    all.push({
      codes: [...new Set([...(open?.codes ?? []), ...codes])],
      from: open?.from ?? event.time,
      until: codes.length === 0 ? event.time : null,
      seqs: [...(open?.seqs ?? []), event.seq],
    });
  }
  return all;
}
