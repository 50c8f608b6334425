/** Computes a request's state from its events. */

import { changedNothing } from '../failure.ts';
import { PersonId, type RequestId } from '../ids.ts';
import type { Plan, StepName } from '../plan.ts';
import type { UseAnswer } from '../usage-check.ts';
import type { EventBody, EventBodyOf, StoredEvent } from './events.ts';
import { eventTypes } from './payloads.ts';
import type { Comment, Decided, Request, RequestBase, StepProgress, StopRequest, UsageCheck } from './request.ts';
import { later } from './start-window.ts';
import { earlierSteps } from './step-status.ts';

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
    sentAs: null,
  }));

const isBody = <T extends EventBody['type']>(body: EventBody, type: T): body is EventBody & { type: T } =>
  body.type === type;

/** What no one has done about a plan when its approval is requested. */
const unanswered = {
  approvals: [],
  objected: false,
  retriedAutomatically: false,
  remindedAt: null,
  escalated: null,
  replaced: null,
  changedFrom: null,
} as const;

function begin(id: RequestId, event: StoredEvent): Request {
  const { body, time, revision } = event;
  if (!isBody(body, 'submitted')) throw new Error(`request ${id} starts with ${body.type}`);
  return {
    state: 'awaiting-approval',
    id,
    revision,
    asking: revision,
    askedAt: time,
    decided: { seq: event.seq, at: time },
    forms: [body.data.formId],
    requester: PersonId.parse(body.actor.id),
    resourceName: body.data.resourceName,
    plan: body.data.plan,
    digest: body.planDigest ?? '',
    policy: body.data.policy,
    origin: body.data.origin,
    submittedAt: time,
    notBefore: body.data.notBefore ?? null,
    changedAt: time,
    justification: event.texts.justification ?? null,
    changeReference: body.data.changeReference ?? null,
    ...unanswered,
    progress: planned(body.data.plan),
    earlier: [],
    outputs: {},
    keyIntents: [],
    runs: 0,
    checked: 0,
    checkedAt: null,
    touched: false,
    stop: null,
    takenOn: null,
    changes: 0,
  };
}

/** Drops the identity that an earlier plan gave access to, unless the new plan has the same. */
function identityIn({ observation }: Plan, outputs: RequestBase['outputs']): RequestBase['outputs'] {
  const { principalId = '', ...others } = outputs;
  return principalId.toLowerCase() === observation.resource.principalId?.toLowerCase() ? outputs : others;
}

/** Asks for approval of a new plan. Earlier approvals don't count. */
function requestReapproval(
  base: RequestBase,
  event: StoredEvent,
  { plan, policy }: Pick<RequestBase, 'plan' | 'policy'>,
): RequestBase & { readonly state: 'awaiting-approval' } {
  return {
    ...base,
    state: 'awaiting-approval',
    asking: event.revision,
    askedAt: event.time,
    plan,
    digest: event.body.planDigest ?? '',
    policy,
    ...unanswered,
    progress: planned(plan),
    earlier: earlierSteps(base, plan),
    outputs: identityIn(plan, base.outputs),
  };
}

type KeysOfEach<T> = T extends unknown ? keyof T : never;
/** Fields that only some states have. */
type StateField = Exclude<KeysOfEach<Request>, keyof RequestBase>;

/** The fields that each state has. A new field of one state that isn't dropped here doesn't compile. */
function baseOf(request: Request): RequestBase {
  const fields: RequestBase & Partial<Record<StateField, unknown>> = request;
  const { state: _state, step: _step, failure: _failure, proofs: _proofs, use: _use, ended: _ended, ...base } = fields;
  const whole: Exclude<keyof typeof base, keyof RequestBase> extends never ? typeof base : never = base;
  return whole;
}

const decided = (event: StoredEvent): Decided => ({
  by: event.body.actor.kind === 'person' ? PersonId.parse(event.body.actor.id) : null,
  at: event.time,
  ...commentOf(event),
});

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
const isObjection = ({ requester }: RequestBase, { actor, data }: EventBodyOf<'stop-requested'>): boolean =>
  actor.kind === 'person' && actor.id !== requester && data.asOperator !== true;

const usageCheckOf = ({ seeks }: EventBodyOf<'succeeded'>['data']): UsageCheck | null =>
  seeks === undefined ? null : { ...seeks, judged: null };

export function evolve(request: Request, event: StoredEvent): Request {
  const { kind } = eventTypes[event.body.type];
  const after = evolved(request, event);
  return kind === 'decision' ? { ...after, decided: { seq: event.seq, at: event.time } } : after;
}

function evolved(request: Request, event: StoredEvent): Request {
  const { body, time, revision } = event;
  const base: RequestBase = { ...baseOf(request), revision, changedAt: time };
  switch (body.type) {
    case 'submitted':
      throw new Error(`request ${request.id} was submitted twice`);
    case 'approved': {
      const comment = commentOf(event);
      const by = PersonId.parse(body.actor.id);
      const validMs = Date.parse(base.policy.expiresAt) - Date.parse(base.askedAt);
      const approval = { by, at: time, signIn: body.data.signIn, validMs, ...comment };
      return {
        ...base,
        state: 'awaiting-approval',
        approvals: [...base.approvals, approval],
        notBefore: later(base.notBefore, body.data.notBefore ?? null),
      };
    }
    // Answers need the new revision, so that a repeated click of the withdrawn approval doesn't approve again.
    case 'approval-withdrawn':
      return {
        ...base,
        state: 'awaiting-approval',
        asking: revision,
        approvals: base.approvals.filter(({ by }) => by !== body.actor.id),
      };
    case 'ended': {
      const { as } = body.data;
      if (as === 'expired') return { ...base, state: as };
      if (as !== 'failed') return { ...base, state: as, ended: decided(event) };
      const step = request.state === 'needs-attention' ? request.step : null;
      return {
        ...base,
        state: as,
        ended: decided(event),
        step,
        failure: 'failure' in request ? request.failure : null,
      };
    }
    case 'reminded': {
      const { escalated } = body.data;
      const reminded =
        escalated === undefined ? { remindedAt: time } : { escalated: { at: time, people: escalated.length } };
      return { ...base, state: 'awaiting-approval', ...reminded };
    }
    case 'decided-late':
    case 'clock-set-right':
    case 'evidence-made':
    // Of a resource, and in no request.
    case 'drift-found':
      return { ...request, revision };
    case 'taken-on': {
      const by = PersonId.parse(body.actor.id);
      return { ...request, revision, takenOn: body.data.released ? null : { by, at: time } };
    }
    case 'use-judged':
      return judged({ ...request, revision }, body.data.answer, time);
    case 'texts-erased':
      return withoutTexts({ ...request, revision });
    case 'plan-changed':
      return {
        ...requestReapproval(base, event, body.data),
        replaced: { plan: request.plan, reason: body.data.reason },
      };
    case 'request-changed': {
      const { plan, justification, notBefore } = request;
      return {
        ...requestReapproval(base, event, body.data),
        forms: [...request.forms, body.data.formId],
        justification: event.texts.justification ?? null,
        changeReference: body.data.changeReference ?? null,
        notBefore: body.data.notBefore ?? null,
        changes: request.changes + 1,
        changedFrom: { plan, justification, notBefore },
      };
    }
    case 'run-ordered':
      return { ...base, state: 'approved', runs: body.data.run };
    case 'run-checked':
      return { ...base, state: 'approved', checked: body.data.run, checkedAt: time };
    case 'step-intended': {
      const { run, step, attempt, nonceHash } = body.data;
      const now = { state: 'running', run, attempt, endedAt: null, retryAt: null } as const;
      const progress = change(base.progress, step, ({ tries, startedAt, state, untouched, sentAs }) => ({
        ...now,
        tries: tries + 1,
        // `running`: the last attempt has no result, because its run was lost.
        untouched: untouched && state !== 'running',
        sentAs: sentAs ?? body.clientRequestId,
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
      const progress = change(base.progress, body.data.step, (step) => {
        const untouched = step.untouched && changedNothing(body.data);
        return { ...now, untouched, sentAs: untouched ? null : step.sentAs };
      });
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
        objected: base.objected || isObjection(base, body),
      };
    case 'retried':
      return { ...base, state: 'approved', retriedAutomatically: body.actor.kind === 'bot' };
  }
}

/** Adds the result of the usage check. The success stays as it was: neither its time nor its question changes. */
function judged(request: Request, answer: UseAnswer, at: string): Request {
  if (request.state !== 'succeeded' || request.use === null) return request;
  const seen = { level: 'use-seen', outcome: 'proved' } as const;
  const others = request.proofs.filter(({ level }) => level !== seen.level);
  const proofs = answer.outcome === 'used' ? [...others, seen] : request.proofs;
  return { ...request, proofs, use: { ...request.use, judged: { at, answer } } };
}

/** Returns the request after all events; null without any. */
export function fold(id: RequestId, events: readonly StoredEvent[]): Request | null {
  const [first, ...rest] = events;
  return first === undefined ? null : rest.reduce(evolve, begin(id, first));
}

const commentOf = ({ texts }: StoredEvent): Comment => ({
  comment: texts.comment ?? null,
  commentErased: texts.comment === null,
});

const withoutComment = <T extends Comment>(one: T): T => ({
  ...one,
  comment: null,
  commentErased: one.commentErased || one.comment !== null,
});

/** Removes all texts from a request whose earlier events were read with them. */
function withoutTexts(request: Request): Request {
  const { changedFrom } = request;
  const without = {
    ...request,
    justification: null,
    approvals: request.approvals.map(withoutComment),
    changedFrom: changedFrom === null ? null : { ...changedFrom, justification: null },
  };
  if (without.state !== 'rejected' && without.state !== 'cancelled' && without.state !== 'failed') return without;
  return { ...without, ended: withoutComment(without.ended) };
}
