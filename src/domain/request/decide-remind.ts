/** Reminders to approvers, before the deadline. */
import { newEvent } from './events.ts';
import { refuse } from './refusal.ts';
import type { Request } from './request.ts';
import { accept, type Command, type Decision } from './request-command.ts';

/** Returns whether the deadline has passed, even if the timer hasn't fired. */
export const isPastDeadline = (request: Request, now: Date): boolean =>
  request.state === 'awaiting-approval' && now.toISOString() >= request.policy.expiresAt;

/** Minimum interval between two reminders. */
const remindEveryMs = 3_600_000;

/** Only the requester can send reminders. */
export function remind(request: Request, command: Extract<Command, { do: 'remind' }>, now: Date): Decision {
  if (command.by !== request.requester) return refuse('not-your-request');
  if (command.asking !== request.asking) return refuse('stale-card', request.id);
  if (request.state !== 'awaiting-approval' || isPastDeadline(request, now))
    return refuse('not-awaiting-approval', request.id);
  const passedMs = now.getTime() - Date.parse(request.remindedAt ?? request.askedAt);
  if (request.remindedAt !== null && passedMs < remindEveryMs) {
    return refuse('reminded-lately', new Date(Date.parse(request.remindedAt) + remindEveryMs).toISOString());
  }
  const rest = { planDigest: request.digest, target: request.plan.wish.resource.id };
  return accept(newEvent('reminded', command.actor, {}, rest));
}
