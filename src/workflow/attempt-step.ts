/** The attempts of a run: their changes in Azure and their stored results. */

import { randomUUID } from 'node:crypto';
import { isDoneByRole } from '../domain/effect.ts';
import { botFailure, type Failure } from '../domain/failure.ts';
import type { RequestId } from '../domain/ids.ts';
import { effectsOf } from '../domain/plan.ts';
import { decide } from '../domain/request/decide.ts';
import type { StoredEvent } from '../domain/request/events.ts';
import { ownKeyOf, type Request, type StepProgress } from '../domain/request/request.ts';
import type { StepResult } from '../domain/request/request-command.ts';
import { attemptsSoFar, decideRetry, rereadAfterMs } from '../domain/retry.ts';
import { workOf } from '../operations/registry.ts';
import { kindNamed } from '../operations/resources/registry.ts';
import { steps } from '../operations/steps/registry.ts';
import { carryOut } from '../operations/steps/step.ts';
import type { OwnAttempts, RunPorts } from './workflow-steps.ts';

/** The result of an attempt. Whether a failure is retried is decided when it's stored. */
export type AttemptResult =
  | Extract<StepResult, { outcome: 'done' }>
  | Omit<Extract<StepResult, { outcome: 'failed' }>, 'retryAt'>;

/** Returns whether the bot had something to do in the step, by the plan that the run's check found covered. */
const wasToDo = ({ plan }: Request, { name }: StepProgress): boolean =>
  plan.steps.some((step) => step.name === name && step.effects.some((effect) => !isDoneByRole(effect)));

/** Waits for an operation that this request may have started. Returns false after the time that propagation may take. */
function ownOperationWait({ retryLimits }: RunPorts, rest: (ms: number) => Promise<void>): () => Promise<boolean> {
  const spreads = botFailure('waiting for an earlier attempt', { code: 'interrupted' }, 'retry-until');
  let spentMs = 0;
  return async () => {
    const again = decideRetry(spreads, 1, { waited: 0, spentMs, tryMs: 0 }, retryLimits);
    if (again.kind === 'ask') return false;
    spentMs += again.ms;
    await rest(again.ms);
    return true;
  };
}

/**
 * Makes an attempt that is under way. If another process began it, that process has ended, and it isn't known what it sent:
 * nothing is sent now, only read back. `rest` waits without holding up other runs.
 */
export async function attemptStep(
  ports: RunPorts,
  request: Request,
  progress: StepProgress,
  own: OwnAttempts,
  rest: (ms: number) => Promise<void>,
): Promise<AttemptResult> {
  const { name: step, attempt } = progress;
  const intended = own.get(step);
  // If this try is cut off by an error, the next one doesn't know what was sent either.
  own.delete(step);
  const confirms = intended === undefined && steps[step].apply !== undefined;
  const mayRun = confirms || !progress.untouched;
  const work = {
    azure: ports.azure,
    requestId: request.id,
    work: workOf(request.plan),
    approved: effectsOf(request.plan),
    outputs: request.outputs,
    own: ownKeyOf(request),
    nonce: intended?.nonce ?? null,
    attempt,
    confirms,
    kind: kindNamed(request.plan.spec.resource.kind),
    now: ports.now(),
    pause: () => ports.pause(rereadAfterMs(ports.retryLimits)),
    outlast: mayRun ? ownOperationWait(ports, rest) : null,
  };
  const { changeReference } = request;
  const clientRequestId = intended?.clientRequestId ?? randomUUID();
  const outcome = await ports.azure.within({ changeReference, clientRequestId }, () => carryOut(steps[step], work));
  if (!outcome.ok) {
    const { failure, outputs } = outcome;
    return { step, attempt, outcome: 'failed', failure, outputs, ...(confirms ? { interrupted: true } : {}) };
  }
  const { already } = outcome.value;
  const done = { step, attempt, outcome: 'done', ...outcome.value } as const;
  if (!already || progress.done !== null || !mayRun || !wasToDo(request, progress)) return done;
  return { ...done, interrupted: true, receipt: { clientRequestId: progress.sentAs, correlationId: null } };
}

/** Returns the time of the next attempt, or null if a person must act. */
function retryTime(
  { retryLimits }: RunPorts,
  events: readonly StoredEvent[],
  run: number,
  { step, attempt, failure }: { readonly failure: Failure } & Pick<AttemptResult, 'step' | 'attempt'>,
  at: Date,
): string | null {
  const retry = decideRetry(failure, attempt, attemptsSoFar(events, run, step, at.toISOString()), retryLimits);
  return retry.kind === 'wait' ? new Date(at.getTime() + retry.ms).toISOString() : null;
}

export async function storeResults(
  ports: RunPorts,
  id: RequestId,
  run: number,
  results: readonly AttemptResult[],
): Promise<void> {
  const cause = `run:${run}/${results.map(({ step, attempt }) => `${step}/${attempt}`).join('+')}/result`;
  const events = results.every(({ outcome }) => outcome === 'done') ? [] : await ports.requests.events(id);
  const useWithin = ports.useWithinMs === undefined ? {} : { useWithinMs: ports.useWithinMs };
  await ports.requests.append(id, cause, (request, at) => {
    const known = results.map(
      (one): StepResult => (one.outcome === 'done' ? one : { ...one, retryAt: retryTime(ports, events, run, one, at) }),
    );
    return decide(request, { do: 'record', run, results: known, ...useWithin }, at);
  });
}
