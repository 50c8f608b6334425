/** The tries of a run: what they change in Azure, and what is stored of what came of them. Each inside one engine step. */

import type { RequestId } from '../domain/ids.ts';
import { effectsOf, type StepName } from '../domain/plan.ts';
import { decide } from '../domain/request/decide.ts';
import type { StoredEvent } from '../domain/request/events.ts';
import { refuse } from '../domain/request/refusal.ts';
import { ownKeyOf, type Request } from '../domain/request/request.ts';
import type { StepResult } from '../domain/request/request-command.ts';
import { triedSoFar } from '../domain/request/tried.ts';
import { decideRetry, type RetryLimits, rereadAfterMs } from '../domain/retry.ts';
import { workOf } from '../operations/registry.ts';
import { steps } from '../operations/steps/registry.ts';
import { carryOut } from '../operations/steps/step.ts';
import { type RunPorts, requireRequest, type StepAttempt, type Waiting } from './run-plan.ts';

/** Whether the record says that this very try is intended and nothing came of it yet. */
const isUnderWay = (request: Request, run: number, { step, attempt }: StepAttempt): boolean =>
  request.state === 'running' &&
  request.runs === run &&
  request.progress.some(
    (one) => one.name === step && one.run === run && one.state === 'running' && one.attempt === attempt,
  );

/** Tries one step once, unless the record does not say that it is under way, and keeps what came of it until it is recorded. */
export async function attemptStep(ports: RunPorts, id: RequestId, run: number, one: StepAttempt): Promise<void> {
  const result = await tryOnce(ports, id, run, one);
  if (result !== null) ports.results.keep({ id, run, ...one }, result);
}

const seeking = ({ useWithinMs }: RunPorts) => (useWithinMs === undefined ? {} : { useWithinMs });

/** By the plan whose approval was found, when the run began, to cover what Azure held. */
const wasToDo = ({ plan }: Request, step: StepName): boolean =>
  plan.steps.some(({ name, effects }) => name === step && effects.length > 0);

/** Judges a failure: when it is tried again, or that a person is asked. Null: the try is not under way. */
async function tryOnce(ports: RunPorts, id: RequestId, run: number, one: StepAttempt): Promise<StepResult | null> {
  const { step, attempt } = one;
  const request = requireRequest(await ports.requests.load(id), id);
  if (!isUnderWay(request, run, one)) return null;
  const outcome = await carryOut(steps[step], {
    azure: ports.azure,
    requestId: id,
    work: workOf(request.plan),
    approved: effectsOf(request.plan),
    outputs: request.outputs,
    own: ownKeyOf(request),
    nonce: ports.nonces.of({ id, run, step, attempt }),
    attempt,
    pause: () => ports.pause(rereadAfterMs(ports.retryLimits)),
  });
  if (outcome.ok) {
    const { already, outputs, receipt, proofs } = outcome.value;
    const begunElsewhere = ports.intents.of({ id, run, step, attempt }) === null;
    const interrupted = already && begunElsewhere && wasToDo(request, step) ? { interrupted: true as const } : {};
    return { step, attempt, outcome: 'done', already, outputs, receipt, proofs, ...interrupted };
  }
  const { failure } = outcome;
  const events = await ports.requests.events(id);
  const now = ports.now();
  const tried = triedSoFar(events, run, step, now.toISOString());
  const retry = decideRetry(failure, attempt, tried, ports.retryLimits);
  const retryAt = retry.kind === 'wait' ? new Date(now.getTime() + retry.ms).toISOString() : null;
  return { step, attempt, outcome: 'failed', failure, retryAt, outputs: outcome.outputs };
}

/** The clock may have been ahead when it was tried: it is tried again no later than the longest wait after it is stored. */
const inTime =
  ({ longestWaitMs }: RetryLimits, at: Date) =>
  (result: StepResult): StepResult => {
    if (result.outcome !== 'failed' || result.retryAt === null) return result;
    const { failure, retryAt } = result;
    const asked = failure.source === 'bot' ? null : failure.retryAfterMs;
    const latest = new Date(at.getTime() + Math.max(asked ?? 0, longestWaitMs)).toISOString();
    return retryAt > latest ? { ...result, retryAt: latest } : result;
  };

/**
 * Stores what came of the tries. Returns those to repeat, or that the run is over. What another process knew that ended before
 * it stored it is found out by trying again, which looks first.
 */
export async function storeResult(
  ports: RunPorts,
  id: RequestId,
  run: number,
  tries: readonly StepAttempt[],
): Promise<readonly Waiting[] | 'stopped'> {
  const cause = `run:${run}/${tries.map(({ step, attempt }) => `${step}/${attempt}`).join('+')}/result`;
  const found = tries.map(async (one) => ports.results.of({ id, run, ...one }) ?? (await tryOnce(ports, id, run, one)));
  const results = (await Promise.all(found)).filter((result) => result !== null);
  const stored = await ports.requests.append(id, cause, (request, at) =>
    // Recorded before, and then found under its cause, or never intended.
    results.length < tries.length
      ? refuse('request-ended', id)
      : decide(
          request,
          { do: 'record', run, results: results.map(inTime(ports.retryLimits, at)), ...seeking(ports) },
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

/** By the time that was stored: this clock may not be believed. */
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
