/**
 * Recipients of notifications, by event. Teams doesn't notify people of a changed card, so each event notifies each person
 * once by a message. People aren't notified of their own actions.
 */
import { PersonId } from '../ids.ts';
import type { EventBody, EventType, StoredEvent } from './events.ts';
import { hasEnded, type Request } from './request.ts';

/** `operators`: the configured recipients for requests that need attention. */
export type RecipientGroup = 'requester' | 'approvers' | 'operators';

const nobody: readonly RecipientGroup[] = [];

/** Complete: a missing type doesn't compile. Submitting a request notifies by posting new cards. */
const called: { readonly [T in EventType]: readonly RecipientGroup[] } = {
  submitted: nobody,
  approved: nobody,
  rejected: ['requester'],
  cancelled: ['requester'],
  expired: ['requester'],
  'decided-late': nobody,
  'plan-changed': ['requester', 'approvers'],
  'request-changed': ['approvers'],
  'run-ordered': nobody,
  'run-checked': nobody,
  'step-intended': nobody,
  'step-done': nobody,
  'step-failed': nobody,
  'attention-needed': ['requester', 'operators'],
  succeeded: ['requester'],
  // The card and the audit channel show it. No one is waiting for it.
  'use-judged': nobody,
  'stop-requested': nobody,
  retried: nobody,
  // The result notifies.
  'retried-automatically': nobody,
  // The card shows it.
  'taken-on': nobody,
  'given-up': ['requester'],
  reminded: ['approvers'],
  'texts-erased': nobody,
  'evidence-made': nobody,
  'clock-set-right': nobody,
  // The alert's card calls operators itself.
  'drift-opened': nobody,
  'drift-changed': nobody,
  'drift-closed': nobody,
};

export const recipientsOf = ({ type }: Pick<EventBody, 'type'>): readonly RecipientGroup[] => called[type];

/**
 * Returns the person who caused the event; null for the bot or an operator. A stopped run needs attention because of the
 * person who stopped it.
 */
export function actingPerson({ body }: Pick<StoredEvent, 'body'>): PersonId | null {
  if (body.type === 'attention-needed') {
    const { failure } = body.data;
    const by = failure.source === 'bot' && failure.found.code === 'stopped' ? failure.found.by : null;
    return PersonId.safeParse(by).data ?? null;
  }
  return body.actor.kind === 'person' ? PersonId.parse(body.actor.id) : null;
}

/** Returns whether the notification is still needed. Someone might have acted in the meantime. */
export function isStillNeeded(request: Request, { body, revision }: Pick<StoredEvent, 'body' | 'revision'>): boolean {
  const isAsked = request.asking === revision;
  if (body.type === 'attention-needed') return request.state === 'needs-attention' && isAsked;
  if (body.type === 'plan-changed' || body.type === 'request-changed')
    return request.state === 'awaiting-approval' && isAsked;
  if (body.type === 'reminded') return request.state === 'awaiting-approval' && request.asking < revision;
  // All others are final.
  return hasEnded(request);
}
