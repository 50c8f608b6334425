/** How events make a request what it is. */

import { type Failure, leftUntouched } from '../failure.ts';
import { PersonId, type RequestId } from '../ids.ts';
import type { Plan, StepName } from '../plan.ts';
import { commentOf, withoutTexts } from './comments.ts';
import type { EventBody, EventBodyOf, StoredEvent } from './events.ts';
import type { Decided, Request, RequestBase, StepProgress, StopAsked } from './request.ts';
import { later } from './start-window.ts';

const planned = (plan: Plan): readonly StepProgress[] =>
  plan.steps.map((step) => ({
    name: step.name,
    state: 'planned',
    run: 0,
    attempt: 0,
    tries: 0,
    startedAt: null,
    endedAt: null,
    already: false,
    interrupted: false,
    done: null,
    failure: null,
    retryAt: null,
    untouched: true,
  }));

const isBody = <T extends EventBody['type']>(body: EventBody, type: T): body is EventBody & { type: T } =>
  body.type === type;

function begin(id: RequestId, event: StoredEvent): Request {
  const { body, time, revision } = event;
  if (!isBody(body, 'submitted')) throw new Error(`request ${id} starts with ${body.type}`);
  return {
    state: 'awaiting-approval',
    id,
    revision,
    asking: revision,
    askedAt: time,
    formId: body.data.formId,
    requester: PersonId.parse(body.actor.id),
    requesterTenant: body.actor.tenantId ?? '',
    resourceName: body.data.resourceName,
    plan: body.data.plan,
    digest: body.planDigest ?? '',
    policy: body.data.policy,
    origin: body.data.origin,
    submittedAt: time,
    notBefore: body.data.notBefore ?? null,
    changedAt: time,
    justification: event.texts.justification ?? null,
    approvals: [],
    progress: planned(body.data.plan),
    outputs: {},
    keyIntents: [],
    runs: 0,
    checked: 0,
    touched: false,
    stop: null,
    objected: false,
    remindedAt: null,
    replaced: null,
  };
}

const change = (
  progress: readonly StepProgress[],
  name: StepName,
  change: (step: StepProgress) => Partial<StepProgress>,
): readonly StepProgress[] => progress.map((step) => (step.name === name ? { ...step, ...change(step) } : step));

/** A later run finds done what this request did before: that is how and when it was done. */
function doneAt(
  step: StepProgress,
  { already, interrupted: byInterrupted }: EventBodyOf<'step-done'>['data'],
  endedAt: string,
): Partial<StepProgress> {
  const interrupted = byInterrupted === true;
  const before = already && step.tries <= 1 && !interrupted;
  const now = { startedAt: step.startedAt, endedAt, already: before, interrupted };
  const done = already && step.done !== null ? step.done : now;
  return { ...done, done, state: 'done', failure: null, retryAt: null };
}

/** Nothing is tried again by itself once a person is asked. */
const withoutRetries = (progress: readonly StepProgress[]): readonly StepProgress[] =>
  progress.map((step) => (step.state === 'waiting' ? { ...step, state: 'failed', retryAt: null } : step));

/** Drops what only one state has, so that no state carries another's fields. */
function baseOf(request: Request): RequestBase {
  const { state: _state, ...rest } = request;
  const {
    step: _step,
    failure: _failure,
    proofs: _proofs,
    ended: _ended,
    ...base
  } = rest as typeof rest & Record<string, unknown>;
  return base as unknown as RequestBase;
}

const stopAsked = ({ body: { actor }, time }: StoredEvent): StopAsked => ({
  by: actor.kind === 'person' ? PersonId.parse(actor.id) : null,
  operator: actor.kind === 'operator' ? actor.id : null,
  at: time,
});

/** Nobody but the requester, approvers and operators may stop a run, and operators decide nothing. */
const isObjection = ({ requester }: RequestBase, { body: { actor } }: StoredEvent): boolean =>
  actor.kind === 'person' && actor.id !== requester;

const decided = (event: StoredEvent): Decided => ({
  by: event.body.actor.kind === 'person' ? PersonId.parse(event.body.actor.id) : null,
  at: event.time,
  ...commentOf(event),
});

/** One event later. */
export function evolve(request: Request, event: StoredEvent): Request {
  const { body, time } = event;
  const base: RequestBase = { ...baseOf(request), revision: event.revision, changedAt: time };
  switch (body.type) {
    case 'submitted':
      throw new Error(`request ${request.id} was submitted twice`);
    case 'approved': {
      const comment = commentOf(event);
      const approval = { by: PersonId.parse(body.actor.id), at: time, signIn: body.data.signIn, ...comment };
      return {
        ...base,
        state: 'awaiting-approval',
        approvals: [...base.approvals, approval],
        notBefore: later(base.notBefore, body.data.notBefore ?? null),
      };
    }
    case 'rejected':
      return { ...base, state: 'rejected', ended: decided(event) };
    case 'cancelled':
      return { ...base, state: 'cancelled', ended: decided(event) };
    case 'expired':
      return { ...base, state: 'expired' };
    case 'reminded':
      return { ...base, state: 'awaiting-approval', remindedAt: time };
    case 'decided-late':
    case 'clock-set-right':
      return { ...request, revision: event.revision };
    case 'texts-erased':
      return withoutTexts({ ...request, revision: event.revision });
    case 'plan-changed':
      return {
        ...base,
        state: 'awaiting-approval',
        asking: event.revision,
        askedAt: time,
        plan: body.data.plan,
        digest: body.planDigest ?? '',
        policy: body.data.policy,
        approvals: [],
        objected: false,
        remindedAt: null,
        progress: planned(body.data.plan),
        replaced: { plan: request.plan, reason: body.data.reason },
      };
    case 'given-up':
      return {
        ...base,
        state: 'failed',
        ended: { ...decided(event), comment: null, commentErased: false },
        step: request.state === 'needs-attention' ? request.step : null,
        failure: failureOf(request),
      };
    case 'run-ordered':
    case 'run-checked':
    case 'step-intended':
    case 'step-done':
    case 'step-failed':
    case 'attention-needed':
    case 'succeeded':
    case 'stop-requested':
    case 'retried':
      return evolveRun(base, body, event);
  }
}

const failureOf = (request: Request): Failure | null => (request.state === 'needs-attention' ? request.failure : null);

/** What only happens in and around a run. */
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

function evolveRun(base: RequestBase, body: RunEvent, event: StoredEvent): Request {
  const { time, revision } = event;
  switch (body.type) {
    case 'run-ordered':
      return { ...base, state: 'approved', runs: body.data.run };
    case 'run-checked':
      return { ...base, state: 'approved', checked: body.data.run };
    case 'step-intended': {
      const { run, step, attempt, nonceHash } = body.data;
      const now = { state: 'running', run, attempt, endedAt: null, retryAt: null } as const;
      const progress = change(base.progress, step, ({ tries, startedAt }) => ({
        ...now,
        tries: tries + 1,
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
        untouched: untouched && leftUntouched(failure),
      }));
      return { ...base, state: 'running', progress, outputs };
    }
    case 'attention-needed':
      return {
        ...base,
        state: 'needs-attention',
        stop: null,
        progress: withoutRetries(base.progress),
        asking: revision,
        askedAt: time,
        step: body.data.step,
        failure: body.data.failure,
      };
    case 'succeeded':
      return { ...base, state: 'succeeded', stop: null, proofs: body.data.proofs };
    case 'stop-requested':
      return {
        ...base,
        state: 'running',
        stop: base.stop ?? stopAsked(event),
        objected: base.objected || isObjection(base, event),
      };
    case 'retried':
      return { ...base, state: 'approved' };
  }
}

/** The request after all its events; null before the first. */
export function fold(id: RequestId, events: readonly StoredEvent[]): Request | null {
  const [first, ...rest] = events;
  return first === undefined ? null : rest.reduce(evolve, begin(id, first));
}
