/**
 * Decides what can happen to a request. `decide` runs inside the transaction that stores its events, after the chain head was
 * locked: it sees every event stored before, and nothing else can be stored in between.
 */

import type { ArmId, PersonId, StreamId } from '../ids.ts';
import { referenceField } from '../policy/policy.ts';
import {
  decideOn,
  expiry,
  isPastDeadline,
  lostRequesterRefusal,
  outdatedRefusal,
  withdraw,
} from './decide-approval.ts';
import { retryAutomatically, settleRefusal, takeOn } from './decide-attention.ts';
import { change, specRefusal } from './decide-change.ts';
import { checkRun, intend, orderRun, recordResult, stopRun } from './decide-run.ts';
import { isInLastStep, stopEvents } from './decide-stop.ts';
import { decideUse } from './decide-use.ts';
import { type Actor, botActor, newEvent } from './events.ts';
import { refuse } from './refusal.ts';
import { isBeforeRun, type Request, runRest } from './request.ts';
import { accept, type Command, type Decision, reasonRefusal, type Submit } from './request-command.ts';
import { startField } from './start-window.ts';

const operatorMay: readonly Command['do'][] = ['cancel', 'stop', 'retry', 'give-up'];

/**
 * Rejects a command with two identities: events name the actor, rules check `by`. Different ones would let one person
 * approve as another.
 */
function mustBeOnePerson(command: Command): void {
  if (!('by' in command) || (command.actor.kind === 'operator' && operatorMay.includes(command.do))) return;
  if (command.actor.kind !== 'person' || command.actor.id !== command.by) {
    throw new Error(`${command.do} by ${command.by} is handed in as ${command.actor.kind} ${command.actor.id}`);
  }
}

/**
 * Returns a command's events or a refusal. For a click, checks in this order: the person's permission, whether the card is
 * current, and the request's state. An edit checks the state first, so that a late one is called late.
 */
export function decide(request: Request | null, command: Command, now: Date): Decision {
  mustBeOnePerson(command);
  if (command.do === 'submit') return request === null ? submit(command, now) : refuse('form-ended');
  if (request === null) return refuse('unknown-request');
  switch (command.do) {
    case 'approve':
    case 'reject':
      return decideOn(request, command, now);
    case 'withdraw':
      return withdraw(request, command, now);
    case 'change':
      return change(request, command, now);
    case 'cancel':
      return cancel(request, command);
    case 'remind':
      return remind(request, command, now);
    case 'escalate':
      return escalate(request, command.to, now);
    case 'stop':
      return stop(request, command);
    case 'retry':
    case 'give-up':
      return retryOrGiveUp(request, command);
    case 'retry-automatically':
      return retryAutomatically(request, command);
    case 'take-on':
      return takeOn(request, command);
    case 'erase-texts':
      return decideErasure(
        { id: request.id, digest: request.digest, target: request.plan.spec.resource.id },
        command.actor,
        command.reason,
      );
    case 'note-evidence':
      return noteEvidence(request, command);
    case 'set-clock-right':
      return setClockRight(request, command);
    case 'expire':
      return expire(request, now);
    case 'check-run':
      return checkRun(request, command, now);
    case 'intend':
      return intend(request, command, now);
    case 'record':
      return recordResult(request, command, now);
    case 'judge-use':
      return decideUse(request, command, now);
    case 'stop-run':
      return stopRun(request, command);
  }
}

function submit(command: Submit, now: Date): Decision {
  const unfit = specRefusal(command, now);
  if (unfit !== null) return unfit;
  const justification = command.justification.trim();
  const { formId, resourceName, plan, policy, origin, digest } = command;
  return accept(
    newEvent(
      'submitted',
      command.actor,
      { formId, resourceName, plan, policy, origin, ...startField(command), ...referenceField(command) },
      { planDigest: digest, target: plan.spec.resource.id, result: 'awaiting-approval' },
      { justification },
    ),
  );
}

/** Returns the operator's name as given on the command line. It isn't verified. */
const submittedBy = (actor: Actor): string | null => (actor.kind === 'operator' ? actor.id : null);

function cancel(request: Request, command: Extract<Command, { do: 'cancel' }>): Decision {
  if (command.actor.kind !== 'operator' && command.by !== request.requester) return refuse('not-your-request');
  const outdated = outdatedRefusal(request, command.asking);
  if (outdated !== null) return outdated;
  if (!isBeforeRun(request)) return refuse('run-started', request.id);
  const rest = { planDigest: request.digest, target: request.plan.spec.resource.id, result: 'cancelled' };
  return accept(
    newEvent('ended', command.actor, { as: 'cancelled' }, { ...rest, submittedBy: submittedBy(command.actor) }),
  );
}

const remindEveryMs = 3_600_000;

/** Only the requester can send reminders. */
function remind(request: Request, command: Extract<Command, { do: 'remind' }>, now: Date): Decision {
  if (command.by !== request.requester) return refuse('not-your-request');
  if (command.asking !== request.asking) return refuse('stale-card', request.id);
  if (request.state !== 'awaiting-approval' || isPastDeadline(request, now))
    return refuse('not-awaiting-approval', request.id);
  const passedMs = now.getTime() - Date.parse(request.remindedAt ?? request.askedAt);
  if (request.remindedAt !== null && passedMs < remindEveryMs) {
    return refuse('reminded-lately', new Date(Date.parse(request.remindedAt) + remindEveryMs).toISOString());
  }
  const rest = { planDigest: request.digest, target: request.plan.spec.resource.id };
  return accept(newEvent('reminded', command.actor, {}, rest));
}

/** Once for each question. It only notifies: who can approve is checked at each click. */
function escalate(request: Request, to: readonly PersonId[], now: Date): Decision {
  const { policy, requester, approvals, digest: planDigest, plan } = request;
  const escalated = to.filter((id) => id !== requester && !approvals.some(({ by }) => by === id));
  const isDue = policy.escalateAt !== undefined && policy.escalateAt <= now.toISOString();
  const isOpen = request.state === 'awaiting-approval' && request.escalated === null && !isPastDeadline(request, now);
  if (!isDue || !isOpen || escalated.length === 0) return refuse('not-awaiting-approval', request.id);
  return accept(newEvent('reminded', botActor, { escalated }, { planDigest, target: plan.spec.resource.id }));
}

function stop(request: Request, command: Extract<Command, { do: 'stop' }>): Decision {
  const refusal = settleRefusal(request, command);
  if (refusal !== null) return refusal;
  if (request.state === 'needs-attention') return refuse('run-stopped', request.id);
  if (request.state !== 'running') return refuse('run-not-begun', request.id);
  if (isInLastStep(request)) return refuse('run-ending', request.id);
  return accept(...stopEvents(request, command));
}

function retryOrGiveUp(request: Request, command: Extract<Command, { do: 'retry' | 'give-up' }>): Decision {
  const refusal = settleRefusal(request, command);
  if (refusal !== null) return refusal;
  if (request.state !== 'needs-attention') return refuse('not-needing-attention', request.id);
  const lost =
    command.do === 'retry' && command.actor.kind !== 'operator'
      ? lostRequesterRefusal(request, command.requesterStatus)
      : null;
  if (lost !== null) return lost;
  const rest = { ...runRest(request), submittedBy: submittedBy(command.actor) };
  if (command.do === 'retry') return accept(newEvent('retried', command.actor, {}, rest), orderRun(request));
  const comment = command.comment.trim();
  const unfit = reasonRefusal(comment, command.do);
  if (unfit !== null) return unfit;
  return accept(newEvent('ended', command.actor, { as: 'failed' }, { ...rest, result: 'failed' }, { comment }));
}

/** Concerns the audit log; the request doesn't change. */
function setClockRight(request: Request, { actor, ahead }: Extract<Command, { do: 'set-clock-right' }>): Decision {
  if (actor.kind !== 'operator') return refuse('not-your-request', request.id);
  return accept(newEvent('clock-set-right', actor, { ahead }, { submittedBy: submittedBy(actor) }));
}

/** Not over if the plan changed and the deadline moved, or if a clock was set back. */
const expire = (request: Request, now: Date): Decision =>
  isPastDeadline(request, now) ? accept(expiry(request)) : refuse('not-awaiting-approval', request.id);

function noteEvidence(request: Request, command: Extract<Command, { do: 'note-evidence' }>): Decision {
  const { actor, texts, reading } = command;
  if (actor.kind === 'bot') return refuse('not-your-request', request.id);
  const rest = {
    planDigest: request.digest,
    target: request.plan.spec.resource.id,
    submittedBy: actor.kind === 'operator' ? actor.id : null,
  };
  return accept(newEvent('evidence-made', actor, { texts, reading }, rest));
}

interface ErasedStream {
  readonly id: StreamId;
  /** Of the plan that it is about. */
  readonly digest: string;
  readonly target: ArmId;
}

/** Allowed in any state, for operators alone. Nothing else changes, because texts don't affect it. */
export function decideErasure({ id, digest: planDigest, target }: ErasedStream, actor: Actor, text: string): Decision {
  if (actor.kind !== 'operator') return refuse('not-your-request', id);
  const reason = text.trim();
  const unfit = reasonRefusal(reason);
  if (unfit !== null) return unfit;
  const rest = { planDigest, target, result: 'erased', submittedBy: actor.id };
  return accept(newEvent('texts-erased', actor, { reason }, rest));
}
