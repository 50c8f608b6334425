/**
 * What may happen to a request. `decide` runs inside the transaction that stores what it returns: it sees every event
 * stored before, and nothing else can be stored in between.
 */

import { blocksOf, stepsOf } from '../plan.ts';
import type { Standing } from '../policy/policy.ts';
import { signInRefusal } from '../policy/sign-in.ts';
import { isBlank } from '../unseen.ts';
import { isOver, remind } from './decide-remind.ts';
import { checkRun, intend, orderRun, record, stopRun } from './decide-run.ts';
import { isInLastStep, stopEvents } from './decide-stop.ts';
import { type Actor, botActor, type NewEvent, newEvent } from './events.ts';
import { type Refusal, type RefusalCode, refuse } from './refusal.ts';
import { hasEnded, type Request, runRest } from './request.ts';
import { accept, type Command, type Decision, longestText, type Submit } from './request-command.ts';
import { startRefusal } from './start-window.ts';

const standingRefusals: Record<Exclude<Standing, 'yes'>, RefusalCode> = {
  no: 'not-an-approver',
  unknown: 'cannot-check-membership',
  'nobody-configured': 'no-approvers-configured',
};

const operatorMay: readonly Command['do'][] = ['cancel', 'stop', 'retry', 'give-up'];

/** The record names the actor, the rules look at `by`: two people in one click would be one approving as another. */
function mustBeOnePerson(command: Command): void {
  if (!('by' in command) || (command.actor.kind === 'operator' && operatorMay.includes(command.do))) return;
  if (command.actor.kind !== 'person' || command.actor.id !== command.by) {
    throw new Error(`${command.do} by ${command.by} is handed in as ${command.actor.kind} ${command.actor.id}`);
  }
}

/**
 * The events a command leads to, or the reason why not. Of a click it is asked in this order: whether this person may, whether
 * their card is the current one, whether the request is in a state for it.
 */
export function decide(request: Request | null, command: Command, now: Date): Decision {
  mustBeOnePerson(command);
  if (command.do === 'submit') return request === null ? submit(command, now) : refuse('form-ended');
  if (request === null) return refuse('unknown-request');
  switch (command.do) {
    case 'approve':
    case 'reject':
      return decideOn(request, command, now);
    case 'cancel':
      return cancel(request, command);
    case 'remind':
      return remind(request, command, now);
    case 'stop':
      return stop(request, command);
    case 'retry':
    case 'give-up':
      return retryOrGiveUp(request, command);
    case 'erase-texts':
      return eraseTexts(request, command);
    case 'set-clock-right':
      return setClockRight(request, command);
    case 'expire':
      return expire(request, now);
    case 'check-run':
      return checkRun(request, command, now);
    case 'intend':
      return intend(request, command);
    case 'record':
      return record(request, command);
    case 'stop-run':
      return stopRun(request, command);
  }
}

function submit(command: Submit, now: Date): Decision {
  const justification = command.justification.trim();
  if (isBlank(justification)) return refuse('justification-missing');
  if (justification.length > longestText) return refuse('justification-too-long', `${longestText}`);
  const block = blocksOf(command.plan)[0];
  if (block !== undefined) return refuse('plan-blocked', block.code);
  const unfit = startRefusal(command.notBefore, now);
  if (unfit !== null) return unfit;
  const { formId, resourceName, plan, policy, origin, digest } = command;
  return accept(
    newEvent(
      'submitted',
      command.actor,
      { formId, resourceName, plan, policy, origin, ...startOf(command) },
      { planDigest: digest, target: plan.wish.resource.id, result: 'awaiting-approval' },
      { justification },
    ),
  );
}

const startOf = ({ notBefore }: { readonly notBefore: string | null }): { notBefore?: string } =>
  notBefore === null ? {} : { notBefore };

type Decide = Extract<Command, { do: 'approve' | 'reject' }>;

function decideOn(request: Request, command: Decide, now: Date): Decision {
  // Who may decide comes first: nobody learns the state of a request they may not decide on.
  if (command.by === request.requester) return refuse('own-request', request.id);
  if (command.standing !== 'yes') return refuse(standingRefusals[command.standing], request.id);
  if (command.asking !== request.asking) return refuse('stale-card', request.id);
  if (command.comment.length > longestText) return refuse('comment-too-long', `${longestText}`);
  if (isOver(request, now)) return accept(expiry(request), decidedLate(request, 'expired', command));
  if (request.state !== 'awaiting-approval' && request.state !== 'approved') {
    // Whoever may reject wants no more of it to be done: that much can still be had.
    const stops = command.do === 'reject' && request.state === 'running' && !isInLastStep(request);
    return accept(
      decidedLate(request, request.state, command),
      ...(stops ? stopEvents(request, command.actor, command.by) : []),
    );
  }
  const rest = { planDigest: request.digest, target: request.plan.wish.resource.id, onBehalfOf: request.requester };
  const texts: Record<string, string> = isBlank(command.comment) ? {} : { comment: command.comment.trim() };
  if (command.do === 'reject') {
    if (isBlank(command.comment)) return refuse('reason-missing', command.do);
    return accept(newEvent('rejected', command.actor, {}, { ...rest, result: 'rejected' }, texts));
  }
  return approve(request, command, now, rest, texts);
}

/** Too late to have an effect, and recorded all the same: somebody who had a say said it. Once a person and verb. */
const decidedLate = (request: Request, state: Request['state'], { do: verb, actor }: Decide): NewEvent =>
  newEvent(
    'decided-late',
    actor,
    { verb, state },
    { planDigest: request.digest, target: request.plan.wish.resource.id, result: 'no effect' },
  );

/** Nobody reads a plan in less. Not refused, since the second person may have been shown it before: marked for who audits. */
const quickMs = 5_000;

const isQuick = (request: Request, now: Date): boolean => {
  const passedMs = now.getTime() - Date.parse(request.askedAt);
  // Where a wrong clock has asked, nobody knows.
  return passedMs >= 0 && passedMs < quickMs;
};

function approve(
  request: Request,
  command: Extract<Command, { do: 'approve' }>,
  now: Date,
  rest: { planDigest: string; target: string; onBehalfOf: string },
  texts: Record<string, string>,
): Decision {
  if (request.approvals.some((approval) => approval.by === command.by)) return refuse('already-approved-by-you');
  if (request.state === 'approved') return refuse('already-approved', request.id);
  const lost = requesterLost(request, command.requesterStanding);
  if (lost !== null) return lost;
  const irreversible = stepsOf(request.plan, 'irreversible').length;
  if (irreversible > 0 && !command.acknowledged) return refuse('acknowledge-irreversible', `${irreversible}`);
  const unfit = startRefusal(command.notBefore, now);
  if (unfit !== null) return unfit;
  // Last: nobody signs in for a click that would be refused all the same.
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
      ...startOf(command),
    },
    { ...rest, result: 'approved' },
    texts,
  );
  if (counted < approvalsRequired) return accept(approved);
  return accept(approved, orderRun(request));
}

/** Nothing is done for somebody who may no longer ask. The request stays as it is: rejecting and cancelling go on working. */
const requesterLost = (request: Request, standing: Standing): Refusal | null =>
  standing === 'yes'
    ? null
    : refuse(standing === 'unknown' ? 'cannot-check-requester' : 'requester-lost-role', request.id);

/** An operator is named by the command line, which vouches for nobody: the name is kept as said. */
const submittedBy = (actor: Actor): string | null => (actor.kind === 'operator' ? actor.id : null);

function cancel(request: Request, command: Extract<Command, { do: 'cancel' }>): Decision {
  if (command.actor.kind !== 'operator' && command.by !== request.requester) return refuse('not-your-request');
  if (command.asking !== request.asking) return refuse('stale-card', request.id);
  if (hasEnded(request)) return refuse('request-ended', request.id);
  if (request.state !== 'awaiting-approval' && request.state !== 'approved') return refuse('run-started', request.id);
  const rest = { planDigest: request.digest, target: request.plan.wish.resource.id, result: 'cancelled' };
  return accept(newEvent('cancelled', command.actor, {}, { ...rest, submittedBy: submittedBy(command.actor) }));
}

type Settle = Extract<Command, { do: 'retry' | 'give-up' | 'stop' }>;

/** The requester, whoever may approve, and operators; null where nothing of this speaks against it. */
function settleRefusal(request: Request, { actor, by, standing, asking }: Settle): Refusal | null {
  const may = actor.kind === 'operator' || by === request.requester || standing === 'yes';
  if (!may) return refuse(standing === 'unknown' ? 'cannot-check-membership' : 'not-an-approver', request.id);
  if (asking !== request.asking) return refuse('stale-card', request.id);
  return hasEnded(request) ? refuse('request-ended', request.id) : null;
}

function stop(request: Request, command: Extract<Command, { do: 'stop' }>): Decision {
  const refusal = settleRefusal(request, command);
  if (refusal !== null) return refusal;
  if (request.state === 'needs-attention') return refuse('run-stopped', request.id);
  if (request.state !== 'running') return refuse('run-not-begun', request.id);
  if (isInLastStep(request)) return refuse('run-ending', request.id);
  return accept(...stopEvents(request, command.actor, command.by));
}

function retryOrGiveUp(request: Request, command: Extract<Command, { do: 'retry' | 'give-up' }>): Decision {
  const refusal = settleRefusal(request, command);
  if (refusal !== null) return refusal;
  if (request.state !== 'needs-attention') return refuse('not-needing-attention', request.id);
  const lost =
    command.do === 'retry' && command.actor.kind !== 'operator'
      ? requesterLost(request, command.requesterStanding)
      : null;
  if (lost !== null) return lost;
  const rest = { ...runRest(request), submittedBy: submittedBy(command.actor) };
  if (command.do === 'retry') return accept(newEvent('retried', command.actor, {}, rest), orderRun(request));
  const reason = command.comment.trim();
  if (isBlank(reason)) return refuse('reason-missing', command.do);
  if (reason.length > longestText) return refuse('comment-too-long', `${longestText}`);
  return accept(newEvent('given-up', command.actor, {}, { ...rest, result: 'failed' }, { comment: reason }));
}

/** About the record and not about the request, which stays what it is. */
function setClockRight(request: Request, { actor, ahead }: Extract<Command, { do: 'set-clock-right' }>): Decision {
  if (actor.kind !== 'operator') return refuse('not-your-request', request.id);
  return accept(newEvent('clock-set-right', actor, { ahead }, { submittedBy: submittedBy(actor) }));
}

/** Any state will do, and stays what it is: what people wrote is not what a request rests on. */
function eraseTexts(request: Request, command: Extract<Command, { do: 'erase-texts' }>): Decision {
  if (command.actor.kind !== 'operator') return refuse('not-your-request', request.id);
  const reason = command.reason.trim();
  if (isBlank(reason)) return refuse('justification-missing');
  if (reason.length > longestText) return refuse('justification-too-long', `${longestText}`);
  const rest = { planDigest: request.digest, target: request.plan.wish.resource.id, result: 'erased' };
  return accept(
    newEvent('texts-erased', command.actor, { reason }, { ...rest, submittedBy: submittedBy(command.actor) }),
  );
}

const expiry = (request: Request): NewEvent =>
  newEvent('expired', botActor, {}, { planDigest: request.digest, result: 'expired' });

/** A plan that changed has a later end, and a clock may be set back: then it is not over yet. */
const expire = (request: Request, now: Date): Decision =>
  isOver(request, now) ? accept(expiry(request)) : refuse('not-awaiting-approval', request.id);
