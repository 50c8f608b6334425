/** What a request has lived through, told from its events alone: what life-rules.ts judges by. */
import type { Plan, StepName } from '../domain/plan.ts';
import type { EventBody, EventBodyOf } from '../domain/request/events.ts';

export interface ReplayedAttempt {
  readonly run: number;
  readonly attempt: number;
  readonly state: 'under-way' | 'waiting' | 'done' | 'failed';
}

/** `ordered`: a run is ordered and has touched nothing. `retried`: somebody asked for one more. */
export type State = 'asked' | 'ordered' | 'running' | 'stuck' | 'retried' | 'ended';

export interface Life {
  readonly requester: string;
  state: State;
  /** Of the plan that was asked last. */
  question: ApprovalQuestion;
  approvals: readonly string[];
  runs: number;
  checked: boolean;
  /** Somebody wants nothing more of this run to begin. */
  stops: boolean;
  /** Somebody who may approve stopped a run of this plan: its approvals carry no other one. */
  objected: boolean;
  /** No run of it begins earlier; empty: at once. ISO 8601. */
  notBefore: string;
  /** How often whoever asked changed it. */
  changes: number;
  /** Something was about to be done to Azure. */
  touched: boolean;
  readonly tried: Map<StepName, ReplayedAttempt>;
  /** The vault's log is asked for a use of the key, which is not judged yet. ISO 8601. */
  seeks: { readonly since: string; readonly until: string } | null;
}

/** For which agent, and what is wanted of it. */
export const aboutOf = ({ wish: { operation, resource } }: Plan): string => `${operation} ${resource.id.toLowerCase()}`;

export interface ApprovalQuestion {
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

/** The life that begins with a first event; null where it is none. */
export function beginLife(body: EventBody): Life | null {
  const { actor } = body;
  if (body.type !== 'submitted' || actor.kind !== 'person' || actor.id === null) return null;
  const fresh = {
    approvals: [],
    runs: 0,
    checked: false,
    stops: false,
    objected: false,
    seeks: null,
    tried: new Map(),
  };
  const notBefore = body.data.notBefore ?? '';
  const since = { changes: 0, touched: false };
  return { requester: actor.id, state: 'asked', question: questionOf(body), notBefore, ...since, ...fresh };
}

/** What is kept of a life that has ended: there are many more of those than of others. */
export type Ended = Pick<Life, 'requester' | 'runs' | 'seeks'>;

/** The life again, as far as anything can follow its end. */
export const ended = ({ requester, runs, seeks }: Ended): Life => ({
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
  ...{ changes: 0, touched: false, tried: new Map() },
  question: { digest: null, about: '', required: 0, expiresAt: '', stages: new Map(), irreversible: false },
});

const setTried = (life: Life, step: StepName, tried: ReplayedAttempt): void => {
  life.tried.set(step, tried);
};

function askAnew(life: Life, body: EventBodyOf<'plan-changed' | 'request-changed'>): void {
  Object.assign(life, { state: 'asked', question: questionOf(body), approvals: [], checked: false, objected: false });
  life.tried.clear();
}

/** Goes on by the event, whether or not it was right: what follows is judged by what stands there. */
export function live(life: Life, body: EventBody): void {
  switch (body.type) {
    case 'approved':
      life.approvals = [...life.approvals, body.actor.id ?? ''];
      if ((body.data.notBefore ?? '') > life.notBefore) life.notBefore = body.data.notBefore ?? '';
      break;
    case 'plan-changed':
      askAnew(life, body);
      break;
    case 'request-changed':
      askAnew(life, body);
      life.changes += 1;
      life.notBefore = body.data.notBefore ?? '';
      break;
    case 'run-ordered':
      Object.assign(life, { state: 'ordered', runs: body.data.run, checked: false, stops: false });
      break;
    case 'run-checked':
      life.checked = true;
      break;
    case 'step-intended': {
      const { step, run, attempt } = body.data;
      life.state = 'running';
      life.touched = true;
      setTried(life, step, { run, attempt, state: 'under-way' });
      break;
    }
    case 'step-done': {
      const { step, run, attempt } = body.data;
      setTried(life, step, { run, attempt, state: 'done' });
      break;
    }
    case 'step-failed': {
      const { step, run, attempt, retryAt } = body.data;
      setTried(life, step, { run, attempt, state: retryAt === null ? 'failed' : 'waiting' });
      break;
    }
    case 'attention-needed':
      life.state = 'stuck';
      break;
    case 'stop-requested':
      life.stops = true;
      if (body.actor.kind === 'person' && body.actor.id !== life.requester) life.objected = true;
      break;
    case 'retried':
      life.state = 'retried';
      break;
    case 'rejected':
    case 'cancelled':
    case 'expired':
    case 'given-up':
      life.state = 'ended';
      break;
    case 'succeeded':
      life.state = 'ended';
      life.seeks = body.data.seeks ?? null;
      break;
    case 'use-judged':
      life.seeks = null;
      break;
    case 'submitted':
    case 'decided-late':
    case 'reminded':
    case 'texts-erased':
    case 'clock-set-right':
    case 'evidence-made':
      break;
  }
}
