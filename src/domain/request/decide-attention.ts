/** A request that needs attention: who works on it, and its one automatic retry. */
import { type Failure, statusOf } from '../failure.ts';
import { outdatedRefusal } from './decide-approval.ts';
import { orderRun } from './decide-run.ts';
import { botActor, newEvent } from './events.ts';
import { type Refusal, refuse } from './refusal.ts';
import { type Request, runRest } from './request.ts';
import { accept, type Command, type Decision } from './request-command.ts';

/** Returns whether Azure, the sign-in service or the network was unavailable. Refusals and conflicts aren't outages. */
function isOutage(failure: Failure): boolean {
  if (failure.source === 'bot' || failure.next !== 'wait') return false;
  const status = statusOf(failure);
  return status === null || status >= 500 || status === 429 || status === 408;
}

/**
 * Returns whether the bot retries the request when Azure answers again. Once only: a second outage without a person's retry
 * in between waits for a person.
 */
export const retriesAutomatically = (request: Request): boolean =>
  request.state === 'needs-attention' &&
  !request.retriedAutomatically &&
  !request.objected &&
  isOutage(request.failure);

/** Refuses if a person acted first. */
export function retryAutomatically(
  request: Request,
  { asking }: Extract<Command, { do: 'retry-automatically' }>,
): Decision {
  if (request.asking !== asking || !retriesAutomatically(request)) return refuse('not-needing-attention', request.id);
  return accept(newEvent('retried', botActor, {}, runRest(request)), orderRun(request));
}

type Settle = Extract<Command, { do: 'retry' | 'give-up' | 'stop' | 'take-on' }>;

/** The requester, an approver, or an operator can act. They don’t decide on the plan. Returns null if nothing prevents it. */
export function settleRefusal(request: Request, { actor, by, roleStatus, asking }: Settle): Refusal | null {
  const may = actor.kind === 'operator' || by === request.requester || roleStatus === 'yes';
  if (!may) return refuse(roleStatus === 'unknown' ? 'cannot-check-membership' : 'not-an-operator', request.id);
  return outdatedRefusal(request, asking);
}

/** People who can retry the request take it on. Another person can take it over. A second tap on either stores nothing. */
export function takeOn(request: Request, command: Extract<Command, { do: 'take-on' }>): Decision {
  const { by, actor, released } = command;
  const refusal = settleRefusal(request, command);
  if (refusal !== null) return refusal;
  if (request.state !== 'needs-attention') return refuse('not-needing-attention', request.id);
  const isHolder = request.takenOn?.by === by;
  return isHolder === released
    ? accept(newEvent('taken-on', actor, released ? { released } : {}, runRest(request)))
    : accept();
}
