/**
 * What the command line asks of the record: in this process where it opened the database itself, or of the running bot over
 * its control socket. Both ends read every value through these schemas.
 */
import { z } from 'zod';
import { PersonId, RequestId } from '../../domain/ids.ts';
import { ChainLine, Link, RevealedText } from '../../domain/record/chain.ts';
import { Derived } from '../../domain/record/derived.ts';
import type { EventBody } from '../../domain/request/events.ts';
import { RefusalCode } from '../../domain/request/refusal.ts';
import { isBlank } from '../../domain/unseen.ts';
import { parseEventBody } from '../../operations/registry.ts';
import { Diagnosis, Look } from './diagnosis.ts';

const StoredEvent = z.object({
  seq: z.number(),
  revision: z.number(),
  cause: z.string(),
  time: z.string(),
  body: z.unknown().transform((value): EventBody => parseEventBody(value)),
  texts: z.record(z.string(), z.string().nullable()),
});

/** The events of one request, oldest first. */
const RequestEvents = z.object({ id: RequestId, events: z.array(StoredEvent) });
export type RequestEvents = z.output<typeof RequestEvents>;

const name = z
  .string()
  .trim()
  .max(100)
  .refine((text) => !isBlank(text), 'names nobody');

/** What an operator may do to a request, and by whose hand. */
const Act = z.discriminatedUnion('verb', [
  z.object({ verb: z.enum(['cancel', 'stop', 'retry']), by: name }),
  z.object({ verb: z.literal('give-up'), by: name, reason: z.string() }),
  z.object({ verb: z.literal('erase'), by: name, reason: z.string() }),
]);
export type Act = z.output<typeof Act>;

const Acted = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('accepted'),
    /** The event that says so. */
    event: StoredEvent,
    /** It had been recorded before: nothing was done now. */
    replay: z.boolean(),
  }),
  z.object({ kind: z.literal('refused'), code: RefusalCode, fact: z.string() }),
]);
export type Acted = z.output<typeof Acted>;

/** The pack comes in base64, as a zip. */
const Evidence = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('made'), name: z.string(), archive: z.base64(), seq: z.number(), witnessed: z.boolean() }),
  z.object({ kind: z.literal('not-published'), published: z.number(), needed: z.number() }),
  z.object({ kind: z.literal('nowhere-published') }),
  z.object({ kind: z.literal('refused'), code: RefusalCode, fact: z.string() }),
]);
export type Evidence = z.output<typeof Evidence>;

/** By an operator, by the name they gave; with what people wrote, with the names of people, with a proof from an older size. */
const EvidenceWanted = z.object({
  id: RequestId,
  by: name,
  texts: z.boolean(),
  names: z.boolean(),
  fromSize: z.number().int().min(1).nullable(),
});
export type EvidenceWanted = z.output<typeof EvidenceWanted>;

const count = z.number().int().min(0);
const limit = z.number().int().min(1).max(500);

/** Every call with what goes in and what comes out. */
export const calls = {
  /** Who answers. */
  hello: { input: z.object({}), output: z.object({ pid: z.number() }) },
  /** Newest request first. */
  page: { input: z.object({ limit, offset: count }), output: z.array(RequestEvents) },
  /** Empty where there is no such request. */
  events: { input: z.object({ id: RequestId }), output: z.array(StoredEvent) },
  /** As Teams last named the person. */
  person: { input: z.object({ id: PersonId }), output: z.object({ name: z.string().nullable() }) },
  /** Where the chain ends. */
  head: { input: z.object({}), output: Link },
  /** Lines of the chain behind a sequence number, oldest first; null: from the very first row. */
  lines: { input: z.object({ after: z.number().int().nullable(), limit }), output: z.array(ChainLine) },
  /** The texts of requests that were not erased. */
  texts: { input: z.object({ requests: z.array(z.string()).max(500) }), output: z.array(RevealedText) },
  /** What is kept beside the events and follows from them. */
  derived: { input: z.object({}), output: Derived },
  /** Safe to repeat: what was recorded for the same question is answered again. */
  act: { input: z.object({ id: RequestId, act: Act }), output: Acted },
  /** Lets the record go on from the present time, where a wrong clock dated its last event ahead. */
  resume: { input: z.object({ by: name }), output: Acted },
  /** Evidence of a request as a pack. Each time it is asked it is taken anew: an event in the record says so. */
  evidence: { input: EvidenceWanted, output: Evidence },
  /** Has witnesses of a name asked again although they knew another history. `cleared`: how many there were. */
  askAgain: { input: z.object({ witness: z.string(), by: name }), output: z.object({ cleared: z.number() }) },
  /** What the running bot finds of itself and its surroundings; with an agent's name or id also which rule applies to it. */
  diagnose: { input: Look, output: z.array(Diagnosis) },
} as const;

export type CallName = keyof typeof calls;
export type ControlCalls = {
  readonly [N in CallName]: (
    input: z.output<(typeof calls)[N]['input']>,
  ) => Promise<z.output<(typeof calls)[N]['output']>>;
};
/** What needs the store alone. */
export type Records = Omit<ControlCalls, 'hello' | 'diagnose' | 'evidence'>;
