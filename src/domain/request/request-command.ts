/** What can be asked of a request, by people and by its run, and what a decision about it looks like. */

import type { Reading } from '../evidence/reading.ts';
import type { Failure, Receipt } from '../failure.ts';
import type { FormId, PersonId } from '../ids.ts';
import type { UseAnswer } from '../key-use.ts';
import type { Plan, StepName } from '../plan.ts';
import type { AppliedPolicy, Standing } from '../policy/policy.ts';
import type { SignIn, StepUp } from '../policy/sign-in.ts';
import type { Proof } from '../proof.ts';
import type { Actor, NewEvent } from './events.ts';
import type { Origin } from './payloads.ts';
import type { Refusal } from './refusal.ts';

export const longestText = 500;

/** A click on a request's card. `asking` is the revision the card carried. */
interface Click {
  readonly by: PersonId;
  readonly actor: Actor;
  readonly asking: number;
}

/** A click, or an operator at the command line, who is not one of the people Teams knows. */
type ClickOrOperator = Omit<Click, 'by'> & { readonly by: PersonId | null };

interface Deciding extends Click {
  readonly standing: Standing;
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
  /** The run begins no earlier; ISO 8601, null: as soon as it is approved. */
  readonly notBefore: string | null;
  /** Of a ticket elsewhere; missing or null: none. */
  readonly changeReference?: string | null;
}

/** Whoever asked wants it otherwise. `asking`: of the question that the form of it was opened on. */
export interface Change extends Omit<Submit, 'do' | 'resourceName' | 'origin'> {
  readonly do: 'change';
  readonly asking: number;
}

export interface IntendedTry {
  readonly step: StepName;
  readonly attempt: number;
  /** Of what only the key will carry that this try makes. */
  readonly nonceHash?: string;
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
      /** What was so already was done by this very try, whose process ended before it heard of it. */
      readonly interrupted?: true;
    }
  | {
      readonly step: StepName;
      readonly attempt: number;
      readonly outcome: 'failed';
      readonly failure: Failure;
      /** ISO 8601, or null: ask a person. */
      readonly retryAt: string | null;
      /** What Azure had answered before it failed, for later tries. */
      readonly outputs?: Readonly<Record<string, string>>;
    };

export type Command =
  | Submit
  | Change
  | (Deciding & {
      readonly do: 'approve';
      /** What an approval needs beside the click; null where nothing. */
      readonly stepUp: StepUp | null;
      readonly signIn: SignIn | null;
      readonly requesterStanding: Standing;
      /** Puts the start off further; null: not at all. ISO 8601. */
      readonly notBefore: string | null;
    })
  /** Needs no sign-in of its own: stopping a change must never wait for one. */
  | (Deciding & { readonly do: 'reject' })
  | (ClickOrOperator & { readonly do: 'cancel' })
  | (ClickOrOperator & { readonly do: 'give-up'; readonly standing: Standing; readonly comment: string })
  | (ClickOrOperator & { readonly do: 'stop'; readonly standing: Standing })
  /** Of an operator's it is not asked: the run that is ordered asks before anything else. */
  | (ClickOrOperator & { readonly do: 'retry'; readonly standing: Standing; readonly requesterStanding: Standing })
  /** Has those called again who can decide. */
  | (Click & { readonly do: 'remind' })
  | { readonly do: 'erase-texts'; readonly actor: Actor; readonly reason: string }
  /** Whoever may look made evidence of it; who that is was asked before. */
  | { readonly do: 'note-evidence'; readonly actor: Actor; readonly texts: boolean; readonly reading: Reading }
  /** The record goes on from the present time: the last event of all is dated `ahead` of it. */
  | { readonly do: 'set-clock-right'; readonly actor: Actor; readonly ahead: string }
  | { readonly do: 'expire' }
  | {
      /**
       * Before a run: the plan as the world now is, whether whoever asked still may, whether each approver still is one, and
       * what an approval needs now beside the click.
       */
      readonly do: 'check-run';
      readonly run: number;
      readonly plan: Plan;
      readonly digest: string;
      readonly policy: AppliedPolicy;
      readonly standings: Readonly<Record<string, Standing>>;
      readonly requesterStanding: Standing;
      readonly stepUp: StepUp | null;
      /** Whom the standings were asked for: each list has to have the approver. */
      readonly approvers?: string[][];
    }
  | { readonly do: 'intend'; readonly run: number; readonly steps: readonly IntendedTry[] }
  | {
      readonly do: 'record';
      readonly run: number;
      readonly results: readonly StepResult[];
      /** For how long after a success the vault's log is asked for the resource's use of the key; missing: it is not. */
      readonly useWithinMs?: number;
    }
  | { readonly do: 'judge-use'; readonly run: number; readonly answer: UseAnswer }
  | { readonly do: 'stop-run'; readonly run: number; readonly failure: Failure };

export type Decision = { readonly kind: 'accepted'; readonly events: readonly NewEvent[] } | Refusal;

/** Stores these events, or nothing at all when there is nothing to say. */
export const accept = (...events: readonly NewEvent[]): Decision => ({ kind: 'accepted', events });
