/**
 * The later request that replaced a resource's key, found in its events. It distinguishes an approved rotation from a manual
 * change.
 */

import { madeVersion } from '../effect.ts';
import { type ArmId, PersonId } from '../ids.ts';
import type { CustomerKey } from '../observed.ts';
import type { StoredEvent } from '../request/events.ts';

export interface Replacement {
  readonly request: string;
  /** Sequence number of the event that says the key was set. */
  readonly seq: number;
  /** ISO 8601. */
  readonly at: string;
  readonly approvers: readonly PersonId[];
  readonly key: CustomerKey;
}

export interface EventOfRequest {
  readonly request: string;
  readonly event: StoredEvent;
}

/** Returns the key that the event says was set on the resource. Null for any other event. */
function keySetBy({ body }: StoredEvent, resource: ArmId): CustomerKey | null {
  if (body.type !== 'step-done' || body.data.step !== 'set-cmk') return null;
  if (body.target?.toLowerCase() !== resource.toLowerCase()) return null;
  const effect = body.changes?.find(({ change }) => change === 'customer-key');
  return effect?.change === 'customer-key' ? effect.to : null;
}

const madeIn = (events: readonly StoredEvent[]): string | null =>
  events
    .flatMap(({ body }) =>
      body.type === 'step-done' || body.type === 'step-failed' ? (body.data.outputs?.keyVersion ?? []) : [],
    )
    .at(-1) ?? null;

/** Returns the approvals that weren't withdrawn. verify.py has the same rule. */
export const approvalsIn = (events: readonly StoredEvent[]): readonly StoredEvent[] =>
  events.filter(
    ({ seq, body: { type, actor, planDigest } }) =>
      type === 'approved' &&
      !events.some(
        ({ seq: later, body }) =>
          body.type === 'approval-withdrawn' &&
          later > seq &&
          body.actor.id === actor.id &&
          body.planDigest === planDigest,
      ),
  );

/** Selects the events that show how the resource's key was last replaced and who approved it. Takes and returns oldest first. */
export function eventsOfReplacement(events: readonly EventOfRequest[], resource: ArmId): readonly EventOfRequest[] {
  const last = events.findLast(({ event }) => keySetBy(event, resource) !== null);
  if (last === undefined) return [];
  const own = events.filter(({ request, event }) => request === last.request && event.seq <= last.event.seq);
  return own.filter(({ event: { body } }) => {
    if (body.type === 'approved' || body.type === 'approval-withdrawn')
      return body.planDigest === last.event.body.planDigest;
    // A failed step can name the version, too: Azure created the key, but its response came too late.
    const isMade = (body.type === 'step-done' || body.type === 'step-failed') && body.data.step === 'make-key-version';
    return isMade || (body.type === 'step-done' && body.data.step === 'set-cmk');
  });
}

/** Reads the replacement from those events. Null unless they show an approved request that set a key. */
export function replacementIn(events: readonly EventOfRequest[], resource: ArmId): Replacement | null {
  const last = events.at(-1);
  const to = last === undefined ? null : keySetBy(last.event, resource);
  if (last === undefined || to === null || events.some(({ request }) => request !== last.request)) return null;
  const { planDigest, onBehalfOf } = last.event.body;
  const approvals = approvalsIn(events.map(({ event }) => event)).flatMap(({ body }) =>
    body.type === 'approved' && body.planDigest === planDigest && body.actor.id !== onBehalfOf ? [body] : [],
  );
  if (!approvals.some(({ data }) => data.counted >= data.required)) return null;
  const version = to.keyVersion === madeVersion ? madeIn(events.map(({ event }) => event)) : to.keyVersion;
  return {
    request: last.request,
    seq: last.event.seq,
    at: last.event.time,
    approvers: approvals.flatMap(({ actor }) => PersonId.safeParse(actor.id).data ?? []),
    key: { ...to, keyVersion: version },
  };
}
