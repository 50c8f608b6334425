/** The later request that put an agent under another key, by its own events: what tells a rotation from a change by hand. */
import { madeVersion } from '../effect.ts';
import { type ArmId, PersonId } from '../ids.ts';
import type { CustomerKey } from '../observed.ts';
import type { StoredEvent } from '../request/events.ts';

export interface Replacement {
  readonly request: string;
  /** Number of the event that says that the key was set. */
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

/** The key that the event says was set on the agent; null: it says nothing of the kind. */
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

/** Those of the events, oldest first, that show what replaced the agent's key last, and that it was approved. */
export function eventsOfReplacement(events: readonly EventOfRequest[], resource: ArmId): readonly EventOfRequest[] {
  const last = events.findLast(({ event }) => keySetBy(event, resource) !== null);
  if (last === undefined) return [];
  const own = events.filter(({ request, event }) => request === last.request && event.seq <= last.event.seq);
  return own.filter(({ event: { body } }) => {
    if (body.type === 'approved') return body.planDigest === last.event.body.planDigest;
    // An answer that came too late names the version in an event of a failure.
    const isMade = (body.type === 'step-done' || body.type === 'step-failed') && body.data.step === 'make-key-version';
    return isMade || (body.type === 'step-done' && body.data.step === 'set-cmk');
  });
}

/** What those events show; null: not that an approved request set a key. */
export function replacementIn(events: readonly EventOfRequest[], resource: ArmId): Replacement | null {
  const last = events.at(-1);
  const to = last === undefined ? null : keySetBy(last.event, resource);
  if (last === undefined || to === null || events.some(({ request }) => request !== last.request)) return null;
  const { planDigest, onBehalfOf } = last.event.body;
  const approvals = events.flatMap(({ event: { body } }) =>
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
