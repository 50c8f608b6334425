/** The attempts of a run: their changes in Azure and their stored results. Each function runs inside one engine step. */

import { isDoneByRole } from '../domain/effect.ts';
import type { RequestId } from '../domain/ids.ts';
import { effectsOf, type StepName } from '../domain/plan.ts';
import { decide } from '../domain/request/decide.ts';
import type { StoredEvent } from '../domain/request/events.ts';
import { refuse } from '../domain/request/refusal.ts';
import { ownKeyOf, type Request } from '../domain/request/request.ts';
import type { StepResult } from '../domain/request/request-command.ts';
import { attemptsSoFar, decideRetry, type RetryLimits, rereadAfterMs } from '../domain/retry.ts';
import { workOf } from '../operations/registry.ts';
import { steps } from '../operations/steps/registry.ts';
import { carryOut } from '../operations/steps/step.ts';
import { type RunPorts, requireRequest, type StepAttempt, type Waiting } from './workflow-steps.ts';

/** Returns whether the audit log says that this attempt is intended and has no result yet. */
const isUnderWay = (request: Request, run: number, { step, attempt }: StepAttempt): boolean =>
  request.state === 'running' &&
  request.runs === run &&
  request.progress.some(
    (one) => one.name === step && one.run === run && one.state === 'running' && one.attempt === attempt,
  );

/** Makes one attempt if the audit log says that it's running, and holds its result until it's stored. */
export async function attemptStep(ports: RunPorts, id: RequestId, run: number, one: StepAttempt): Promise<void> {
  const result = await tryOnce(ports, id, run, one);
  if (result !== null) ports.results.keep({ id, run, ...one }, result);
}

const useWithinOption = ({ useWithinMs }: RunPorts) => (useWithinMs === undefined ? {} : { useWithinMs });

/** Returns whether the bot had something to do in the step, by the plan that the run's check found covered. */
const wasToDo = ({ plan }: Request, step: StepName): boolean =>
  plan.steps.some(({ name, effects }) => name === step && effects.some((effect) => !isDoneByRole(effect)));

/**
 * Makes one attempt. A failure includes the time of the retry, or null if a person must act. Returns null if the attempt
 * isn't running.
 */
async function tryOnce(ports: RunPorts, id: RequestId, run: number, one: StepAttempt): Promise<StepResult | null> {
  const { step, attempt } = one;
  const request = requireRequest(await ports.requests.load(id), id);
  if (!isUnderWay(request, run, one)) return null;
  const work = {
    azure: ports.azure,
    requestId: id,
    work: workOf(request.plan),
    approved: effectsOf(request.plan),
    outputs: request.outputs,
    own: ownKeyOf(request),
    nonce: ports.nonces.of({ id, run, step, attempt }),
    attempt,
    pause: () => ports.pause(rereadAfterMs(ports.retryLimits)),
  };
  const outcome = await ports.azure.underReference(request.changeReference, () => carryOut(steps[step], work));
  if (outcome.ok) {
    const { already, outputs, receipt, proofs } = outcome.value;
    const begunElsewhere = ports.intents.of({ id, run, step, attempt }) === null;
    const interrupted = already && begunElsewhere && wasToDo(request, step) ? { interrupted: true as const } : {};
    return { step, attempt, outcome: 'done', already, outputs, receipt, proofs, ...interrupted };
  }
  const { failure } = outcome;
  const events = await ports.requests.events(id);
  const now = ports.now();
  const tried = attemptsSoFar(events, run, step, now.toISOString());
  const retry = decideRetry(failure, attempt, tried, ports.retryLimits);
  const retryAt = retry.kind === 'wait' ? new Date(now.getTime() + retry.ms).toISOString() : null;
  return { step, attempt, outcome: 'failed', failure, retryAt, outputs: outcome.outputs };
}

/** Limits the time of a retry. This machine's clock might have been ahead during the attempt. */
const inTime =
  ({ longestWaitMs }: RetryLimits, at: Date) =>
  (result: StepResult): StepResult => {
    if (result.outcome !== 'failed' || result.retryAt === null) return result;
    const { failure, retryAt } = result;
    const providerWaitMs = failure.source === 'bot' ? null : failure.retryAfterMs;
    const latest = new Date(at.getTime() + Math.max(providerWaitMs ?? 0, longestWaitMs)).toISOString();
    return retryAt > latest ? { ...result, retryAt: latest } : result;
  };

/**
 * Stores the results. Returns the attempts to retry, or that the run has ended. If another process made an attempt and ended
 * before storing its result, `repeat` makes it again, which checks Azure first.
 */
export async function storeResult(
  ports: RunPorts,
  id: RequestId,
  run: number,
  tries: readonly StepAttempt[],
  repeat: (one: StepAttempt) => Promise<void>,
): Promise<readonly Waiting[] | 'stopped'> {
  const cause = `run:${run}/${tries.map(({ step, attempt }) => `${step}/${attempt}`).join('+')}/result`;
  const resultOf = (one: StepAttempt) => ports.results.of({ id, run, ...one });
  await Promise.all(tries.filter((one) => resultOf(one) === null).map(repeat));
  const results = tries.map(resultOf).filter((result) => result !== null);
  const stored = await ports.requests.append(id, cause, (request, at) =>
    // Already stored, which is found by its cause, or never intended.
    results.length < tries.length
      ? refuse('request-ended', id)
      : decide(
          request,
          { do: 'record', run, results: results.map(inTime(ports.retryLimits, at)), ...useWithinOption(ports) },
          at,
        ),
  );
  for (const { step, attempt } of tries) {
    ports.nonces.forget({ id, run, step, attempt });
    ports.intents.forget({ id, run, step, attempt });
    ports.results.forget({ id, run, step, attempt });
  }
  if (stored.kind === 'refused' || stored.request.state !== 'running') return 'stopped';
  return waitingAfter(stored.events);
}

/** Computed from stored times, because this machine's clock might be wrong. */
const waitingAfter = (events: readonly StoredEvent[]): readonly Waiting[] =>
  events.flatMap(({ body, time }) =>
    body.type === 'step-failed' && body.data.retryAt !== null
      ? [
          {
            step: body.data.step,
            attempt: body.data.attempt + 1,
            ms: Math.max(0, Date.parse(body.data.retryAt) - Date.parse(time)),
          },
        ]
      : [],
  );
