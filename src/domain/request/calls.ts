/**
 * Who is called when something happens. A card that changes rings for nobody, so whoever has to know or to act is told in words
 * of their own: one post an event and person, and none for what they did themselves.
 */
import { PersonId } from '../ids.ts';
import type { EventBody, EventType, StoredEvent } from './events.ts';
import { hasEnded, type Request } from './request.ts';

/** `operators`: whom the configuration names for what got stuck. */
export type Called = 'requester' | 'approvers' | 'operators';

const nobody: readonly Called[] = [];

/** A type that is missing here does not compile. A request that is submitted rings by the new cards it posts. */
const called: { readonly [T in EventType]: readonly Called[] } = {
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
  // The card and the trail say it: who waits for nothing is not called a second time.
  'use-judged': nobody,
  'stop-requested': nobody,
  retried: nobody,
  'given-up': ['requester'],
  reminded: ['approvers'],
  'texts-erased': nobody,
  'evidence-made': nobody,
  'clock-set-right': nobody,
};

export const calledFor = ({ type }: Pick<EventBody, 'type'>): readonly Called[] => called[type];

/** The person who did it; null: the bot or an operator. A run that somebody stopped needs attention by their doing. */
export function doerOf({ body }: Pick<StoredEvent, 'body'>): PersonId | null {
  if (body.type === 'attention-needed') {
    const { failure } = body.data;
    const by = failure.source === 'bot' && failure.found.code === 'stopped' ? failure.found.by : null;
    return PersonId.safeParse(by).data ?? null;
  }
  return body.actor.kind === 'person' ? PersonId.parse(body.actor.id) : null;
}

/** Whether there still is something to call for: by the time it comes to that, somebody may have acted. */
export function isStillSo(request: Request, { body, revision }: Pick<StoredEvent, 'body' | 'revision'>): boolean {
  const isAsked = request.asking === revision;
  if (body.type === 'attention-needed') return request.state === 'needs-attention' && isAsked;
  if (body.type === 'plan-changed' || body.type === 'request-changed')
    return request.state === 'awaiting-approval' && isAsked;
  if (body.type === 'reminded') return request.state === 'awaiting-approval' && request.asking < revision;
  // The rest are ends, which nothing comes after.
  return hasEnded(request);
}
