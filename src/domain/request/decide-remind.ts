/** Having those called again who can decide, while there is time to decide. */
import { newEvent } from './events.ts';
import { refuse } from './refusal.ts';
import type { Request } from './request.ts';
import { accept, type Command, type Decision } from './request-command.ts';

/** The time to decide is over, whether or not the timer has come by. */
export const isOver = (request: Request, now: Date): boolean =>
  request.state === 'awaiting-approval' && now.toISOString() >= request.policy.expiresAt;

/** Oftener than once an hour, being called is not being reminded. */
const remindEveryMs = 3_600_000;

/** Asked of whoever asked: approvers know that they are waited for, and others have no say. */
export function remind(request: Request, command: Extract<Command, { do: 'remind' }>, now: Date): Decision {
  if (command.by !== request.requester) return refuse('not-your-request');
  if (command.asking !== request.asking) return refuse('stale-card', request.id);
  if (request.state !== 'awaiting-approval' || isOver(request, now)) return refuse('not-awaiting-approval', request.id);
  const passedMs = now.getTime() - Date.parse(request.remindedAt ?? request.askedAt);
  if (request.remindedAt !== null && passedMs < remindEveryMs) {
    return refuse('reminded-lately', new Date(Date.parse(request.remindedAt) + remindEveryMs).toISOString());
  }
  const rest = { planDigest: request.digest, target: request.plan.wish.resource.id };
  return accept(newEvent('reminded', command.actor, {}, rest));
}
