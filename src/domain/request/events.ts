/** The events of a request. They are the only source of truth; a request's state is computed from them. */
import { z } from 'zod';
import { Effect } from '../effect.ts';
import { PersonId } from '../ids.ts';
import { type ChangeSpec, planSchema } from '../plan.ts';
import { type EventTraits, type EventType, eventTypes, type Payloads, payloadsWith } from './payloads.ts';

/** The actor. `bot`: the product itself, acting for the requester. Names aren't part of events. */
export const Actor = z.strictObject({
  kind: z.enum(['person', 'operator', 'bot']),
  id: z.string().nullable(),
  tenantId: z.string().nullable(),
  /** How the actor was authenticated: `bot-framework`, `local` (no authentication), `command-line`. */
  signIn: z.string().nullable(),
});
export type Actor = z.infer<typeof Actor>;

/** Version of the event format, in every event. */
export const recordVersion = 1;
const version = z.literal(recordVersion, 'has another version of the audit log');

/** Fields of every event next to its payload. Null: unknown or not applicable. */
const common = z.strictObject({
  actor: Actor,
  /** Who submitted the event, if it wasn't the actor. */
  submittedBy: z.string().nullable(),
  /** The person for whom the bot acted. */
  onBehalfOf: z.string().nullable(),
  planDigest: z.string().nullable(),
  target: z.string().nullable(),
  /** The changes that a step is about to make or has made, each with the previous state. */
  changes: z.array(Effect).nullable(),
  result: z.string().nullable(),
  clientRequestId: z.string().nullable(),
  correlationId: z.string().nullable(),
});
type Common = z.infer<typeof common>;

export type Payload<T extends EventType> = z.infer<Payloads[T]>;
/** The same union as a mapped type. It lets a table by type be called with an event of any type. */
export type EventBodyOf<T extends EventType = EventType> = {
  [P in T]: Common & { readonly type: P; readonly data: Payload<P> };
}[T];
export type EventBody = EventBodyOf;

export const eventTraitsOf = ({ type }: Pick<EventBody, 'type'>): EventTraits => eventTypes[type];

export type StepBody = EventBodyOf<'step-intended' | 'step-done' | 'step-failed'>;
export const isStep = (body: EventBody): body is StepBody =>
  body.type === 'step-intended' || body.type === 'step-done' || body.type === 'step-failed';

/** Loose, because a stored body also contains its position in the chain, and its version. The command line gets it without them. */
const storedAs = (payloads: Payloads, type: EventType) =>
  z.object({ ...common.shape, type: z.literal(type), data: payloads[type], schema: version.optional() });

/**
 * Creates the parser of stored event bodies, given the union of change specs. It throws on any unknown type, operation or
 * field, because an unknown event must not be misread.
 */
export function eventReader(spec: z.ZodType<ChangeSpec>): (value: unknown) => EventBody {
  const payloads = payloadsWith(planSchema(spec));
  const types = z.looseObject({ type: z.enum(Object.keys(payloads) as [EventType, ...EventType[]]) });
  // Cached per type, because building a schema costs much more than parsing with it.
  const schemas = new Map<EventType, ReturnType<typeof storedAs>>();
  return (value) => {
    const { type } = types.parse(value);
    const stored = schemas.get(type) ?? storedAs(payloads, type);
    schemas.set(type, stored);
    const { schema: _, ...body } = stored.parse(value);
    // TypeScript can't relate an indexed schema to the union. The parse above guarantees it.
    return body as EventBody;
  };
}

/** Returns the people that the events name, each once. */
export const peopleInEvents = (events: readonly Pick<StoredEvent, 'body'>[]): readonly PersonId[] => {
  const ids = events.flatMap(({ body: { actor, data } }) => [
    actor.id,
    ...('counted' in data && typeof data.counted !== 'number' ? data.counted : []),
    ...('escalated' in data ? (data.escalated ?? []) : []),
  ]);
  return [...new Set(ids.flatMap((id) => PersonId.safeParse(id).data ?? []))];
};

/** An event before storing. Texts are stored separately; the hashed event contains a salted commitment to each. */
export interface NewEvent {
  readonly body: EventBody;
  readonly texts: Readonly<Record<string, string>>;
}

/** A stored event. A text is null after it was erased. */
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

/** Builds an event. Omitted common fields are null. */
export function newEvent<T extends EventType>(
  type: T,
  actor: Actor,
  data: Payload<T>,
  rest: Partial<Common> = {},
  texts: Readonly<Record<string, string>> = {},
): NewEvent {
  return { body: { ...nothing, ...rest, type, actor, data } as EventBody, texts };
}

/** The bot, acting for the requester. */
export const botActor: Actor = { kind: 'bot', id: null, tenantId: null, signIn: null };

/** An operator at the command line, by the name they gave or their operating system user name. */
export const operatorActor = (name: string): Actor => ({
  kind: 'operator',
  id: name,
  tenantId: null,
  signIn: 'command-line',
});

/** A person, as authenticated by the chat channel. */
export const personActor = (id: PersonId, tenantId: string, signIn: string): Actor => ({
  kind: 'person',
  id,
  tenantId,
  signIn,
});
