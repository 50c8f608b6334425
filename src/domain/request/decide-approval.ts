/** Decisions of approvers: permission, timeliness and effect. */

import type { PersonId } from '../ids.ts';
import { stepsOf } from '../plan.ts';
import type { RoleStatus } from '../policy/policy.ts';
import { signInRefusal } from '../policy/sign-in.ts';
import { isBlank } from '../strings.ts';
import { orderRun } from './decide-run.ts';
import { isInLastStep, stopEvents } from './decide-stop.ts';
import { botActor, type NewEvent, newEvent } from './events.ts';
import { type Refusal, type RefusalCode, refuse } from './refusal.ts';
import { hasEnded, isBeforeRun, type Request, runRest } from './request.ts';
import { accept, type Command, type Decision, longestText } from './request-command.ts';
import { startField, startRefusal } from './start-window.ts';

const roleRefusals: Record<Exclude<RoleStatus, 'yes'>, RefusalCode> = {
  no: 'not-an-approver',
  unknown: 'cannot-check-membership',
  'none-configured': 'no-approvers-configured',
};

/** Returns whether the deadline has passed, even if the timer hasn't fired. */
export const isPastDeadline = (request: Request, now: Date): boolean =>
  request.state === 'awaiting-approval' && now.toISOString() >= request.policy.expiresAt;

/** The event for a missed deadline. */
export const expiry = (request: Request): NewEvent =>
  newEvent('ended', botActor, { as: 'expired' }, { planDigest: request.digest, result: 'expired' });

/** Refuses a click on an earlier card, or on an ended request. */
export function outdatedRefusal(request: Request, asking: number): Refusal | null {
  if (asking !== request.asking) return refuse('stale-card', request.id);
  return hasEnded(request) ? refuse('request-ended', request.id) : null;
}

type Decide = Extract<Command, { do: 'approve' | 'reject' }>;

export function decideOn(request: Request, command: Decide, now: Date): Decision {
  // Authorization comes first. Without it, the response reveals nothing about the request's state.
  if (command.by === request.requester) return refuse('own-request', request.id);
  if (command.roleStatus !== 'yes') return refuse(roleRefusals[command.roleStatus], request.id);
  if (command.asking !== request.asking) return refuse('stale-card', request.id);
  if (command.comment.length > longestText) return refuse('text-too-long', `${longestText}`);
  const texts: Record<string, string> = isBlank(command.comment) ? {} : { comment: command.comment.trim() };
  if (isPastDeadline(request, now)) return accept(expiry(request), decidedLate(request, 'expired', command, texts));
  if (!isBeforeRun(request)) {
    // A late rejection of a running request stops it after the attempt under way.
    const stops = command.do === 'reject' && request.state === 'running' && !isInLastStep(request);
    return accept(decidedLate(request, request.state, command, texts), ...(stops ? stopEvents(request, command) : []));
  }
  if (command.do === 'reject') {
    if (isBlank(command.comment)) return refuse('reason-missing', command.do);
    return accept(
      newEvent('ended', command.actor, { as: 'rejected' }, { ...runRest(request), result: 'rejected' }, texts),
    );
  }
  return approve(request, command, now, texts);
}

/** A decision without effect. It's logged anyway, once per person and verb. */
const decidedLate = (
  request: Request,
  state: Request['state'],
  { do: verb, actor }: Decide,
  texts: Record<string, string>,
): NewEvent =>
  newEvent(
    'decided-late',
    actor,
    { verb, state },
    { planDigest: request.digest, target: request.plan.spec.resource.id, result: 'no effect' },
    texts,
  );

/**
 * Shortest plausible time for reading a plan. Faster approvals aren't refused, because the approver might have seen the plan
 * before. They're marked for auditors.
 */
const quickMs = 5_000;

const isQuick = (request: Request, now: Date): boolean => {
  const passedMs = now.getTime() - Date.parse(request.askedAt);
  // A negative duration means that a clock was wrong.
  return passedMs >= 0 && passedMs < quickMs;
};

function approve(
  request: Request,
  command: Extract<Command, { do: 'approve' }>,
  now: Date,
  texts: Record<string, string>,
): Decision {
  if (request.approvals.some((approval) => approval.by === command.by)) return refuse('already-approved-by-you');
  if (request.state === 'approved') return refuse('already-approved', request.id);
  const lost = lostRequesterRefusal(request, command.requesterStatus);
  if (lost !== null) return lost;
  const irreversible = stepsOf(request.plan, 'irreversible').length;
  if (irreversible > 0 && !command.acknowledged) return refuse('acknowledge-irreversible', `${irreversible}`);
  const unfit = startRefusal(command.notBefore, now);
  if (unfit !== null) return unfit;
  // Checked last, so that no one signs in for a click that is refused anyway.
  const { stepUp, signIn, actor } = command;
  if (stepUp !== null) {
    const missing = signInRefusal(stepUp, { person: command.by, tenantId: actor.tenantId }, signIn, now);
    if (missing !== null) return missing;
  }
  const counted = request.approvals.length + 1;
  const { approvalsRequired } = request.policy;
  const approved = newEvent(
    'approved',
    command.actor,
    {
      acknowledgedIrreversible: command.acknowledged,
      counted,
      required: approvalsRequired,
      quick: isQuick(request, now),
      signIn: stepUp === null ? null : signIn,
      ...startField(command),
    },
    { ...runRest(request), result: 'approved' },
    texts,
  );
  if (counted < approvalsRequired) return accept(approved);
  return accept(approved, orderRun(request));
}

/** Returns whether no step has begun under the current approvals, so that they can be withdrawn. */
export const canWithdraw = (request: Request, by: PersonId): boolean =>
  isBeforeRun(request) &&
  request.progress.every(({ state }) => state === 'planned') &&
  request.approvals.some((approval) => approval.by === by);

/** Needs no approver role: a person who lost it can still withdraw what they approved. Later than the deadline, it expires. */
export function withdraw(request: Request, command: Extract<Command, { do: 'withdraw' }>, now: Date): Decision {
  const { by, actor, asking } = command;
  if (!request.approvals.some((approval) => approval.by === by)) return refuse('not-approved-by-you', request.id);
  const outdated = outdatedRefusal(request, asking);
  if (outdated !== null) return outdated;
  if (!canWithdraw(request, by)) return refuse('run-started', request.id);
  const rest = { ...runRest(request), result: 'awaiting-approval' };
  const isLate = request.policy.expiresAt <= now.toISOString();
  return accept(newEvent('approval-withdrawn', actor, {}, rest), ...(isLate ? [expiry(request)] : []));
}

/** Refuses if the requester has lost the requester role. The request stays unchanged and can still be rejected or cancelled. */
export const lostRequesterRefusal = (request: Request, roleStatus: RoleStatus): Refusal | null =>
  roleStatus === 'yes'
    ? null
    : refuse(roleStatus === 'unknown' ? 'cannot-check-requester' : 'requester-lost-role', request.id);
