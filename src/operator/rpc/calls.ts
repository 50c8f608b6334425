/**
 * Calls of the command line to the audit log: in this process if it opened the database itself, or to the running bot over its
 * control socket. Both ends validate every value with these schemas.
 */
import { z } from 'zod';
import { PersonId, RequestId, StreamId } from '../../domain/ids.ts';
import { ChainLine, Derived, Link, RevealedText } from '../../domain/record/chain.ts';
import type { EventBody } from '../../domain/request/events.ts';
import { RefusalCode } from '../../domain/request/refusal.ts';
import { isBlank } from '../../domain/strings.ts';
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
const StoredEvents = z.array(StoredEvent).readonly();

const RequestEvents = z.object({ id: RequestId, events: StoredEvents });
export type RequestEvents = z.output<typeof RequestEvents>;

const name = z
  .string()
  .trim()
  .max(100)
  .refine((text) => !isBlank(text), 'names no one');

/** An operator's action on a request, with the operator's name. */
const Act = z.discriminatedUnion('verb', [
  z.object({ verb: z.enum(['cancel', 'stop', 'retry']), by: name }),
  z.object({ verb: z.literal('give-up'), by: name, reason: z.string() }),
  z.object({ verb: z.literal('erase'), by: name, reason: z.string() }),
]);
export type Act = z.output<typeof Act>;

const ActResult = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('accepted'),
    event: StoredEvent,
    /** It was stored before: nothing was done now. */
    replay: z.boolean(),
  }),
  z.object({ kind: z.literal('refused'), code: RefusalCode, fact: z.string() }),
]);
export type ActResult = z.output<typeof ActResult>;

/** The pack is a zip in base64. */
const Evidence = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('made'), name: z.string(), archive: z.base64(), seq: z.number(), witnessed: z.boolean() }),
  z.object({ kind: z.literal('not-published'), published: z.number(), needed: z.number() }),
  z.object({ kind: z.literal('nowhere-published') }),
  z.object({ kind: z.literal('refused'), code: RefusalCode, fact: z.string() }),
]);
export type Evidence = z.output<typeof Evidence>;

/** Evidence for an operator, with the given name. Options: texts, names, and a consistency proof from an older size. */
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

export const calls = {
  hello: { input: z.object({}), output: z.object({ pid: z.number() }) },
  /** Newest request first. */
  page: { input: z.object({ limit, offset: count }), output: z.array(RequestEvents) },
  /** Events of a request; empty: no such request. */
  events: { input: z.object({ id: RequestId }), output: StoredEvents },
  /** The person's name as last provided by Teams. */
  person: { input: z.object({ id: PersonId }), output: z.object({ name: z.string().nullable() }) },
  head: { input: z.object({}), output: Link },
  /** Chain entries after a sequence number, oldest first; null: from the very first row. */
  lines: { input: z.object({ after: z.number().int().nullable(), limit }), output: z.array(ChainLine).readonly() },
  /** Texts of requests that weren't erased. */
  texts: { input: z.object({ requests: z.array(z.string()).max(500) }), output: z.array(RevealedText).readonly() },
  derived: { input: z.object({}), output: Derived },
  /** Safe to repeat: the same question returns the stored result. */
  act: { input: z.object({ id: StreamId, act: Act }), output: ActResult },
  /** Continues the audit log from the current time after a wrong clock dated its last event ahead. */
  resume: { input: z.object({ by: name }), output: ActResult },
  /** Evidence of a request as a pack. Each call creates new evidence and an event. */
  evidence: { input: EvidenceWanted, output: Evidence },
  /** Clears conflicts of witnesses with this name. `cleared`: their number. */
  askAgain: { input: z.object({ witness: z.string(), by: name }), output: z.object({ cleared: z.number() }) },
  diagnose: { input: Look, output: z.array(Diagnosis) },
} as const;

export type CallName = keyof typeof calls;
export type ControlCalls = {
  readonly [N in CallName]: (
    input: z.output<(typeof calls)[N]['input']>,
  ) => Promise<z.output<(typeof calls)[N]['output']>>;
};
export type Records = Omit<ControlCalls, 'hello' | 'diagnose' | 'evidence'>;
