/** What each event of a request says. It changes by the rule of docs/decisions/0012 alone: what was written is read for ever. */
import { z } from 'zod';
import { Reading } from '../evidence/reading.ts';
import { Failure } from '../failure.ts';
import { FormId } from '../ids.ts';
import { UseAnswer } from '../key-use.ts';
import { NonceHash } from '../own-key.ts';
import { type Plan, StepName } from '../plan.ts';
import { ChangeReference } from '../policy/change-reference.ts';
import { AppliedPolicy } from '../policy/policy.ts';
import { SignIn } from '../policy/sign-in.ts';
import { Proof } from '../proof.ts';
import { Software } from '../software.ts';
import { RequestState } from './state.ts';

/** Where a request was asked: status cards go there. */
export const Origin = z.strictObject({
  conversationId: z.string(),
  conversationType: z.enum(['personal', 'groupChat', 'channel']),
  /** The message its form stood in, which becomes its status card. Missing: none is known, or from before ADR 5. */
  messageId: z.string().optional(),
});
export type Origin = z.infer<typeof Origin>;

/**
 * Why people are asked again. `sign-in-missing`: approving has come to need a sign-in since. `approval-ended`: no run began while
 * the approvals were valid.
 */
export const AskedAgain = z.enum([
  'effects-not-covered',
  'approvers-changed',
  'sign-in-missing',
  'approval-ended',
  'stopped-by-approver',
]);
export type AskedAgain = z.infer<typeof AskedAgain>;

const run = z.number().int().min(1);

/** The run begins no earlier. Missing: as soon as it is approved, or from before there was a choice. */
const notBefore = z.iso.datetime().optional();

/** Groups and people of whom the directory was asked: an approver is in each of the lists. Missing: from before it was said. */
const approvers = z.array(z.array(z.string())).optional();

/** Which program decided and wrote. Missing: from before it was said. */
const software = Software.optional();

/** Of a ticket elsewhere. Missing: none was given, or from before one could be. */
const changeReference = ChangeReference.optional();

/** Use is looked for from the change of the key on, and until when at the latest. */
const SeeksUse = z.strictObject({ since: z.iso.datetime(), until: z.iso.datetime() });
export type SeeksUse = z.infer<typeof SeeksUse>;

/** What each event says, by its type; `plan` reads plans of the wishes that there are. */
export const payloadsWith = (plan: z.ZodType<Plan>) => ({
  submitted: z.strictObject({
    formId: FormId,
    resourceName: z.string(),
    plan,
    policy: AppliedPolicy,
    origin: Origin,
    notBefore,
    changeReference,
    software,
  }),
  approved: z.strictObject({
    acknowledgedIrreversible: z.boolean(),
    /** With this one, of how many that are needed. */
    counted: z.number().int().min(1),
    required: z.number().int().min(1),
    /** Null where approving asked for no sign-in of its own. */
    signIn: SignIn.nullable(),
    /** Within seconds of being asked: faster than the card can be read. */
    quick: z.boolean(),
    notBefore,
  }),
  rejected: z.strictObject({}),
  cancelled: z.strictObject({}),
  expired: z.strictObject({}),
  /** A decision that came too late to have an effect. */
  'decided-late': z.strictObject({ verb: z.enum(['approve', 'reject']), state: RequestState }),
  /** Before the run, the world was not the one approved, or an approver no longer was one: all approvals are void. */
  'plan-changed': z.strictObject({
    run,
    plan,
    policy: AppliedPolicy,
    reason: AskedAgain,
  }),
  /**
   * Whoever asked wants it otherwise: another plan, another reason, another start. All approvals are void. In record 2 from
   * ADR 28 on.
   */
  'request-changed': z.strictObject({ formId: FormId, plan, policy: AppliedPolicy, notBefore, changeReference }),
  'run-ordered': z.strictObject({ run }),
  /**
   * Before the run, everything was looked at again: the approval covers what was found. `observed` is the digest of the plan
   * as it would be made now, `counted` are the people whose approvals were still good.
   */
  'run-checked': z.strictObject({ run, observed: z.string(), counted: z.array(z.string()), approvers, software }),
  'step-intended': z.strictObject({
    run,
    step: StepName,
    attempt: run,
    /** Of what only a key that this try makes will carry. Missing: it makes none, or from before ADR 14. */
    nonceHash: NonceHash.optional(),
  }),
  'step-done': z.strictObject({
    run,
    step: StepName,
    attempt: run,
    /** Nothing had to be done: Azure already was as wished. */
    already: z.boolean(),
    /**
     * What was so already was done by this very try: it was to do when the intent was stored, and the process that was about to
     * do it ended before it heard of it. Missing: it was not, or a program stored it that did not tell.
     */
    interrupted: z.literal(true).optional(),
    /** What it brought forth that later steps need, such as a new key's version. */
    outputs: z.record(z.string(), z.string()),
  }),
  'step-failed': z.strictObject({
    run,
    step: StepName,
    attempt: run,
    failure: Failure,
    /** ISO 8601: when it is tried again; null when a person is asked. */
    retryAt: z.string().nullable(),
    /** What Azure had answered before it failed. Missing: nothing that later tries need. */
    outputs: z.record(z.string(), z.string()).optional(),
  }),
  'attention-needed': z.strictObject({ run, step: StepName.nullable(), failure: Failure }),
  succeeded: z.strictObject({
    run,
    proofs: z.array(Proof),
    /** The vault's log is asked whether the resource uses the key. Missing: nobody asks it, or from before ADR 40. */
    seeks: SeeksUse.optional(),
  }),
  /** What the vault's log said, once and for good. In record 2 from ADR 40 on. */
  'use-judged': z.strictObject({ run, answer: UseAnswer }),
  /** Somebody wants nothing more to begin once what is running has ended. In record 2 from ADR 14 on. */
  'stop-requested': z.strictObject({ run }),
  retried: z.strictObject({}),
  /** The requester has those called again who can decide. In record 2 from ADR 23 on. */
  reminded: z.strictObject({}),
  'given-up': z.strictObject({}),
  /**
   * Every text of the request written before this event was destroyed, and its salt with it. The operator's reason is kept
   * for good: it says why, and must not name anybody.
   */
  'texts-erased': z.strictObject({ reason: z.string() }),
  /**
   * Somebody made evidence of the request: with what people wrote or without, and what was read from Azure for it. It changes
   * nothing about it. In record 2 from ADR 39 on.
   */
  'evidence-made': z.strictObject({ texts: z.boolean(), reading: Reading, software }),
  /**
   * A wrong clock had dated events ahead, the last of all at `ahead` (ISO 8601): from this event on times are right again. It
   * stands in whichever request was the last to be written to, and changes nothing about it.
   */
  'clock-set-right': z.strictObject({ ahead: z.string() }),
});
export type Payloads = ReturnType<typeof payloadsWith>;
