/** State of a request, replayed from its events only. Input of the replay rules. */
import type { Plan, StepName } from '../domain/plan.ts';
import type { EventBody, EventBodyOf } from '../domain/request/events.ts';

interface ReplayedAttempt {
  readonly run: number;
  readonly attempt: number;
  readonly state: 'under-way' | 'waiting' | 'done' | 'failed';
}

/** `ordered`: a run was started and hasn't changed anything. `retried`: another run was requested. */
export type State = 'asked' | 'ordered' | 'running' | 'stuck' | 'retried' | 'ended';

export interface ReplayState {
  readonly requester: string;
  state: State;
  /** The latest plan that was submitted for approval. */
  question: ApprovalQuestion;
  approvals: readonly string[];
  runs: number;
  checked: boolean;
  /** A person asked to stop this run. */
  stops: boolean;
  /** An approver stopped a run of this plan: its approvals don't cover another run. */
  objected: boolean;
  /** The failure that needs attention was an outage. */
  outage: boolean;
  /** The last retry was the bot's own. */
  retriedAutomatically: boolean;
  /** Earliest start of a run; empty: at once. ISO 8601. */
  notBefore: string;
  /** Number of the requester's edits. */
  changes: number;
  /** A change in Azure was intended. */
  touched: boolean;
  readonly attempts: Map<StepName, ReplayedAttempt>;
  /** The usage check in progress; null: none. ISO 8601. */
  seeks: { readonly since: string; readonly until: string } | null;
}

/** Returns operation and agent of a plan. */
export const aboutOf = ({ wish: { operation, resource } }: Plan): string => `${operation} ${resource.id.toLowerCase()}`;

interface ApprovalQuestion {
  readonly digest: string | null;
  readonly about: string;
  readonly required: number;
  readonly expiresAt: string;
  readonly stages: ReadonlyMap<StepName, number>;
  readonly irreversible: boolean;
}

type Asking = 'submitted' | 'plan-changed' | 'request-changed';

const questionOf = ({ planDigest, data }: EventBodyOf<Asking>): ApprovalQuestion => ({
  digest: planDigest,
  about: aboutOf(data.plan),
  required: data.policy.approvalsRequired,
  expiresAt: data.policy.expiresAt,
  stages: new Map(data.plan.steps.map(({ name, stage }) => [name, stage])),
  irreversible: data.plan.steps.some((step) => step.reversibility === 'irreversible' && step.effects.length > 0),
});

/** Starts the replay with a first event; null: not a valid first event. */
export function startReplay(body: EventBody): ReplayState | null {
  const { actor } = body;
  if (body.type !== 'submitted' || actor.kind !== 'person' || actor.id === null) return null;
  const fresh = {
    approvals: [],
    runs: 0,
    checked: false,
    stops: false,
    objected: false,
    outage: false,
    retriedAutomatically: false,
    seeks: null,
    attempts: new Map(),
  };
  const notBefore = body.data.notBefore ?? '';
  const since = { changes: 0, touched: false };
  return { requester: actor.id, state: 'asked', question: questionOf(body), notBefore, ...since, ...fresh };
}

/** Stored state of an ended request. Small, because most requests have ended. */
export type EndedReplay = Pick<ReplayState, 'requester' | 'runs' | 'seeks'>;

/** Restores the state of an ended request, as far as later events need it. */
export const restoreEnded = ({ requester, runs, seeks }: EndedReplay): ReplayState => ({
  ...{
    requester,
    runs,
    seeks,
    state: 'ended',
    approvals: [],
    checked: false,
    stops: false,
    objected: false,
    notBefore: '',
  },
  ...{ changes: 0, touched: false, attempts: new Map(), outage: false, retriedAutomatically: false },
  question: { digest: null, about: '', required: 0, expiresAt: '', stages: new Map(), irreversible: false },
});

const setAttempt = (replay: ReplayState, step: StepName, attempts: ReplayedAttempt): void => {
  replay.attempts.set(step, attempts);
};

function resetApprovals(replay: ReplayState, body: EventBodyOf<'plan-changed' | 'request-changed'>): void {
  Object.assign(replay, { state: 'asked', question: questionOf(body), approvals: [], checked: false, objected: false });
  replay.retriedAutomatically = false;
  replay.attempts.clear();
}

/** Applies the event, valid or not. Later events are checked against the result. */
export function applyEvent(replay: ReplayState, body: EventBody): void {
  switch (body.type) {
    case 'approved':
      replay.approvals = [...replay.approvals, body.actor.id ?? ''];
      if ((body.data.notBefore ?? '') > replay.notBefore) replay.notBefore = body.data.notBefore ?? '';
      break;
    case 'plan-changed':
      resetApprovals(replay, body);
      break;
    case 'request-changed':
      resetApprovals(replay, body);
      replay.changes += 1;
      replay.notBefore = body.data.notBefore ?? '';
      break;
    case 'run-ordered':
      Object.assign(replay, { state: 'ordered', runs: body.data.run, checked: false, stops: false });
      break;
    case 'run-checked':
      replay.checked = true;
      break;
    case 'step-intended': {
      const { step, run, attempt } = body.data;
      replay.state = 'running';
      replay.touched = true;
      setAttempt(replay, step, { run, attempt, state: 'under-way' });
      break;
    }
    case 'step-done': {
      const { step, run, attempt } = body.data;
      setAttempt(replay, step, { run, attempt, state: 'done' });
      break;
    }
    case 'step-failed': {
      const { step, run, attempt, retryAt } = body.data;
      setAttempt(replay, step, { run, attempt, state: retryAt === null ? 'failed' : 'waiting' });
      break;
    }
    case 'attention-needed':
      replay.state = 'stuck';
      replay.outage = body.data.failure.source !== 'bot' && body.data.failure.next === 'wait';
      break;
    case 'stop-requested':
      replay.stops = true;
      if (body.actor.kind === 'person' && body.actor.id !== replay.requester) replay.objected = true;
      break;
    case 'retried':
    case 'retried-automatically':
      replay.state = 'retried';
      replay.retriedAutomatically = body.type === 'retried-automatically';
      break;
    case 'rejected':
    case 'cancelled':
    case 'expired':
    case 'given-up':
      replay.state = 'ended';
      break;
    case 'succeeded':
      replay.state = 'ended';
      replay.seeks = body.data.seeks ?? null;
      break;
    case 'use-judged':
      replay.seeks = null;
      break;
    case 'submitted':
    case 'decided-late':
    case 'reminded':
    case 'taken-on':
    case 'texts-erased':
    case 'clock-set-right':
    case 'evidence-made':
    case 'drift-opened':
    case 'drift-changed':
    case 'drift-closed':
      break;
  }
}
