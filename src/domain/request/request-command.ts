/** Commands on a request, from people and from its run, and the result of a decision. */

import type { Failure, Receipt } from '../failure.ts';
import type { FormId, PersonId } from '../ids.ts';
import type { Plan, StepName } from '../plan.ts';
import type { AppliedPolicy, RoleStatus } from '../policy/policy.ts';
import type { SignIn, StepUp } from '../policy/sign-in.ts';
import type { Proof } from '../proof.ts';
import { isBlank } from '../strings.ts';
import type { UseAnswer } from '../usage-check.ts';
import type { Actor, NewEvent } from './events.ts';
import type { Origin, Reading } from './payloads.ts';
import { type Refusal, refuse } from './refusal.ts';

export const longestText = 500;

/** Refuses a reason that is missing or too long. `verb`: what it is for; empty: the request itself. */
export function reasonRefusal(reason: string, verb = ''): Refusal | null {
  if (isBlank(reason)) return refuse('reason-missing', verb);
  return reason.trim().length > longestText ? refuse('text-too-long', `${longestText}`) : null;
}

/** A click on a request's card. `asking`: the card's revision. */
interface Click {
  readonly by: PersonId;
  readonly actor: Actor;
  readonly asking: number;
}

/** A click, or an operator at the command line, who has no Teams identity. */
type ClickOrOperator = Omit<Click, 'by'> & { readonly by: PersonId | null };

/** `roleStatus`: whether the person is an approver of the request or an operator. `asOperator`: an operator only. */
export interface Settling {
  readonly roleStatus: RoleStatus;
  readonly asOperator?: boolean;
}

interface Deciding extends Click {
  readonly roleStatus: RoleStatus;
  readonly acknowledged: boolean;
  readonly comment: string;
}

export interface Submit {
  readonly do: 'submit';
  readonly by: PersonId;
  readonly actor: Actor;
  readonly formId: FormId;
  readonly resourceName: string;
  readonly plan: Plan;
  readonly digest: string;
  readonly policy: AppliedPolicy;
  readonly origin: Origin;
  readonly justification: string;
  /** Earliest start of the run, ISO 8601. Null: as soon as it's approved. */
  readonly notBefore: string | null;
  /** Change number; missing or null: none. */
  readonly changeReference?: string | null;
}

/** An edit by the requester. `asking`: the revision that the edit form was opened on. */
export interface Change extends Omit<Submit, 'do' | 'resourceName' | 'origin'> {
  readonly do: 'change';
  readonly asking: number;
}

export interface IntendedTry {
  readonly step: StepName;
  readonly attempt: number;
  /** Hash of the nonce in the key that this attempt creates. */
  readonly nonceHash?: string;
  /** Sent with the attempt's calls; missing or null: it only reads. */
  readonly clientRequestId?: string | null;
}

export type StepResult =
  | {
      readonly step: StepName;
      readonly attempt: number;
      readonly outcome: 'done';
      readonly already: boolean;
      readonly outputs: Readonly<Record<string, string>>;
      readonly receipt: Receipt | null;
      readonly proofs: readonly Proof[];
      /** An attempt without a known result sent it, and this one only read it back. */
      readonly interrupted?: true;
    }
  | {
      readonly step: StepName;
      readonly attempt: number;
      readonly outcome: 'failed';
      readonly failure: Failure;
      /** The process that began the attempt ended, so it isn't known what it sent. */
      readonly interrupted?: true;
      /** ISO 8601, or null if a person must act. */
      readonly retryAt: string | null;
      /** Partial results before the failure, for later attempts. */
      readonly outputs?: Readonly<Record<string, string>>;
    };

export type Command =
  | Submit
  | Change
  | (Deciding & {
      readonly do: 'approve';
      /** Step-up authentication that approving needs; null: none. */
      readonly stepUp: StepUp | null;
      readonly signIn: SignIn | null;
      readonly requesterStatus: RoleStatus;
      /** Later start, ISO 8601; null: unchanged. */
      readonly notBefore: string | null;
    })
  /** Needs no sign-in, because stopping a change must not wait for one. */
  | (Deciding & { readonly do: 'reject' })
  | (Click & { readonly do: 'withdraw' })
  | (ClickOrOperator & { readonly do: 'cancel' })
  | (ClickOrOperator & { readonly do: 'give-up'; readonly comment: string } & Settling)
  | (ClickOrOperator & { readonly do: 'stop' } & Settling)
  /** Ignored for operators: the run's own check follows anyway. */
  | (ClickOrOperator & { readonly do: 'retry'; readonly requesterStatus: RoleStatus } & Settling)
  /** By the bot itself, once Azure answers again. */
  | { readonly do: 'retry-automatically'; readonly asking: number }
  /** Says that this person works on it, or no longer does. */
  | (Click & { readonly do: 'take-on'; readonly released: boolean } & Settling)
  | (Click & { readonly do: 'remind' })
  /** `to`: members of the escalation group who are approvers. */
  | { readonly do: 'escalate'; readonly to: readonly PersonId[] }
  | { readonly do: 'erase-texts'; readonly actor: Actor; readonly reason: string }
  /** A reader made evidence. The caller has checked the permission. */
  | { readonly do: 'note-evidence'; readonly actor: Actor; readonly texts: boolean; readonly reading: Reading }
  /** Resumes the audit log after a wrong clock. `ahead`: time of the last event, in the future. */
  | { readonly do: 'set-clock-right'; readonly actor: Actor; readonly ahead: string }
  | { readonly do: 'expire' }
  | {
      /**
       * The check before a run: the plan for Azure's current state, the current roles of requester and approvers, and the
       * step-up authentication that approvals need now.
       */
      readonly do: 'check-run';
      readonly run: number;
      readonly plan: Plan;
      readonly digest: string;
      readonly policy: AppliedPolicy;
      readonly roleStatuses: Readonly<Record<string, RoleStatus>>;
      readonly requesterStatus: RoleStatus;
      readonly stepUp: StepUp | null;
      /** The approver lists that the answer is based on. An approver must be in each list. */
      readonly approvers: string[][];
    }
  | { readonly do: 'intend'; readonly run: number; readonly steps: readonly IntendedTry[] }
  | {
      readonly do: 'record';
      readonly run: number;
      readonly results: readonly StepResult[];
      /** Duration of the usage check after a success; missing: no check. */
      readonly useWithinMs?: number;
    }
  | { readonly do: 'judge-use'; readonly run: number; readonly answer: UseAnswer }
  | { readonly do: 'stop-run'; readonly run: number; readonly failure: Failure };

export type Decision = { readonly kind: 'accepted'; readonly events: readonly NewEvent[] } | Refusal;

/** Accepts a command and stores these events. Without events, nothing is stored. */
export const accept = (...events: readonly NewEvent[]): Decision => ({ kind: 'accepted', events });
