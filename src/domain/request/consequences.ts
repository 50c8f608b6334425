/** What must follow from stored events. The rows are written in the same transaction as the events. */

import type { RequestId } from '../ids.ts';
import { calledFor } from './calls.ts';
import type { EventType, StoredEvent } from './events.ts';
import { hasEnded, type Request } from './request.ts';
import { later } from './start-window.ts';

/**
 * `show`: bring the request's cards up to date. `audit`: show new events in the audit channel, merged. `run`: start run
 * number `key`. `expire`: end it if still undecided. `remind`: say again, in words, that people are waited for. `call`: tell
 * people in words of the event with the revision `key`. `use`: ask the vault's log whether the resource uses the key.
 * One row per request, kind and key: a second one only moves the due time and marks the first as changed.
 */
export interface Consequence {
  readonly kind: 'show' | 'audit' | 'run' | 'expire' | 'remind' | 'call' | 'use';
  readonly key: string;
  /** ISO 8601. */
  readonly dueAt: string;
}

/**
 * When a row is due again: at a stored time (ISO 8601), or `afterMs` after its release, but no later than a stored time. Workers give
 * a duration and not a time of their clock, which can be wrong just then.
 */
export type RescheduleAt = { readonly at: string } | { readonly afterMs: number; readonly noLaterThan?: string };

const latest = (time: string, notBefore: string | null): string => later(time, notBefore) ?? time;

/** Events of so many milliseconds go into one reply in the audit channel. */
const mergeMs = 5_000;

/** The rows that follow from these events, given the request after them. */
export function consequencesOf(request: Request, events: readonly StoredEvent[]): readonly Consequence[] {
  // The request may have last changed at another time: a text that is erased is no change of it.
  const now = events.at(-1)?.time ?? request.changedAt;
  const auditAt = new Date(Date.parse(now) + mergeMs).toISOString();
  const rows: Consequence[] =
    events.length === 0
      ? []
      : [
          { kind: 'show', key: '', dueAt: now },
          { kind: 'audit', key: '', dueAt: auditAt },
        ];
  for (const { body, time, revision } of events) {
    if (calledFor(body).length > 0) rows.push({ kind: 'call', key: `${revision}`, dueAt: time });
    if (body.type === 'run-ordered')
      rows.push({ kind: 'run', key: `${body.data.run}`, dueAt: latest(time, request.notBefore) });
    if (body.type === 'submitted' || body.type === 'plan-changed' || body.type === 'request-changed') {
      const { expiresAt } = body.data.policy;
      rows.push({ kind: 'expire', key: '', dueAt: expiresAt }, ...remindersUntil(expiresAt, time));
    }
    if (body.type === 'succeeded' && body.data.seeks !== undefined) {
      rows.push({ kind: 'use', key: `${body.data.run}`, dueAt: time });
    }
    if (body.type === 'attention-needed') {
      rows.push({ kind: 'remind', key: 'attention', dueAt: after(time, attentionEveryMs) });
    }
  }
  return rows;
}

const hourMs = 3_600_000;
/** A request that needs attention never expires: it is brought up once a day. */
export const attentionEveryMs = 24 * hourMs;
const lastCallMs = 4 * hourMs;

const after = (time: string, ms: number): string => new Date(Date.parse(time) + ms).toISOString();

/** At half time, and four hours before the end where that comes later. */
function remindersUntil(expiresAt: string, from: string): readonly Consequence[] {
  const half = after(from, (Date.parse(expiresAt) - Date.parse(from)) / 2);
  const last = after(expiresAt, -lastCallMs);
  const rows: Consequence[] = [{ kind: 'remind', key: 'half', dueAt: half }];
  return last > half ? [...rows, { kind: 'remind', key: 'last', dueAt: last }] : rows;
}

/** The one derived row that rules anything: which agent an open request holds. */
export const holdsResource = (request: Request): string | null =>
  hasEnded(request) ? null : request.plan.wish.resource.id.toLowerCase();

const endings: readonly string[] = [
  'rejected',
  'cancelled',
  'expired',
  'given-up',
  'succeeded',
] satisfies readonly EventType[];

/** Whether an event of this type ends its request, and so frees what it holds: what {@link holdsResource} says of the state. */
export const isEnding = (type: string): boolean => endings.includes(type);

/** Where an outbox row came from. */
export interface OutboxItem extends Consequence {
  readonly requestId: RequestId;
  readonly attempts: number;
  /** Changes whenever the row is written again: finishing an old version leaves the newer one. */
  readonly version: number;
  /** Of what wrote the row, in the form of W3C Trace Context; null: nothing was told of it. */
  readonly traceparent: string | null;
}
