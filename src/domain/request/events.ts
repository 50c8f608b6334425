/** The events of a request: the only record there is. A request's state is the fold of these. */
import { z } from 'zod';
import { Failure } from '../failure.ts';
import { FormId, type PersonId } from '../ids.ts';
import { Plan, StepName } from '../plan.ts';
import { AppliedPolicy } from '../policy/policy.ts';
import { SignIn } from '../policy/sign-in.ts';
import { Proof } from '../proof.ts';

/** Who acted. `bot` is the product itself, on the requester's behalf. Names are not part of the record. */
export const Actor = z.object({
  kind: z.enum(['person', 'operator', 'bot']),
  id: z.string().nullable(),
  tenantId: z.string().nullable(),
  /** How the actor was known: `bot-framework`, `local` (no authentication), `command-line`. */
  signIn: z.string().nullable(),
});
export type Actor = z.infer<typeof Actor>;

/** Where a request was asked: status cards go there. */
export const Origin = z.object({
  conversationId: z.string(),
  conversationType: z.enum(['personal', 'groupChat', 'channel']),
});
export type Origin = z.infer<typeof Origin>;

const run = z.number().int().min(1);

const payloads = {
  submitted: z.object({
    formId: FormId,
    resourceName: z.string(),
    plan: Plan,
    policy: AppliedPolicy,
    origin: Origin,
  }),
  approved: z.object({
    acknowledgedIrreversible: z.boolean(),
    /** Null where approving asked for no sign-in of its own. */
    signIn: SignIn.nullable().default(null),
    /** Within seconds of being asked: faster than the card can be read. Not looked at before it was recorded. */
    quick: z.boolean().default(false),
  }),
  rejected: z.object({}),
  cancelled: z.object({}),
  expired: z.object({}),
  /** A decision that came too late to have an effect. */
  'decided-late': z.object({ verb: z.string(), state: z.string() }),
  /** Before the run, the world was not the one approved, or an approver no longer was one: all approvals are void. */
  'plan-changed': z.object({
    run,
    plan: Plan,
    policy: AppliedPolicy,
    reason: z.enum(['effects-not-covered', 'approvers-changed']),
  }),
  'run-ordered': z.object({ run }),
  /**
   * Before the run, everything was looked at again: the approval covers what was found. `observed` is the digest of the plan
   * as it would be made now, `counted` are the people whose approvals were still good.
   */
  'run-checked': z.object({ run, observed: z.string(), counted: z.array(z.string()) }),
  'step-intended': z.object({ run, step: StepName, attempt: run }),
  'step-done': z.object({
    run,
    step: StepName,
    attempt: run,
    /** Nothing had to be done: Azure already was as wished. */
    already: z.boolean(),
    /** Values born in this step that later steps need, such as a new key's version. */
    born: z.record(z.string(), z.string()),
  }),
  'step-failed': z.object({
    run,
    step: StepName,
    attempt: run,
    failure: Failure,
    /** ISO 8601: when it is tried again; null when a person is asked. */
    retryAt: z.string().nullable(),
  }),
  'attention-needed': z.object({ run, step: StepName.nullable(), failure: Failure }),
  succeeded: z.object({ run, proofs: z.array(Proof) }),
  retried: z.object({}),
  'given-up': z.object({}),
  /**
   * Every text of the request written before this event was destroyed, and its salt with it. The operator's reason is kept
   * for good: it says why, and must not name anybody.
   */
  'texts-erased': z.object({ reason: z.string() }),
} as const;

export type EventType = keyof typeof payloads;

/** What the record keeps beside the payload; null where unknown or not meant. */
const common = z.object({
  actor: Actor,
  /** Who handed the event in, where that is not the actor. */
  submittedBy: z.string().nullable(),
  /** The person for whom the bot acted. */
  onBehalfOf: z.string().nullable(),
  planDigest: z.string().nullable(),
  target: z.string().nullable(),
  before: z.record(z.string(), z.string()).nullable(),
  after: z.record(z.string(), z.string()).nullable(),
  result: z.string().nullable(),
  clientRequestId: z.string().nullable(),
  correlationId: z.string().nullable(),
});
type Common = z.infer<typeof common>;

export type Payload<T extends EventType> = z.infer<(typeof payloads)[T]>;
export type EventBody = { [T in EventType]: Common & { readonly type: T; readonly data: Payload<T> } }[EventType];

/** Reads a stored event body. Throws on anything that is not one: the store holds what this program wrote. */
export function parseEventBody(value: unknown): EventBody {
  const type = z.object({ type: z.enum(Object.keys(payloads) as [EventType, ...EventType[]]) }).parse(value).type;
  const schema = common.extend({ type: z.literal(type), data: payloads[type] });
  // The union of all members cannot be followed through an indexed schema; the parse above is what makes it true.
  return schema.parse(value) as EventBody;
}

/** An event about to be stored. Texts are kept outside the hashed record, which holds a salted commitment to each. */
export interface NewEvent {
  readonly body: EventBody;
  readonly texts: Readonly<Record<string, string>>;
}

/** An event as the store gives it back. A text is null once it was erased. */
export interface StoredEvent {
  readonly seq: number;
  readonly revision: number;
  readonly cause: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly body: EventBody;
  readonly texts: Readonly<Record<string, string | null>>;
}

const nothing = {
  submittedBy: null,
  onBehalfOf: null,
  planDigest: null,
  target: null,
  before: null,
  after: null,
  result: null,
  clientRequestId: null,
  correlationId: null,
};

/** Makes an event; what is not given of the record is null. */
export function newEvent<T extends EventType>(
  type: T,
  actor: Actor,
  data: Payload<T>,
  rest: Partial<Common> = {},
  texts: Readonly<Record<string, string>> = {},
): NewEvent {
  return { body: { ...nothing, ...rest, type, actor, data } as EventBody, texts };
}

/** The bot, acting for the person who asked. */
export const botActor: Actor = { kind: 'bot', id: null, tenantId: null, signIn: null };

/** Whoever was at the command line, by the name they gave or the operating system's for them. */
export const operatorActor = (name: string): Actor => ({
  kind: 'operator',
  id: name,
  tenantId: null,
  signIn: 'command-line',
});

/** A person as the chat channel vouched for them. */
export const personActor = (id: PersonId, tenantId: string, signIn: string): Actor => ({
  kind: 'person',
  id,
  tenantId,
  signIn,
});
