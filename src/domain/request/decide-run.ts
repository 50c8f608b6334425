/**
 * Rules for a run: it does only what an approval covers. The runner isn't trusted. Expected conflicts, such as a rejection
 * before the first intent, are refused. Errors that a correct runner never makes are thrown.
 */

import { canonicalJson } from '../canonical-json.ts';
import type { Check } from '../check.ts';
import type { Effect } from '../effect.ts';
import { botFailure, codeOf, type Failure, receiptOf } from '../failure.ts';
import { isCovered, notCovered, type Plan, type StepName, stepsBefore } from '../plan.ts';
import { meetsStepUp } from '../policy/sign-in.ts';
import { type Proof, provesSuccess } from '../proof.ts';
import { isInLastStep, runStoppedEvent } from './decide-stop.ts';
import { usagePeriodFor } from './decide-use.ts';
import { botActor, type NewEvent, newEvent } from './events.ts';
import { refuse } from './refusal.ts';
import { type Request, runRest, type StepProgress } from './request.ts';
import { accept, type Command, type Decision, type StepResult } from './request-command.ts';
import { approvalEnds, isCheckOld, isTooEarly } from './start-window.ts';

/** Orders the next run of the current plan. */
export const orderRun = (request: Request): NewEvent =>
  newEvent(
    'run-ordered',
    botActor,
    { run: request.runs + 1 },
    { planDigest: request.digest, target: request.plan.spec.resource.id, onBehalfOf: request.requester },
  );

/**
 * Compares the approved plan with Azure's current state and the approvers' current roles. If the approvals cover it, the
 * result is `run-checked`, which any step requires. If not, the request needs approval again, with the new plan. A block
 * needs a person to remove it; approvals stay valid. Throws on a plan for another change.
 */
export function checkRun(request: Request, command: Extract<Command, { do: 'check-run' }>, now: Date): Decision {
  if (request.state !== 'approved' || request.runs !== command.run) return refuse('not-awaiting-approval', request.id);
  if (isTooEarly(request, now)) {
    throw new Error(`checking run ${command.run} of ${request.id}: it begins at ${request.notBefore} at the earliest`);
  }
  if (canonicalJson(command.plan.spec) !== canonicalJson(request.plan.spec)) {
    throw new Error(`checking run ${command.run} of ${request.id}: the plan is for another spec`);
  }
  if (command.requesterStatus !== 'yes') {
    return stopRun(request, { run: command.run, failure: botFailure(checkingAgain, { code: 'requester-lost-role' }) });
  }
  const difference = notCovered(request.plan, command.plan);
  const [block] = difference.blocks;
  // Approvals can't override a block. A person removes the cause and retries; the approvals stay valid.
  if (block !== undefined) {
    const other = difference.replaced.find(({ what }) => explains[what] === block.code);
    const failure = other ? botFailure(checkingAgain, { code: 'replaced', ...other }) : blockedBy(block);
    return stopRun(request, { run: command.run, failure });
  }
  const covered = isCovered(difference);
  const still = request.approvals.filter(({ by }) => command.roleStatuses[by] === 'yes');
  const valid = still.filter((approval) => now.getTime() < approvalEnds(approval, request.notBefore));
  const counted = valid
    .filter(({ by, signIn, at }) => meetsStepUp(command.stepUp, by, signIn, new Date(at)))
    .map(({ by }) => by);
  // The stricter of the two policies applies: the one at the time of the request, and the current one.
  const needed = Math.max(request.policy.approvalsRequired, command.policy.approvalsRequired);
  const { run, plan, policy } = command;
  if (covered && counted.length >= needed && !request.objected) {
    const data = { run, observed: command.digest, counted, approvers: command.approvers };
    return accept(newEvent('run-checked', botActor, data, { ...runRest(request), result: 'covered' }));
  }
  const old = valid.length >= needed ? 'sign-in-missing' : 'approval-ended';
  const enough = still.length >= needed ? old : 'approvers-changed';
  const people = request.objected ? 'stopped-by-approver' : enough;
  const reason = covered ? people : 'effects-not-covered';
  return accept(
    newEvent(
      'plan-changed',
      botActor,
      { run, plan, policy, reason },
      {
        planDigest: command.digest,
        target: request.plan.spec.resource.id,
        onBehalfOf: request.requester,
        result: 'awaiting-approval',
      },
    ),
  );
}

/** Blocks that are caused by a vault or resource that was created again. */
const explains = { vault: 'key-missing', resource: 'microsoft-managed' } as const;

const checkingAgain = 'checking the plan before the run';

/** Returns the failure of a run that a check blocks. */
export const blockedBy = (check: Check, next: Failure['next'] = 'ask'): Failure =>
  botFailure(checkingAgain, { code: 'blocked', check }, next);

const inRun = (request: Request, run: number): boolean =>
  request.runs === run && (request.state === 'approved' || request.state === 'running');

function progressOf(request: Request, name: StepName): StepProgress {
  const step = request.progress.find((one) => one.name === name);
  if (step === undefined) throw new Error(`step ${name} is not in the plan of ${request.id}`);
  return step;
}

const isDoneIn = (request: Request, run: number, name: StepName): boolean => {
  const step = progressOf(request, name);
  return step.run === run && step.state === 'done';
};

/** Throws unless this is the next attempt of the next step. */
function mustBeNext(request: Request, run: number, { step: name, attempt }: { step: StepName; attempt: number }): void {
  const step = progressOf(request, name);
  const begun = step.run === run;
  const early = stepsBefore(name, request.plan.steps).filter((other) => !isDoneIn(request, run, other));
  const next = begun ? step.state === 'waiting' && attempt === step.attempt + 1 : attempt === 1;
  if (early.length === 0 && next) return;
  const found = begun ? `${step.state} at try ${step.attempt}` : 'not begun in this run';
  throw new Error(
    `intending ${name}/${attempt} in run ${run} of ${request.id}: it is ${found}, not done before it: ${early.join(', ')}`,
  );
}

/**
 * Stores the intent before an attempt. Without a stored intent, nothing changes in Azure. Throws on a step that isn't in the
 * plan or isn't next, or a run that wasn't checked. Refuses if the request has ended or the check before the run is too old.
 */
export function intend(request: Request, command: Extract<Command, { do: 'intend' }>, now: Date): Decision {
  if (!inRun(request, command.run)) return refuse('request-ended', request.id);
  if (request.checked !== command.run) throw new Error(`run ${command.run} of ${request.id} was not checked`);
  if (isCheckOld(request, now)) return refuse('check-too-old', request.id);
  for (const one of command.steps) mustBeNext(request, command.run, one);
  return accept(
    ...command.steps.map(({ step, attempt, nonceHash, clientRequestId = null }) =>
      newEvent(
        'step-intended',
        botActor,
        { run: command.run, step, attempt, ...(nonceHash === undefined ? {} : { nonceHash }) },
        { ...runRest(request), changes: changesOf(request.plan, step), clientRequestId },
      ),
    ),
  );
}

const changesOf = (plan: Plan, name: StepName): Effect[] => [
  ...(plan.steps.find((step) => step.name === name)?.effects ?? []),
];

/** Throws unless this attempt was intended and has no result yet. */
function mustBeUnderWay(request: Request, run: number, { step: name, attempt }: StepResult): void {
  const step = progressOf(request, name);
  if (step.run === run && step.state === 'running' && step.attempt === attempt) return;
  throw new Error(`recording ${name}/${attempt} in run ${run} of ${request.id}: it was not under way`);
}

/** Throws unless every other step is done and the result is verified. */
function mustBeProved(request: Request, run: number, proofs: readonly Proof[]): void {
  const open = request.progress.filter(({ name }) => name !== 'verify' && !isDoneIn(request, run, name));
  if (open.length === 0 && provesSuccess(proofs)) return;
  throw new Error(`success of ${request.id}: not proved, or not done: ${open.map(({ name }) => name).join(', ')}`);
}

/**
 * Stores the results of attempts. A failure without retry needs a person. The request succeeds when `verify` and all other
 * steps are done and the minimum is verified. Throws on an attempt that wasn't running, and on an unverified success.
 */
export function recordResult(request: Request, command: Extract<Command, { do: 'record' }>, now: Date): Decision {
  if (!inRun(request, command.run)) return refuse('request-ended', request.id);
  const { run } = command;
  for (const result of command.results) mustBeUnderWay(request, run, result);
  const events = command.results.map((result) => resultEvent(request, run, result));
  const stuck = command.results.find((result) => result.outcome === 'failed' && result.retryAt === null);
  if (stuck?.outcome === 'failed') {
    const { step, failure } = stuck;
    events.push(
      newEvent(
        'attention-needed',
        botActor,
        { run, step, failure },
        { ...runRest(request), result: 'needs-attention' },
      ),
    );
  }
  if (stuck === undefined && request.stop !== null && !isInLastStep(request)) {
    events.push(runStoppedEvent(request, request.stop));
  }
  const verified = command.results.find((result) => result.outcome === 'done' && result.step === 'verify');
  if (verified?.outcome === 'done') {
    mustBeProved(request, run, verified.proofs);
    events.push(
      newEvent(
        'succeeded',
        botActor,
        { run, proofs: [...verified.proofs], ...usagePeriodFor(request, command.useWithinMs, now) },
        { ...runRest(request), result: 'succeeded' },
      ),
    );
  }
  return accept(...events);
}

function resultEvent(request: Request, run: number, result: StepResult): NewEvent {
  if (result.outcome === 'done') {
    const { step, attempt, already, interrupted, outputs, receipt } = result;
    return newEvent(
      'step-done',
      botActor,
      { run, step, attempt, already, ...(interrupted === undefined ? {} : { interrupted }), outputs },
      {
        ...runRest(request),
        changes: changesOf(request.plan, step),
        result: already ? 'already so' : 'done',
        clientRequestId: receipt?.clientRequestId ?? null,
        correlationId: receipt?.correlationId ?? null,
      },
    );
  }
  const { step, attempt, failure, interrupted, retryAt, outputs = {} } = result;
  const answered = Object.keys(outputs).length === 0 ? {} : { outputs };
  return newEvent(
    'step-failed',
    botActor,
    { run, step, attempt, failure, ...(interrupted === undefined ? {} : { interrupted }), retryAt, ...answered },
    {
      ...runRest(request),
      changes: changesOf(request.plan, step),
      result: codeOf(failure),
      ...receiptOf(failure),
    },
  );
}

/**
 * Ends the run and asks a person, outside a step: Azure couldn't be read, a check blocks, or the run was lost. Refuses if
 * the request has ended.
 */
export function stopRun(
  request: Request,
  { run, failure }: { readonly run: number; readonly failure: Failure },
): Decision {
  if (!inRun(request, run)) return refuse('request-ended', request.id);
  return accept(
    newEvent(
      'attention-needed',
      botActor,
      { run, step: null, failure },
      { ...runRest(request), result: 'needs-attention' },
    ),
  );
}
