/** A request: what it is in each state. How events make it so is in evolve.ts, what may happen next in decide.ts. */

import type { Failure } from '../failure.ts';
import type { FormId, PersonId, RequestId } from '../ids.ts';
import type { UseAnswer } from '../key-use.ts';
import type { KeyIntent, OwnKey } from '../own-key.ts';
import type { Plan, StepName } from '../plan.ts';
import type { AppliedPolicy } from '../policy/policy.ts';
import type { SignIn } from '../policy/sign-in.ts';
import type { Proof } from '../proof.ts';
import type { AskedAgain, Origin, SeeksUse } from './payloads.ts';

/** What somebody wrote beside their decision. */
export interface Comment {
  /** Null when there is none, or none any more. */
  readonly comment: string | null;
  readonly commentErased: boolean;
}

/** One approval that counts towards the plan as it now stands. */
export interface Approval extends Comment {
  readonly by: PersonId;
  readonly at: string;
  /** Null where approving asked for no sign-in of its own. */
  readonly signIn: SignIn | null;
  /** How long it lasts, in milliseconds: as long as there was time to decide. See `approvalEnds`. */
  readonly validMs: number;
}

/** How far one step of the plan has come. Times are ISO 8601. */
export interface StepProgress {
  readonly name: StepName;
  readonly state: 'planned' | 'running' | 'waiting' | 'done' | 'failed';
  /** The run in which it was last begun; 0 before the first. */
  readonly run: number;
  /** In the run that tried it last. */
  readonly attempt: number;
  /** Over all runs. */
  readonly tries: number;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** It was so before this request ever tried. */
  readonly already: boolean;
  /** A try did it whose process ended before it heard of it. */
  readonly interrupted: boolean;
  /** How it was done the first time, kept while a later run finds it still so. */
  readonly done: Pick<StepProgress, 'startedAt' | 'endedAt' | 'already' | 'interrupted'> | null;
  readonly failure: Failure | null;
  readonly retryAt: string | null;
  /** No try so far can have changed anything: each was refused, or ended before it was sent. */
  readonly untouched: boolean;
}

/** What a request has in every state. */
export interface RequestBase {
  readonly id: RequestId;
  /** Revision of the last event. */
  readonly revision: number;
  /** Revision of the event that last asked people something: cards carry it, clicks are bound to it. */
  readonly asking: number;
  /** Time of that event. */
  readonly askedAt: string;
  /** Those that were submitted for it: the one it was asked by, then those of its changes. */
  readonly forms: readonly FormId[];
  readonly requester: PersonId;
  readonly requesterTenant: string;
  readonly resourceName: string;
  readonly plan: Plan;
  readonly digest: string;
  readonly policy: AppliedPolicy;
  readonly origin: Origin;
  readonly submittedAt: string;
  /** The run begins no earlier; null: as soon as it is approved. ISO 8601. */
  readonly notBefore: string | null;
  /** Time of the last event. */
  readonly changedAt: string;
  /** Null once erased. */
  readonly justification: string | null;
  /** Of a ticket elsewhere; null: none was given. */
  readonly changeReference: string | null;
  readonly approvals: readonly Approval[];
  readonly progress: readonly StepProgress[];
  /** What earlier steps brought forth. */
  readonly outputs: Readonly<Record<string, string>>;
  /** What keys that it made carry, by the tries that were to make one. */
  readonly keyIntents: readonly KeyIntent[];
  /** How many runs were ordered so far. */
  readonly runs: number;
  /** The last run before which the approval was found to cover what Azure held; 0 before the first. */
  readonly checked: number;
  /** Whether a step was ever about to change Azure: from then on nothing may be said to be unchanged. */
  readonly touched: boolean;
  /** Who first wanted the run that is under way to stop after the steps that are running; null where nobody. */
  readonly stop: StopAsked | null;
  /** An approver stopped a run of the plan as it stands: the approvals it has carry no other one. */
  readonly objected: boolean;
  /** When the requester last had approvers called again about the plan as it stands; null: never. ISO 8601. */
  readonly remindedAt: string | null;
  /** The plan this one replaced, when the world moved after an approval; null: it is the one that was asked for. */
  readonly replaced: Replaced | null;
  /** How often whoever asked has changed it. */
  readonly changes: number;
  /** As they stood before their last change; null: they never changed it, or it was asked anew since. */
  readonly changedFrom: ChangedFrom | null;
}

export interface Replaced {
  readonly plan: Plan;
  readonly reason: AskedAgain;
}

/** What a request was before whoever asked changed it. */
export interface ChangedFrom {
  readonly plan: Plan;
  /** Null once erased. */
  readonly justification: string | null;
  readonly notBefore: string | null;
}

export interface StopAsked {
  /** Null: an operator, by the name they gave. */
  readonly by: PersonId | null;
  readonly operator: string | null;
  readonly at: string;
}

/** What is known of the resource's use of the key. */
export interface KnownUse extends SeeksUse {
  /** Null: it is being looked for. */
  readonly judged: { readonly at: string; readonly answer: UseAnswer } | null;
}

/** How a person ended it. */
export interface Decided extends Comment {
  readonly by: PersonId | null;
  readonly at: string;
}

export type AwaitingApproval = RequestBase & { readonly state: 'awaiting-approval' };
export type Approved = RequestBase & { readonly state: 'approved' };
export type Running = RequestBase & { readonly state: 'running' };
export type NeedsAttention = RequestBase & {
  readonly state: 'needs-attention';
  readonly step: StepName | null;
  readonly failure: Failure;
};
export type Succeeded = RequestBase & {
  readonly state: 'succeeded';
  /** The use that was seen is among them. */
  readonly proofs: readonly Proof[];
  /** Null: the vault's log is not asked. */
  readonly use: KnownUse | null;
};
export type Failed = RequestBase & {
  readonly state: 'failed';
  /** As it was when a person was asked. */
  readonly step: StepName | null;
  readonly ended: Decided;
  readonly failure: Failure | null;
};
export type Rejected = RequestBase & { readonly state: 'rejected'; readonly ended: Decided };
export type Cancelled = RequestBase & { readonly state: 'cancelled'; readonly ended: Decided };
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

/** What every event of a run says of whose and which plan it is. */
export const runRest = ({ digest, plan, requester }: RequestBase) => ({
  planDigest: digest,
  target: plan.wish.resource.id as string,
  onBehalfOf: requester,
});

/** What the record has of the key that the request made. */
export const ownKeyOf = ({ outputs, keyIntents }: RequestBase): OwnKey => ({
  keyVersion: outputs.keyVersion ?? null,
  intents: keyIntents,
});

/** How far the step has come that switches the key; undefined where the plan has none. */
export const keyProgress = ({ plan, progress }: Request): StepProgress | undefined =>
  progress.find(({ name }) =>
    plan.steps.some((step) => step.name === name && step.effects.some(({ change }) => change === 'customer-key')),
  );

/** Nothing can happen to a request in one of these any more. */
export const endedStates = ['succeeded', 'failed', 'rejected', 'cancelled', 'expired'] as const;
export const hasEnded = (request: Request): boolean => (endedStates as readonly string[]).includes(request.state);

/** It has ended, or a person is asked: nothing more follows by itself. */
export const isAtRest = (request: Request): boolean => hasEnded(request) || request.state === 'needs-attention';
