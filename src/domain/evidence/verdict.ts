/** A request's outcome for an auditor, derived from its events. */

import type { PersonId } from '../ids.ts';
import { type CustomerKey, isNamedAlike } from '../observed.ts';
import type { StepName } from '../plan.ts';
import { highestProof, type ProofLevel } from '../proof.ts';
import type { EventBodyOf, StoredEvent } from '../request/events.ts';
import type { OpenState, Reading } from '../request/payloads.ts';
import type { Request, Succeeded } from '../request/request.ts';
import { type Difference, differencesIn, isDifference } from './differences.ts';
import { type EventOfRequest, eventsOfReplacement, type Replacement, replacementIn } from './replacement.ts';
import { keyShownFor, type RunHistory, requestedKey, runHistory } from './run-history.ts';

interface LatestReading {
  readonly at: string;
  /** Sequence number of the event. */
  readonly seq: number;
  readonly reading: Reading;
}

/** The resource's key at that reading, compared with the key that the request set. */
export type Since = 'same' | 'other' | 'gone' | 'unread';

/** `by` null: the bot, or the operator named in `operator`. Times are ISO 8601. */
export type Verdict =
  | {
      readonly is: 'under-key';
      readonly key: CustomerKey;
      /** When the resource was first read under it. */
      readonly since: string;
      /** False: this request found the resource under it. */
      readonly put: boolean;
      readonly level: ProofLevel | null;
      readonly now: Since;
      /** The resource's key at the last reading. Null: a Microsoft-managed key, or not read. */
      readonly found: CustomerKey | null;
      /** The approved request that set the key that was found. Null: none is known. */
      readonly replacedBy: Replacement | null;
      /** Between the success and the last reading, or the replacement. */
      readonly differences: readonly Difference[];
    }
  | {
      readonly is: 'not-changed';
      readonly how: 'rejected' | 'cancelled' | 'expired';
      readonly by: PersonId | null;
      readonly operator: string | null;
      readonly at: string;
      readonly touched: boolean;
      readonly history: RunHistory;
    }
  | {
      readonly is: 'failed';
      readonly step: StepName | null;
      /** Under all plans, as in `history`. */
      readonly done: readonly StepName[];
      readonly history: RunHistory;
      readonly by: PersonId | null;
      readonly operator: string | null;
      readonly at: string;
    }
  | {
      readonly is: 'open';
      readonly state: OpenState;
      readonly step: StepName | null;
      readonly at: string;
      readonly history: RunHistory;
    };

const isReading = (event: StoredEvent): event is StoredEvent & { readonly body: EventBodyOf<'evidence-made'> } =>
  event.body.type === 'evidence-made';

export function lastReading(events: readonly StoredEvent[]): LatestReading | null {
  const event = events.findLast(isReading);
  return event === undefined ? null : { at: event.time, seq: event.seq, reading: event.body.data.reading };
}

/** When the resource was first read under the key, as the audit log proves. verify.py has the same rule. */
export const keySince = (request: Succeeded, events: readonly StoredEvent[]): string =>
  keyShownFor(request, events)?.at ?? request.changedAt;

function sinceThen(
  key: CustomerKey,
  last: LatestReading | null,
): { readonly now: Since; readonly found: CustomerKey | null } {
  const resource = last?.reading.resource;
  if (resource?.seen === 'absent') return { now: 'gone', found: null };
  if (resource?.seen !== 'yes') return { now: 'unread', found: null };
  const found = resource.value.customerKey;
  return { now: found !== null && isNamedAlike(found, key) ? 'same' : 'other', found };
}

/**
 * Whether the request set the key that was found, after the success and before the last reading: an earlier request doesn't
 * explain it. verify.py has the same rule.
 */
function explains({ key, seq }: Replacement, found: CustomerKey | null, events: readonly StoredEvent[]): boolean {
  const success = events.findLast(({ body }) => body.type === 'succeeded');
  const isBetween = success !== undefined && seq > success.seq && seq < (lastReading(events)?.seq ?? 0);
  return isBetween && found !== null && isNamedAlike(key, found);
}

function underKey(
  request: Succeeded,
  events: readonly StoredEvent[],
  others: readonly EventOfRequest[],
): Extract<Verdict, { is: 'under-key' }> {
  const last = lastReading(events);
  const { id: resource } = request.plan.spec.resource;
  const later = replacementIn(
    others.filter((one) => !isDifference(one, resource)),
    resource,
  );
  const key = requestedKey(request) ?? { vaultUri: request.plan.observation.vault.uri, keyName: '', keyVersion: null };
  const since = sinceThen(key, last);
  const replacedBy = since.now === 'other' && later !== null && explains(later, since.found, events) ? later : null;
  const success = events.findLast(({ body }) => body.type === 'succeeded')?.seq ?? 0;
  const end = replacedBy?.seq ?? last?.seq ?? Number.POSITIVE_INFINITY;
  return {
    is: 'under-key',
    key,
    since: keySince(request, events),
    put: keyShownFor(request, events)?.found === false,
    level: highestProof(request.proofs),
    ...since,
    replacedBy,
    differences: differencesIn(
      others.filter((one) => isDifference(one, resource) && one.event.seq > success && one.event.seq < end),
    ),
  };
}

const endedBy = ({ ended: { by, at } }: Extract<Request, { ended: unknown }>, events: readonly StoredEvent[]) => ({
  by,
  operator: operatorIn(events),
  at,
});

/** Returns the operator who ended the request. Null if it wasn't an operator, or if no name is stored. */
function operatorIn(events: readonly StoredEvent[]): string | null {
  const end = events.findLast(({ body }) => body.type === 'ended');
  return end?.body.actor.kind === 'operator' ? end.body.actor.id : null;
}

/** Derives the outcome. `others`: events of a later request for the same resource and of the key watch, oldest first, if available. */
export function verdictOf(
  request: Request,
  events: readonly StoredEvent[],
  others: readonly EventOfRequest[] = [],
): Verdict {
  const { changedAt: at, touched } = request;
  const history = runHistory(events);
  if (request.state === 'succeeded') return underKey(request, events, others);
  if (request.state === 'failed')
    return { is: 'failed', step: request.step, done: history.done, history, ...endedBy(request, events) };
  if ('ended' in request)
    return { is: 'not-changed', how: request.state, ...endedBy(request, events), touched, history };
  if (request.state === 'expired')
    return { is: 'not-changed', how: 'expired', by: null, operator: null, at, touched, history };
  const step = request.state === 'needs-attention' ? request.step : null;
  return { is: 'open', state: request.state, step, at, history };
}

/** Selects the events that say what became of the key since the success. `others`: of the other streams, oldest first. */
export function eventsSince(
  request: Request,
  events: readonly StoredEvent[],
  others: readonly EventOfRequest[],
): readonly EventOfRequest[] {
  const { id } = request.plan.spec.resource;
  const replacing = eventsOfReplacement(others, id);
  const found = others.filter((one) => replacing.includes(one) || isDifference(one, id));
  const verdict = verdictOf(request, events, found);
  if (verdict.is !== 'under-key') return [];
  const seqs = verdict.differences.flatMap((one) => one.seqs);
  const isShown = verdict.replacedBy !== null;
  return found.filter((one) => (isShown && replacing.includes(one)) || seqs.includes(one.event.seq));
}
