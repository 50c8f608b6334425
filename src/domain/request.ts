/** A request: what it is in each state, and how events make it so. What may happen next is in decide.ts. */
import type { EventBody, Origin, StoredEvent } from './events.ts';
import type { Failure } from './failure.ts';
import type { FormId, PersonId, RequestId } from './ids.ts';
import { PersonId as PersonIdSchema } from './ids.ts';
import type { Plan, StepName } from './plan.ts';
import type { AppliedPolicy } from './policy.ts';
import type { Proof } from './proof.ts';

/** One approval that counts towards the plan as it now stands. */
export interface Approval {
  readonly by: PersonId;
  readonly at: string;
}

/** How far one step of the plan has come. Times are ISO 8601. */
export interface StepProgress {
  readonly name: StepName;
  readonly state: 'planned' | 'running' | 'waiting' | 'done' | 'failed';
  readonly attempt: number;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly already: boolean;
  readonly failure: Failure | null;
  readonly retryAt: string | null;
}

interface Base {
  readonly id: RequestId;
  /** Revision of the last event. */
  readonly revision: number;
  /** Revision of the event that last asked people something: cards carry it, clicks are bound to it. */
  readonly asking: number;
  readonly formId: FormId;
  readonly requester: PersonId;
  readonly requesterTenant: string;
  readonly agentName: string;
  readonly plan: Plan;
  readonly digest: string;
  readonly policy: AppliedPolicy;
  readonly origin: Origin;
  readonly submittedAt: string;
  /** Time of the last event. */
  readonly changedAt: string;
  /** Null once erased. */
  readonly justification: string | null;
  readonly approvals: readonly Approval[];
  readonly progress: readonly StepProgress[];
  /** Values born in earlier steps. */
  readonly born: Readonly<Record<string, string>>;
  /** How many runs were ordered so far. */
  readonly runs: number;
  /** The plan this one replaced, when the world moved after an approval. */
  readonly replaced: { readonly plan: Plan; readonly reason: 'effects-not-covered' | 'approvers-changed' } | null;
}

interface Decided {
  readonly by: PersonId | null;
  readonly at: string;
  /** Null when there is none, or none any more. */
  readonly comment: string | null;
  readonly commentErased: boolean;
}

export type AwaitingApproval = Base & { readonly state: 'awaiting-approval' };
export type Approved = Base & { readonly state: 'approved' };
export type Running = Base & { readonly state: 'running' };
export type NeedsAttention = Base & {
  readonly state: 'needs-attention';
  readonly step: StepName | null;
  readonly failure: Failure;
};
export type Succeeded = Base & { readonly state: 'succeeded'; readonly proofs: readonly Proof[] };
export type Failed = Base & { readonly state: 'failed'; readonly ended: Decided; readonly failure: Failure | null };
export type Rejected = Base & { readonly state: 'rejected'; readonly ended: Decided };
export type Cancelled = Base & { readonly state: 'cancelled'; readonly ended: Decided };
export type Expired = Base & { readonly state: 'expired' };

export type Request =
  | AwaitingApproval
  | Approved
  | Running
  | NeedsAttention
  | Succeeded
  | Failed
  | Rejected
  | Cancelled
  | Expired;

/** Nothing can happen to a request in one of these any more. */
export const endedStates = ['succeeded', 'failed', 'rejected', 'cancelled', 'expired'] as const;
export const hasEnded = (request: Request): boolean => (endedStates as readonly string[]).includes(request.state);

const planned = (plan: Plan): readonly StepProgress[] =>
  plan.steps.map((step) => ({
    name: step.name,
    state: 'planned',
    attempt: 0,
    startedAt: null,
    endedAt: null,
    already: false,
    failure: null,
    retryAt: null,
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
    formId: body.data.formId,
    requester: PersonIdSchema.parse(body.actor.id),
    requesterTenant: body.actor.tenantId ?? '',
    agentName: body.data.agentName,
    plan: body.data.plan,
    digest: body.planDigest ?? '',
    policy: body.data.policy,
    origin: body.data.origin,
    submittedAt: time,
    changedAt: time,
    justification: event.texts.justification ?? null,
    approvals: [],
    progress: planned(body.data.plan),
    born: {},
    runs: 0,
    replaced: null,
  };
}

const change = (
  progress: readonly StepProgress[],
  name: StepName,
  change: Partial<StepProgress>,
): readonly StepProgress[] => progress.map((step) => (step.name === name ? { ...step, ...change } : step));

const started = (request: Request, name: StepName): string | null =>
  request.progress.find((step) => step.name === name)?.startedAt ?? null;

/** Drops what only one state has, so that no state carries another's fields. */
function baseOf(request: Request): Base {
  const { state: _state, ...rest } = request;
  const {
    step: _step,
    failure: _failure,
    proofs: _proofs,
    ended: _ended,
    ...base
  } = rest as typeof rest & Record<string, unknown>;
  return base as unknown as Base;
}

const decided = (event: StoredEvent): Decided => ({
  by: event.body.actor.kind === 'person' ? PersonIdSchema.parse(event.body.actor.id) : null,
  at: event.time,
  comment: event.texts.comment ?? null,
  commentErased: event.texts.comment === null,
});

/** The events before this one may still have been read with their texts. */
function withoutTexts(request: Request): Request {
  if (request.state !== 'rejected' && request.state !== 'cancelled') return { ...request, justification: null };
  const { ended } = request;
  const commentErased = ended.commentErased || ended.comment !== null;
  return { ...request, justification: null, ended: { ...ended, comment: null, commentErased } };
}

/** One event later. */
export function evolve(request: Request, event: StoredEvent): Request {
  const { body, time } = event;
  const base: Base = { ...baseOf(request), revision: event.revision, changedAt: time };
  switch (body.type) {
    case 'submitted':
      throw new Error(`request ${request.id} was submitted twice`);
    case 'approved': {
      const approval = { by: PersonIdSchema.parse(body.actor.id), at: time };
      return { ...base, state: 'awaiting-approval', approvals: [...base.approvals, approval] };
    }
    case 'rejected':
      return { ...base, state: 'rejected', ended: decided(event) };
    case 'cancelled':
      return { ...base, state: 'cancelled', ended: decided(event) };
    case 'expired':
      return { ...base, state: 'expired' };
    case 'decided-late':
      return { ...request, revision: event.revision };
    case 'texts-erased':
      return withoutTexts({ ...request, revision: event.revision });
    case 'plan-changed':
      return {
        ...base,
        state: 'awaiting-approval',
        asking: event.revision,
        plan: body.data.plan,
        digest: body.planDigest ?? '',
        policy: body.data.policy,
        approvals: [],
        progress: planned(body.data.plan),
        replaced: { plan: request.plan, reason: body.data.reason },
      };
    default:
      return evolveRun(request, base, event);
  }
}

function evolveRun(request: Request, base: Base, { body, time, revision }: StoredEvent): Request {
  switch (body.type) {
    case 'run-ordered':
      return { ...base, state: 'approved', runs: body.data.run };
    case 'step-intended': {
      const startedAt = started(request, body.data.step) ?? time;
      const now = { state: 'running', attempt: body.data.attempt, startedAt, endedAt: null, retryAt: null } as const;
      return { ...base, state: 'running', progress: change(base.progress, body.data.step, now) };
    }
    case 'step-done': {
      const now = { state: 'done', endedAt: time, already: body.data.already, failure: null, retryAt: null } as const;
      return {
        ...base,
        state: 'running',
        progress: change(base.progress, body.data.step, now),
        born: { ...base.born, ...body.data.born },
      };
    }
    case 'step-failed': {
      const { failure, retryAt } = body.data;
      const now = { state: retryAt === null ? 'failed' : 'waiting', endedAt: time, failure, retryAt } as const;
      return { ...base, state: 'running', progress: change(base.progress, body.data.step, now) };
    }
    case 'attention-needed':
      return {
        ...base,
        state: 'needs-attention',
        asking: revision,
        step: body.data.step,
        failure: body.data.failure,
      };
    case 'succeeded':
      return { ...base, state: 'succeeded', proofs: body.data.proofs };
    case 'retried':
      return { ...base, state: 'approved' };
    case 'given-up':
      return {
        ...base,
        state: 'failed',
        ended: {
          by: PersonIdSchema.safeParse(body.actor.id).data ?? null,
          at: time,
          comment: null,
          commentErased: false,
        },
        failure: request.state === 'needs-attention' ? request.failure : null,
      };
    default:
      throw new Error(`event ${body.type} is not one of a run`);
  }
}

/** The request after all its events; null before the first. */
export function fold(id: RequestId, events: readonly StoredEvent[]): Request | null {
  const [first, ...rest] = events;
  return first === undefined ? null : rest.reduce(evolve, begin(id, first));
}
