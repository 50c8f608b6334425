/** Computes a request's state from the events of its runs. */
import { changedNothing } from '../failure.ts';
import { PersonId } from '../ids.ts';
import type { StepName } from '../plan.ts';
import type { EventBody, EventBodyOf, StoredEvent } from './events.ts';
import type { Request, RequestBase, StepProgress, StopRequest, UsageCheck } from './request.ts';

const change = (
  progress: readonly StepProgress[],
  name: StepName,
  change: (step: StepProgress) => Partial<StepProgress>,
): readonly StepProgress[] => progress.map((step) => (step.name === name ? { ...step, ...change(step) } : step));

/**
 * Returns the step's result. It was already done if no earlier attempt can have changed anything. If a later run finds it
 * already done by this request, time and result of the first run are preserved.
 */
function doneAt(
  step: StepProgress,
  { already, interrupted: byInterrupted }: EventBodyOf<'step-done'>['data'],
  endedAt: string,
): Partial<StepProgress> {
  const interrupted = byInterrupted === true;
  const before = already && step.untouched && !interrupted;
  const now = { startedAt: step.startedAt, endedAt, already: before, interrupted };
  const done = already && step.done !== null ? step.done : now;
  return { ...done, done, state: 'done', failure: null, retryAt: null };
}

/** Turns waiting steps into failed ones. There are no automatic retries once a person must act. */
const withoutRetries = (progress: readonly StepProgress[]): readonly StepProgress[] =>
  progress.map((step) => (step.state === 'waiting' ? { ...step, state: 'failed', retryAt: null } : step));

const stopRequestOf = ({ body: { actor }, time }: StoredEvent): StopRequest => ({
  by: actor.kind === 'person' ? PersonId.parse(actor.id) : null,
  operator: actor.kind === 'operator' ? actor.id : null,
  at: time,
});

/** Returns whether an approver stopped the run. Only requesters, approvers and operators can, and operators don't decide. */
const isObjection = ({ requester }: RequestBase, { body: { actor } }: StoredEvent): boolean =>
  actor.kind === 'person' && actor.id !== requester;

const usageCheckOf = ({ seeks }: EventBodyOf<'succeeded'>['data']): UsageCheck | null =>
  seeks === undefined ? null : { ...seeks, judged: null };

type RunEvent = Extract<
  EventBody,
  {
    type:
      | 'run-ordered'
      | 'run-checked'
      | 'step-intended'
      | 'step-done'
      | 'step-failed'
      | 'attention-needed'
      | 'succeeded'
      | 'stop-requested'
      | 'retried';
  }
>;

export function evolveRun(base: RequestBase, body: RunEvent, event: StoredEvent): Request {
  const { time, revision } = event;
  switch (body.type) {
    case 'run-ordered':
      return { ...base, state: 'approved', runs: body.data.run };
    case 'run-checked':
      return { ...base, state: 'approved', checked: body.data.run, checkedAt: time };
    case 'step-intended': {
      const { run, step, attempt, nonceHash } = body.data;
      const now = { state: 'running', run, attempt, endedAt: null, retryAt: null } as const;
      const progress = change(base.progress, step, ({ tries, startedAt, state, untouched }) => ({
        ...now,
        tries: tries + 1,
        // `running`: the last attempt has no result, because its run was lost.
        untouched: untouched && state !== 'running',
        startedAt: attempt > 1 ? (startedAt ?? time) : time,
      }));
      const keyIntents = nonceHash === undefined ? base.keyIntents : [...base.keyIntents, { nonceHash, at: time }];
      return { ...base, state: 'running', touched: true, progress, keyIntents };
    }
    case 'step-done': {
      return {
        ...base,
        state: 'running',
        progress: change(base.progress, body.data.step, (step) => doneAt(step, body.data, time)),
        outputs: { ...base.outputs, ...body.data.outputs },
      };
    }
    case 'step-failed': {
      const { failure, retryAt, outputs: answered = {} } = body.data;
      const now = { state: retryAt === null ? 'failed' : 'waiting', endedAt: time, failure, retryAt } as const;
      const outputs = { ...base.outputs, ...answered };
      const progress = change(base.progress, body.data.step, ({ untouched }) => ({
        ...now,
        untouched: untouched && changedNothing(failure),
      }));
      return { ...base, state: 'running', progress, outputs };
    }
    case 'attention-needed':
      return {
        ...base,
        state: 'needs-attention',
        stop: null,
        takenOn: null,
        progress: withoutRetries(base.progress),
        asking: revision,
        askedAt: time,
        step: body.data.step,
        failure: body.data.failure,
      };
    case 'succeeded':
      return { ...base, state: 'succeeded', stop: null, proofs: body.data.proofs, use: usageCheckOf(body.data) };
    case 'stop-requested':
      return {
        ...base,
        state: 'running',
        stop: base.stop ?? stopRequestOf(event),
        objected: base.objected || isObjection(base, event),
      };
    case 'retried':
      return { ...base, state: 'approved', retriedAutomatically: body.actor.kind === 'bot' };
  }
}
