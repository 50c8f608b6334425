/**
 * What may happen to a request before and in a run: nothing that an approval does not cover. The runner is not trusted. What
 * may come about by itself, such as a reject before the first intent, is refused; what no correct runner does is thrown.
 */

import { canonicalJson } from '../canonical-json.ts';
import type { Check } from '../check.ts';
import type { Effect } from '../effect.ts';
import { codeOf, type Failure, foundThat, receiptOf } from '../failure.ts';
import { isCovered, notCovered, type Plan, type StepName, stepsBefore } from '../plan.ts';
import { meetsStepUp } from '../policy/sign-in.ts';
import { type Proof, provesSuccess } from '../proof.ts';
import { isInLastStep, stoppedEvent } from './decide-stop.ts';
import { seeking } from './decide-use.ts';
import { botActor, type NewEvent, newEvent } from './events.ts';
import { refuse } from './refusal.ts';
import { type Request, runRest, type StepProgress } from './request.ts';
import { accept, type Command, type Decision, type StepResult } from './request-command.ts';
import { approvalEnds, isTooEarly } from './start-window.ts';

/** Orders the next run of the plan as it stands. */
export const orderRun = (request: Request): NewEvent =>
  newEvent(
    'run-ordered',
    botActor,
    { run: request.runs + 1 },
    { planDigest: request.digest, target: request.plan.wish.resource.id, onBehalfOf: request.requester },
  );

/**
 * Before a run: the plan as the world now is, and who of the approvers still is one. The approval covers both: `run-checked`,
 * and only then may anything be intended. It does not: the request asks anew, with the new plan and no approvals. A block is
 * for a person to remove; the approvals hold meanwhile. Throws on a plan for another wish.
 */
export function checkRun(request: Request, command: Extract<Command, { do: 'check-run' }>, now: Date): Decision {
  if (request.state !== 'approved' || request.runs !== command.run) return refuse('not-awaiting-approval', request.id);
  if (isTooEarly(request, now)) {
    throw new Error(`checking run ${command.run} of ${request.id}: it begins at ${request.notBefore} at the earliest`);
  }
  if (canonicalJson(command.plan.wish) !== canonicalJson(request.plan.wish)) {
    throw new Error(`checking run ${command.run} of ${request.id}: the plan is for another wish`);
  }
  if (command.requesterStanding !== 'yes') {
    return stopRun(request, { run: command.run, failure: foundThat(checkingAgain, { code: 'requester-lost-role' }) });
  }
  const difference = notCovered(request.plan, command.plan);
  const [block] = difference.blocks;
  // Nobody can approve a way around a block: somebody removes what blocks, then retries, and the approvals hold.
  if (block !== undefined) {
    const other = difference.replaced.find(({ what }) => explains[what] === block.code);
    const failure = other ? foundThat(checkingAgain, { code: 'replaced', ...other }) : blockedBy(block);
    return stopRun(request, { run: command.run, failure });
  }
  const covered = isCovered(difference);
  const still = request.approvals.filter(({ by }) => command.standings[by] === 'yes');
  const valid = still.filter((approval) => now.getTime() < approvalEnds(approval, request.notBefore));
  const counted = valid
    .filter(({ by, signIn, at }) => meetsStepUp(command.stepUp, by, signIn, new Date(at)))
    .map(({ by }) => by);
  // A policy that was tightened meanwhile holds; one that was loosened does not help a request asked under the old one.
  const needed = Math.max(request.policy.approvalsRequired, command.policy.approvalsRequired);
  const { run, plan, policy } = command;
  if (covered && counted.length >= needed && !request.objected) {
    const { approvers } = command;
    const data = { run, observed: command.digest, counted, ...(approvers === undefined ? {} : { approvers }) };
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
        target: request.plan.wish.resource.id,
        onBehalfOf: request.requester,
        result: 'awaiting-approval',
      },
    ),
  );
}

/** Blocks that only say what comes of it when a vault or an agent was created again. */
const explains = { vault: 'key-missing', resource: 'microsoft-managed' } as const;

const checkingAgain = 'checking the plan before the run';

/** What a check that blocks comes to in a run. */
export const blockedBy = (check: Check, next: Failure['next'] = 'ask'): Failure =>
  foundThat(checkingAgain, { code: 'blocked', check }, next);

/** Only an approved request, or one already in this run, may touch Azure. */
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

/** Throws unless it is this step's turn, and this the next try of it. */
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
 * Before a try: stores what is about to be changed. No stored intent, no change to Azure. Throws on a step that is not in the
 * plan, whose turn it is not, or whose run was not checked; refuses when the request has ended meanwhile.
 */
export function intend(request: Request, command: Extract<Command, { do: 'intend' }>): Decision {
  if (!inRun(request, command.run)) return refuse('request-ended', request.id);
  if (request.checked !== command.run) throw new Error(`run ${command.run} of ${request.id} was not checked`);
  for (const one of command.steps) mustBeNext(request, command.run, one);
  return accept(
    ...command.steps.map(({ step, attempt, nonceHash }) =>
      newEvent(
        'step-intended',
        botActor,
        { run: command.run, step, attempt, ...(nonceHash === undefined ? {} : { nonceHash }) },
        { ...runRest(request), changes: changesOf(request.plan, step) },
      ),
    ),
  );
}

const changesOf = (plan: Plan, name: StepName): Effect[] => [
  ...(plan.steps.find((step) => step.name === name)?.effects ?? []),
];

/** Throws unless this very try was intended and nothing came of it yet. */
function mustBeUnderWay(request: Request, run: number, { step: name, attempt }: StepResult): void {
  const step = progressOf(request, name);
  if (step.run === run && step.state === 'running' && step.attempt === attempt) return;
  throw new Error(`recording ${name}/${attempt} in run ${run} of ${request.id}: it was not under way`);
}

/** Throws unless everything else is done and enough is proved. */
function mustBeProved(request: Request, run: number, proofs: readonly Proof[]): void {
  const open = request.progress.filter(({ name }) => name !== 'verify' && !isDoneIn(request, run, name));
  if (open.length === 0 && provesSuccess(proofs)) return;
  throw new Error(`success of ${request.id}: not proved, or not done: ${open.map(({ name }) => name).join(', ')}`);
}

/**
 * After tries: stores what came of each. A failure that is not tried again asks a person; `verify` done, with everything else
 * done and enough proved, is the success. Throws on a try that was not under way, and on a success that is not proved.
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
    events.push(stoppedEvent(request, request.stop));
  }
  const verified = command.results.find((result) => result.outcome === 'done' && result.step === 'verify');
  if (verified?.outcome === 'done') {
    mustBeProved(request, run, verified.proofs);
    events.push(
      newEvent(
        'succeeded',
        botActor,
        { run, proofs: [...verified.proofs], ...seeking(request, command.useWithinMs, now) },
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
  const { step, attempt, failure, retryAt, outputs = {} } = result;
  const answered = Object.keys(outputs).length === 0 ? {} : { outputs };
  return newEvent(
    'step-failed',
    botActor,
    { run, step, attempt, failure, retryAt, ...answered },
    {
      ...runRest(request),
      changes: changesOf(request.plan, step),
      result: codeOf(failure),
      ...receiptOf(failure),
    },
  );
}

/** Asks a person, outside any one step: Azure could not be read, a check blocks, the run was lost. Refuses once it has ended. */
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
