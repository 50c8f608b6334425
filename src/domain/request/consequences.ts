/** Follow-up work of stored events. Its jobs are inserted in the events' transaction. */
import { retriesAutomatically } from './decide-attention.ts';
import type { StoredEvent } from './events.ts';
import { isNotifying } from './notification-recipients.ts';
import { hasEnded, type Request } from './request.ts';
import { later } from './start-window.ts';

/**
 * `show`: update the request's cards. `audit`: post new events to the audit channel, merged. `run`: start run number `key`.
 * `expire`: end the request if still undecided. `remind`: remind people who must act. `call`: notify people of the event
 * with revision `key`. `retry`: retry when Azure answers again, after the failure with revision `key`. `use`: run the usage check. `alert`: update the card of drift number `key` of an agent. `webhook`: tell the alert webhook. At most
 * one waits per request, kind and key: a second one only moves the due time.
 */
export interface Consequence {
  readonly kind: 'show' | 'audit' | 'run' | 'expire' | 'remind' | 'call' | 'retry' | 'use' | 'alert' | 'webhook';
  readonly key: string;
  /** ISO 8601. */
  readonly dueAt: string;
}

/**
 * When a job is due again: at a stored time (ISO 8601), or `afterMs` after its release, but no later than a stored time. Workers give
 * a duration and not a time of their clock, which can be wrong just then.
 */
export type RescheduleAt = { readonly at: string } | { readonly afterMs: number; readonly noLaterThan?: string };

const shortestRefusalMs = 60_000;

/** When to try again what Teams refuses. That can last for good, so each wait is a quarter of the event's age. */
export const retryRefused = (event: Pick<StoredEvent, 'time'> | undefined, now: Date): RescheduleAt => ({
  afterMs: Math.max(shortestRefusalMs, (now.getTime() - Date.parse(event?.time ?? '')) / 4 || 0),
});

const latest = (time: string, notBefore: string | null): string => later(time, notBefore) ?? time;

/** Events within this many milliseconds are merged into one post in the audit channel. */
const mergeMs = 5_000;

/** Returns the jobs for these events, given the request after them. */
export function consequencesOf(request: Request, events: readonly StoredEvent[]): readonly Consequence[] {
  // Not the request's time of change, because erasing a text doesn't change the request.
  const now = events.at(-1)?.time ?? request.changedAt;
  const auditAt = new Date(Date.parse(now) + mergeMs).toISOString();
  const rows: Consequence[] =
    events.length === 0
      ? []
      : [
          { kind: 'show', key: '', dueAt: now },
          { kind: 'audit', key: '', dueAt: auditAt },
        ];
  for (const event of events) {
    const { body, time, revision } = event;
    if (isNotifying(event)) rows.push({ kind: 'call', key: `${revision}`, dueAt: time });
    if (body.type === 'run-ordered')
      rows.push({ kind: 'run', key: `${body.data.run}`, dueAt: latest(time, request.notBefore) });
    if ('policy' in body.data) {
      const { expiresAt } = body.data.policy;
      rows.push({ kind: 'expire', key: '', dueAt: expiresAt }, ...remindersUntil(expiresAt, time));
    }
    const { escalateAt } = request.policy;
    // It isn't done while no approval is needed, so a withdrawn one adds it again.
    if (escalateAt !== undefined && ('policy' in body.data || body.type === 'approval-withdrawn'))
      rows.push({ kind: 'remind', key: escalationKey, dueAt: escalateAt });
    if (body.type === 'succeeded' && body.data.seeks !== undefined) {
      rows.push({ kind: 'use', key: `${body.data.run}`, dueAt: time });
    }
    if (body.type === 'attention-needed') {
      rows.push({ kind: 'remind', key: 'attention', dueAt: after(time, attentionEveryMs) });
      rows.push({ kind: 'webhook', key: `${revision}`, dueAt: time });
      if (retriesAutomatically(request)) rows.push({ kind: 'retry', key: `${revision}`, dueAt: time });
    }
  }
  return rows;
}

/** Of the job of kind `remind` that escalates. */
export const escalationKey = 'escalation';
const hourMs = 3_600_000;
/** A request that needs attention never expires, so reminders are sent daily. */
export const attentionEveryMs = 24 * hourMs;
const lastCallMs = 4 * hourMs;

const after = (time: string, ms: number): string => new Date(Date.parse(time) + ms).toISOString();

/** Returns reminders at half time, and four hours before the deadline if that is later. */
function remindersUntil(expiresAt: string, from: string): readonly Consequence[] {
  const half = after(from, (Date.parse(expiresAt) - Date.parse(from)) / 2);
  const last = after(expiresAt, -lastCallMs);
  const rows: Consequence[] = [{ kind: 'remind', key: 'half', dueAt: half }];
  return last > half ? [...rows, { kind: 'remind', key: 'last', dueAt: last }] : rows;
}

/** Returns the resource that an open request reserves, or null. No other derived data affects decisions. */
export const reservedResourceId = (request: Request): string | null =>
  hasEnded(request) ? null : request.plan.spec.resource.id.toLowerCase();

/** A job that no event asks for: someone with access to the database added it. */
export interface OrphanJob {
  readonly request: string;
  readonly kind: string;
  readonly key: string;
}
