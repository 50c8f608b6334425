/** The events of a request: the only record there is. A request's state is the fold of these. */
import { z } from 'zod';
import { Effect } from '../effect.ts';
import type { PersonId } from '../ids.ts';
import { planSchema } from '../plan.ts';
import type { ChangeSpec } from '../wish.ts';
import { type Payloads, payloadsWith } from './payloads.ts';

/** Who acted. `bot` is the product itself, on the requester's behalf. Names are not part of the record. */
export const Actor = z.strictObject({
  kind: z.enum(['person', 'operator', 'bot']),
  id: z.string().nullable(),
  tenantId: z.string().nullable(),
  /** How the actor was known: `bot-framework`, `local` (no authentication), `command-line`. */
  signIn: z.string().nullable(),
});
export type Actor = z.infer<typeof Actor>;

/**
 * Stands in every stored event. From this one on events change by the rule of docs/decisions/0012 alone: what was written is
 * read for ever.
 */
export const recordVersion = 2;
const version = z.literal(recordVersion, 'is of another version of the record');

export type EventType = keyof Payloads;

/** What the record keeps beside the payload; null where unknown or not meant. */
const common = z.strictObject({
  actor: Actor,
  /** Who handed the event in, where that is not the actor. */
  submittedBy: z.string().nullable(),
  /** The person for whom the bot acted. */
  onBehalfOf: z.string().nullable(),
  planDigest: z.string().nullable(),
  target: z.string().nullable(),
  /** What the step is about to change, or has changed: each with what was before. */
  changes: z.array(Effect).nullable(),
  result: z.string().nullable(),
  clientRequestId: z.string().nullable(),
  correlationId: z.string().nullable(),
});
type Common = z.infer<typeof common>;

export type Payload<T extends EventType> = z.infer<Payloads[T]>;
/** The same union, member by member: what lets a table by type be called with an event of any type. */
export type EventBodyOf<T extends EventType = EventType> = {
  [P in T]: Common & { readonly type: P; readonly data: Payload<P> };
}[T];
export type EventBody = EventBodyOf;

/** Around a stored body stands its place in the chain, which is not the event's. */
const storedAs = (payloads: Payloads, type: EventType) =>
  z.object({ ...common.shape, type: z.literal(type), data: payloads[type], schema: version.optional() });

/**
 * Makes the reader of stored event bodies, given the closed union of wishes. It throws on anything that is not an event of
 * this record, an unknown operation, kind or field included: what is not understood must not be read as something else.
 */
export function eventReader(wish: z.ZodType<ChangeSpec>): (value: unknown) => EventBody {
  const payloads = payloadsWith(planSchema(wish));
  const types = z.looseObject({ type: z.enum(Object.keys(payloads) as [EventType, ...EventType[]]) });
  // Making a schema takes many times what reading with it does: each is made once, for the first event of its type.
  const schemas = new Map<EventType, ReturnType<typeof storedAs>>();
  return (value) => {
    const { type } = types.parse(value);
    const stored = schemas.get(type) ?? storedAs(payloads, type);
    schemas.set(type, stored);
    const { schema: _, ...body } = stored.parse(value);
    // The union of all members cannot be followed through an indexed schema; the parse above is what makes it true.
    return body as EventBody;
  };
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
  changes: null,
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
