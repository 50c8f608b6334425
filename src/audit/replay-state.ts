/** State of a request, replayed from its events only. Input of the replay rules. */
import type { Plan, StepName } from '../domain/plan.ts';
import type { EventBody, EventBodyOf, StepBody } from '../domain/request/events.ts';

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
  attempts: Map<StepName, ReplayedAttempt>;
  /** The usage check in progress; null: none. ISO 8601. */
  seeks: { readonly since: string; readonly until: string } | null;
}

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

const nothingYet = () => ({
  approvals: [],
  runs: 0,
  checked: false,
  stops: false,
  objected: false,
  outage: false,
  retriedAutomatically: false,
  notBefore: '',
  changes: 0,
  touched: false,
  attempts: new Map(),
  seeks: null,
});

const noQuestion = { digest: null, about: '', required: 0, expiresAt: '', stages: new Map(), irreversible: false };

/** Drops what no later event needs: most requests have ended. */
function end(replay: ReplayState, { runs, seeks } = replay): void {
  Object.assign(replay, { ...nothingYet(), state: 'ended', question: noQuestion, runs, seeks });
}

/** Starts the replay with a first event; null: not a valid first event. */
export function startReplay(body: EventBody): ReplayState | null {
  const { actor } = body;
  if (body.type !== 'submitted' || actor.kind !== 'person' || actor.id === null) return null;
  const notBefore = body.data.notBefore ?? '';
  return { ...nothingYet(), requester: actor.id, state: 'asked', question: questionOf(body), notBefore };
}

function resetApprovals(replay: ReplayState, body: EventBodyOf<'plan-changed' | 'request-changed'>): void {
  Object.assign(replay, { state: 'asked', question: questionOf(body), approvals: [], checked: false, objected: false });
  replay.retriedAutomatically = false;
  replay.attempts.clear();
}

function setAttempt({ attempts }: ReplayState, { data }: StepBody, state: ReplayedAttempt['state']): void {
  attempts.set(data.step, { run: data.run, attempt: data.attempt, state });
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
    case 'step-intended':
      replay.state = 'running';
      replay.touched = true;
      setAttempt(replay, body, 'under-way');
      break;
    case 'step-done':
      setAttempt(replay, body, 'done');
      break;
    case 'step-failed':
      setAttempt(replay, body, body.data.retryAt === null ? 'failed' : 'waiting');
      break;
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
      end(replay);
      break;
    case 'succeeded':
      end(replay, { ...replay, seeks: body.data.seeks ?? null });
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
