/** The states of a request. evolve.ts computes them from events, decide.ts decides what can happen next. */

import type { Failure } from '../failure.ts';
import type { FormId, PersonId, RequestId } from '../ids.ts';
import type { KeyIntent, OwnKey } from '../key-ownership.ts';
import type { Plan, PlannedStep, StepName } from '../plan.ts';
import type { AppliedPolicy } from '../policy/policy.ts';
import type { SignIn } from '../policy/sign-in.ts';
import type { Proof } from '../proof.ts';
import type { UseAnswer } from '../usage-check.ts';
import {
  type EventTraits,
  eventTypes,
  type OpenState,
  type Origin,
  type ReapprovalReason,
  requestStates,
  type UsagePeriod,
  type Waits,
} from './payloads.ts';

export interface Comment {
  /** Null: none, or erased. */
  readonly comment: string | null;
  readonly commentErased: boolean;
}

export interface Approval extends Comment {
  readonly by: PersonId;
  readonly at: string;
  /** Null if approving needed no sign-in of its own. */
  readonly signIn: SignIn | null;
  /** Duration of its validity in milliseconds: as long as the time to decide was. See `approvalEnds`. */
  readonly validMs: number;
}

/** Progress of one step. Times are ISO 8601. */
export interface StepProgress {
  readonly name: StepName;
  readonly state: 'planned' | 'running' | 'waiting' | 'done' | 'failed';
  /** The run that last started it; 0 before the first. */
  readonly run: number;
  /** Within the last run. */
  readonly attempt: number;
  /** In all runs. */
  readonly tries: number;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** It was so before this request's first attempt. */
  readonly already: boolean;
  /** An attempt without a known result sent the change, and a later reading confirmed it. */
  readonly interrupted: boolean;
  /** The first successful result, preserved while later runs find it unchanged. */
  readonly done: Pick<StepProgress, 'startedAt' | 'endedAt' | 'already' | 'interrupted'> | null;
  readonly failure: Failure | null;
  readonly retryAt: string | null;
  /** No attempt so far can have changed anything: each was rejected or not sent. */
  readonly untouched: boolean;
  /** Client request id of the first attempt that might have changed something; null: none, or it only reads. */
  readonly sentAs: string | null;
}

/** A step of an earlier plan that changed Azure, or might have, and that the current plan doesn't repeat. */
export interface EarlierStep {
  readonly step: PlannedStep;
  /** Azure, read back, showed the change. Otherwise an attempt might have made it. */
  readonly isConfirmed: boolean;
}

/** Fields of every state. */
export interface RequestBase {
  readonly id: RequestId;
  /** Revision of the last event. */
  readonly revision: number;
  /** Revision of the last event that needs people's action. Cards contain it, and clicks must match it. */
  readonly asking: number;
  /** Time of that event. */
  readonly askedAt: string;
  /** The last decision of a person. The next change in Azure waits until it's published. */
  readonly decided: { readonly seq: number; readonly at: string };
  readonly forms: readonly FormId[];
  readonly requester: PersonId;
  readonly resourceName: string;
  readonly plan: Plan;
  readonly digest: string;
  readonly policy: AppliedPolicy;
  readonly origin: Origin;
  readonly submittedAt: string;
  /** Earliest start of the run, ISO 8601. Null: as soon as it's approved. */
  readonly notBefore: string | null;
  /** Time of the last event. */
  readonly changedAt: string;
  /** Null after it was erased. */
  readonly justification: string | null;
  /** Change number; null: none. */
  readonly changeReference: string | null;
  readonly approvals: readonly Approval[];
  /** Of the current plan's steps. */
  readonly progress: readonly StepProgress[];
  readonly earlier: readonly EarlierStep[];
  /** Results of earlier steps. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Intents to create a key, one per attempt. */
  readonly keyIntents: readonly KeyIntent[];
  /** Number of runs ordered so far. */
  readonly runs: number;
  /** The last run whose check found the approval sufficient; 0 before the first. */
  readonly checked: number;
  /** Time of that check, ISO 8601; null before the first. */
  readonly checkedAt: string | null;
  /** True once any step was about to change Azure. From then on, Azure can't be reported as unchanged. */
  readonly touched: boolean;
  /** The first person who asked to stop the current run; null: none. */
  readonly stop: StopRequest | null;
  /** An approver stopped a run of the current plan. Its approvals don't cover another run. */
  readonly objected: boolean;
  /** A run was retried automatically, and no person has retried since. */
  readonly retriedAutomatically: boolean;
  /** Who works on the request since it needed attention; null: no one said so. */
  readonly takenOn: TakenOn | null;
  /** Time of the requester's last reminder about the current plan; null: never. ISO 8601. */
  readonly remindedAt: string | null;
  /** When the bot escalated the current plan, ISO 8601, and to how many people; null: it didn't. */
  readonly escalated: { readonly at: string; readonly people: number } | null;
  /** The plan whose approvals were void before the run; null: the current plan is the requested one. */
  readonly replaced: Replaced | null;
  /** Number of edits by the requester. */
  readonly changes: number;
  /** The request before its last edit; null: never edited, or it needed approval again since. */
  readonly changedFrom: ChangedFrom | null;
}

interface Replaced {
  readonly plan: Plan;
  readonly reason: ReapprovalReason;
}

export interface ChangedFrom {
  readonly plan: Plan;
  /** Null after it was erased. */
  readonly justification: string | null;
  readonly notBefore: string | null;
}

interface TakenOn {
  readonly by: PersonId;
  readonly at: string;
}

export interface StopRequest {
  /** Null: an operator, named in `operator`. */
  readonly by: PersonId | null;
  readonly operator: string | null;
  readonly at: string;
}

export interface UsageCheck extends UsagePeriod {
  /** Null: not finished. */
  readonly judged: { readonly at: string; readonly answer: UseAnswer } | null;
}

export interface Decided extends Comment {
  readonly by: PersonId | null;
  readonly at: string;
}

type AwaitingApproval = RequestBase & { readonly state: 'awaiting-approval' };
export type Approved = RequestBase & { readonly state: 'approved' };
export type Running = RequestBase & { readonly state: 'running' };
export type NeedsAttention = RequestBase & {
  readonly state: 'needs-attention';
  readonly step: StepName | null;
  readonly failure: Failure;
};
export type Succeeded = RequestBase & {
  readonly state: 'succeeded';
  /** Includes the usage check's result. */
  readonly proofs: readonly Proof[];
  /** Null: no usage check. */
  readonly use: UsageCheck | null;
};
export type Failed = RequestBase & {
  readonly state: 'failed';
  /** As when it needed attention. */
  readonly step: StepName | null;
  readonly ended: Decided;
  readonly failure: Failure | null;
};
export type Rejected = RequestBase & { readonly state: 'rejected'; readonly ended: Decided };
type Cancelled = RequestBase & { readonly state: 'cancelled'; readonly ended: Decided };
export type Expired = RequestBase & { readonly state: 'expired' };

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

/** Returns the common fields of a run's events. */
export const runRest = ({ digest, plan, requester }: RequestBase) => ({
  planDigest: digest,
  target: plan.spec.resource.id as string,
  onBehalfOf: requester,
});

/** Returns what the events say about the key that the request created. */
export const ownKeyOf = ({ outputs, keyIntents }: RequestBase): OwnKey => ({
  keyVersion: outputs.keyVersion ?? null,
  intents: keyIntents,
});

/** Returns the progress of the step that sets the key; undefined if the plan has none. */
export const keyProgress = ({ plan, progress }: Request): StepProgress | undefined =>
  progress.find(({ name }) =>
    plan.steps.some((step) => step.name === name && step.effects.some(({ change }) => change === 'customer-key')),
  );

export const hasEnded = ({ state }: Request): boolean => requestStates[state] === 'over';

/** Returns whether nothing happens without a person: it has ended, or needs attention. */
export const isAtRest = (request: Request): boolean => hasEnded(request) || request.state === 'needs-attention';

/** Returns whether the request ended in any other way than success. */
export const endedInVain = (request: Request): boolean => hasEnded(request) && request.state !== 'succeeded';

/** Returns whether no run has begun since approval was last requested: the request can be rejected or canceled. */
export const isBeforeRun = ({ state }: Request): boolean => state === 'awaiting-approval' || state === 'approved';

/** Returns whether a run has been ordered or has begun. */
export const isUnderWay = ({ state }: Request): boolean => state === 'running' || state === 'approved';

/** What a request waits for, in list order. */
export const waits: readonly Waits[] = ['attention', 'approval', 'bot'];

const traits: Readonly<Record<string, EventTraits | undefined>> = eventTypes;

/** Returns whether an event of this type ends its request and frees its resource. */
export const isEnding = (type: string): boolean => traits[type]?.state === 'over';

/** The last state in which the request was open, after an event of this type. */
export function openStateAfter(before: OpenState, type: string): OpenState {
  const state = traits[type]?.state ?? before;
  return state === 'over' ? before : state;
}
