/** Payloads of a request's events. Once version 1 is closed, they change only by the rules of docs/decisions/0012. */
import { z } from 'zod';
import { Failure } from '../failure.ts';
import { FormId, PersonId } from '../ids.ts';
import { NonceHash } from '../key-ownership.ts';
import { ObservedKey, ObservedResource, ObservedVault } from '../observed.ts';
import { type Plan, StepName } from '../plan.ts';
import { AppliedPolicy, ChangeReference } from '../policy/policy.ts';
import { SignIn } from '../policy/sign-in.ts';
import { Proof } from '../proof.ts';
import { UseAnswer } from '../usage-check.ts';
import { DriftFound } from '../watch/state.ts';

/** `absent`: Azure says that it doesn't exist. `not`: the bot couldn't read it; `failure` says why. */
const seenOf = <T extends z.ZodType>(value: T) =>
  z.discriminatedUnion('seen', [
    z.strictObject({ seen: z.literal('yes'), value }),
    z.strictObject({ seen: z.literal('absent') }),
    z.strictObject({ seen: z.literal('not'), failure: Failure }),
  ]);

export const Reading = z.strictObject({
  resource: seenOf(ObservedResource),
  vault: seenOf(ObservedVault),
  /** The request's key in that vault, at the request's version. */
  key: seenOf(ObservedKey),
  /** Whether the resource's identity has the get, wrap and unwrap permissions for it. */
  grantHeld: seenOf(z.boolean()),
});
export type Reading = z.infer<typeof Reading>;

export type Seen<T> =
  | { readonly seen: 'yes'; readonly value: T }
  | { readonly seen: 'absent' }
  | { readonly seen: 'not'; readonly failure: Failure };

/** Every state of a request, and what an open one waits for. request.ts has the fields of each. */
export const requestStates = {
  'awaiting-approval': 'approval',
  approved: 'bot',
  running: 'bot',
  'needs-attention': 'attention',
  succeeded: 'over',
  failed: 'over',
  rejected: 'over',
  cancelled: 'over',
  expired: 'over',
} as const;
export type RequestState = keyof typeof requestStates;
export type Waits = Exclude<(typeof requestStates)[RequestState], 'over'>;
export type OpenState = { [S in RequestState]: (typeof requestStates)[S] extends Waits ? S : never }[RequestState];
export const RequestState = z.enum(Object.keys(requestStates) as [RequestState, ...RequestState[]]);

/** The program version that wrote an event: in events that start a request, check a run and make evidence. */
export const Software = z.strictObject({
  /** For example `0.1.0`. */
  version: z.string(),
  /** Full commit hash, followed by `+` if files differed from it. Missing: run from source, or built without git. */
  commit: z.string().optional(),
});
export type Software = z.infer<typeof Software>;

/** The conversation in which a request was submitted. Status cards are posted there. */
export const Origin = z.strictObject({
  conversationId: z.string(),
  conversationType: z.enum(['personal', 'groupChat', 'channel']),
  /** The form's message, which becomes the status card. Missing: unknown. */
  messageId: z.string().optional(),
});
export type Origin = z.infer<typeof Origin>;

/**
 * Why a request needs approval again. `sign-in-missing`: approvals now need a sign-in. `approval-ended`: no run started
 * while the approvals were valid.
 */
export const ReapprovalReason = z.enum([
  'effects-not-covered',
  'approvers-changed',
  'sign-in-missing',
  'approval-ended',
  'stopped-by-approver',
]);
export type ReapprovalReason = z.infer<typeof ReapprovalReason>;

const run = z.number().int().min(1);

/** Earliest start of the run. Missing: as soon as it's approved. */
const notBefore = z.iso.datetime().optional();

/** The program version that wrote the event. Missing: unknown. */
const software = Software.optional();

/** Change number. Missing: none. */
const changeReference = ChangeReference.optional();

/** The usage check's period: from the change of the key to the deadline. */
const UsagePeriod = z.strictObject({ since: z.iso.datetime(), until: z.iso.datetime() });
export type UsagePeriod = z.infer<typeof UsagePeriod>;

/** `operators`: the configured recipients for requests that need attention. */
export type RecipientGroup = 'requester' | 'approvers' | 'operators';

export interface EventTraits {
  /** `decision`: by a person. `change`: an action or a finding of the bot. */
  readonly kind: 'decision' | 'change' | 'other';
  /** Submitting a request notifies by posting new cards, and an alert's card calls operators itself. */
  readonly notifies?: readonly [RecipientGroup, ...RecipientGroup[]];
  /** The request's state after the event. Missing: it doesn't change the state. */
  readonly state?: OpenState | 'over';
}

/** The types of events: traits and payload of each. */
export const eventTypes = {
  submitted: {
    kind: 'decision',
    state: 'awaiting-approval',
    data: (plan: z.ZodType<Plan>) =>
      z.strictObject({
        formId: FormId,
        resourceName: z.string(),
        plan,
        policy: AppliedPolicy,
        origin: Origin,
        notBefore,
        changeReference,
        software,
      }),
  },
  approved: {
    kind: 'decision',
    data: z.strictObject({
      acknowledgedIrreversible: z.boolean(),
      /** Number of approvals including this one, and number of approvals needed. */
      counted: z.number().int().min(1),
      required: z.number().int().min(1),
      /** Null if approving needed no sign-in of its own. */
      signIn: SignIn.nullable(),
      /** Approved within seconds: faster than anyone can read the card. */
      quick: z.boolean(),
      notBefore,
    }),
  },
  /** An approver withdrew their own approval before the run began. Approvals of others still count. */
  'approval-withdrawn': {
    kind: 'decision',
    notifies: ['requester', 'approvers'],
    state: 'awaiting-approval',
    data: z.strictObject({}),
  },
  /** Without success. The actor rejects, cancels, lets expire (the bot), or gives up a request that needs attention. */
  ended: {
    kind: 'decision',
    notifies: ['requester'],
    state: 'over',
    data: z.strictObject({ as: z.enum(['rejected', 'cancelled', 'expired', 'failed']) }),
  },
  /** A decision that came too late and has no effect. */
  'decided-late': {
    kind: 'decision',
    data: z.strictObject({ verb: z.enum(['approve', 'reject']), state: RequestState }),
  },
  /** The check before the run needs a new approval: `reason` says what changed or is missing. All approvals are void. */
  'plan-changed': {
    kind: 'decision',
    notifies: ['requester', 'approvers'],
    state: 'awaiting-approval',
    data: (plan: z.ZodType<Plan>) =>
      z.strictObject({
        run,
        plan,
        policy: AppliedPolicy,
        reason: ReapprovalReason,
      }),
  },
  /** The requester changed plan, reason or start time. All approvals are void. */
  'request-changed': {
    kind: 'decision',
    notifies: ['approvers'],
    state: 'awaiting-approval',
    data: (plan: z.ZodType<Plan>) =>
      z.strictObject({ formId: FormId, plan, policy: AppliedPolicy, notBefore, changeReference }),
  },
  'run-ordered': { kind: 'change', state: 'approved', data: z.strictObject({ run }) },
  /**
   * The check before the run: the approval covers Azure's state. `observed`: digest of the plan as of now. `counted`: people
   * whose approvals were still valid. `approvers`: the groups and people that count as approvers: an approver is in each list.
   */
  'run-checked': {
    kind: 'change',
    data: z.strictObject({
      run,
      observed: z.string(),
      counted: z.array(z.string()),
      approvers: z.array(z.array(z.string())),
      software,
    }),
  },
  'step-intended': {
    kind: 'change',
    state: 'running',
    data: z.strictObject({
      run,
      step: StepName,
      attempt: run,
      /** Hash of the nonce in a key that only this attempt creates. Missing: it creates none. */
      nonceHash: NonceHash.optional(),
    }),
  },
  'step-done': {
    kind: 'change',
    data: z.strictObject({
      run,
      step: StepName,
      attempt: run,
      /** Nothing to do: Azure already was in the requested state. */
      already: z.boolean(),
      /** An attempt without a known result sent it, and this one only read it back. Missing: no such attempt. */
      interrupted: z.literal(true).optional(),
      /** Results that later steps need, such as a new key's version. */
      outputs: z.record(z.string(), z.string()),
    }),
  },
  'step-failed': {
    kind: 'change',
    data: z.strictObject({
      run,
      step: StepName,
      attempt: run,
      failure: Failure,
      /** The process that began the attempt ended, so it isn't known what it sent. Missing: it is. */
      interrupted: z.literal(true).optional(),
      /** ISO 8601 time of the next attempt; null when a person must act. */
      retryAt: z.string().nullable(),
      /** Partial results before the failure. Missing: none that later attempts need. */
      outputs: z.record(z.string(), z.string()).optional(),
    }),
  },
  'attention-needed': {
    kind: 'change',
    notifies: ['requester', 'operators'],
    state: 'needs-attention',
    data: z.strictObject({ run, step: StepName.nullable(), failure: Failure }),
  },
  succeeded: {
    kind: 'change',
    notifies: ['requester'],
    state: 'over',
    data: z.strictObject({
      run,
      proofs: z.array(Proof),
      /** Period of the usage check. Missing: no check. */
      seeks: UsagePeriod.optional(),
    }),
  },
  /** Final result of the usage check. */
  'use-judged': { kind: 'change', data: z.strictObject({ run, answer: UseAnswer }) },
  /** A person asked to stop after the current step. `asOperator`: an operator, who is no approver of the request. */
  'stop-requested': { kind: 'decision', data: z.strictObject({ run, asOperator: z.literal(true).optional() }) },
  /** By a person or an operator, or once by the bot after an outage. */
  retried: { kind: 'decision', state: 'approved', data: z.strictObject({}) },
  /** A person said that they work on the request, or no longer do. */
  'taken-on': { kind: 'decision', data: z.strictObject({ released: z.literal(true).optional() }) },
  /**
   * The requester sent a reminder to approvers. `escalated`: the bot did, once for each question, to these people. Missing: to all
   * approvers.
   */
  reminded: {
    kind: 'decision',
    notifies: ['approvers'],
    data: z.strictObject({ escalated: z.array(PersonId).min(1).optional() }),
  },
  /**
   * All earlier texts of the request and their salts were destroyed. The operator's reason is stored for good and must not
   * contain names.
   */
  'texts-erased': { kind: 'other', data: z.strictObject({ reason: z.string() }) },
  /** Evidence was made, with or without comments, and with Azure's state. It doesn't change the request. */
  'evidence-made': {
    kind: 'other',
    data: z.strictObject({ texts: z.boolean(), reading: Reading, software }),
  },
  /**
   * A wrong clock had dated events in the future, the last one at `ahead` (ISO 8601). Times are correct again from this
   * event on. It's stored with the request that was last written and doesn't change it.
   */
  'clock-set-right': { kind: 'other', data: z.strictObject({ ahead: z.string() }) },
  'drift-found': { kind: 'other', data: DriftFound },
} as const satisfies Readonly<
  Record<string, EventTraits & { readonly data: z.ZodType | ((plan: z.ZodType<Plan>) => z.ZodType) }>
>;
export type EventType = keyof typeof eventTypes;

type SchemaOf<D> = D extends (plan: z.ZodType<Plan>) => infer S ? S : D;
export type Payloads = { readonly [T in EventType]: SchemaOf<(typeof eventTypes)[T]['data']> };

/** Returns the payload schemas by event type, with this schema of plans. */
export const payloadsWith = (plan: z.ZodType<Plan>): Payloads =>
  Object.fromEntries(
    Object.entries(eventTypes).map(([type, { data }]) => [type, typeof data === 'function' ? data(plan) : data]),
  ) as Payloads;
