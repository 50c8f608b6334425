/** A row of the audit log and its commitments, in the form that is sealed, stored, exported and verified. */
import { z } from 'zod';
import type { NewEvent } from '../request/events.ts';

export const Link = z.strictObject({ seq: z.number().int().min(0), hash: z.string() });
export type Link = z.infer<typeof Link>;

/** A row, byte for byte. The other columns are valid only if they match the body. */
export const ChainLine = z.strictObject({
  seq: z.number(),
  request: z.string(),
  /** Number of the event within its request, from 1. */
  revision: z.number(),
  cause: z.string(),
  /** Number of the event within its cause, from 0. */
  n: z.number(),
  body: z.string(),
  prev: z.string(),
  hash: z.string(),
  /** ID of the seal key. Null: an entry of a published log, which contains no seals. */
  sealKey: z.string().nullable(),
  /** 64 hexadecimal digits. Null as above. */
  seal: z.string().nullable(),
});
export type ChainLine = z.infer<typeof ChainLine>;

/** A text that hasn't been erased and that an event commits to. */
export const RevealedText = z.strictObject({
  request: z.string(),
  revision: z.number(),
  field: z.string(),
  /** Hexadecimal. */
  salt: z.string(),
  text: z.string(),
});
export type RevealedText = z.infer<typeof RevealedText>;

/** An event's position in the chain and in its request, before sealing. */
export interface Position extends Readonly<Omit<ChainLine, 'body' | 'hash' | 'sealKey' | 'seal'>> {
  /** ISO 8601, UTC. */
  readonly time: string;
}

/** Salt and text that open a commitment, until they are erased. */
export type Opening = Readonly<Omit<RevealedText, 'request' | 'revision'>>;

export interface Sealed {
  /** Canonical JSON. Its UTF-8 bytes are hashed. */
  readonly body: string;
  readonly hash: string;
  readonly sealKey: string;
  readonly seal: string;
  readonly openings: readonly Opening[];
}

export type Seal = (position: Position, event: NewEvent) => Sealed;

/** Data that the database derives from events, read at one moment. */
export const Derived = z.strictObject({
  /** Sequence number of the last event, from the chain head. */
  seq: z.number(),
  /** Number of event rows, whatever their sequence numbers. */
  rows: z.number(),
  open: z.array(z.strictObject({ resource: z.string(), request: z.string() })),
  jobs: z.array(z.strictObject({ request: z.string(), kind: z.string(), key: z.string() })),
  /** Texts without an event. */
  texts: z.array(z.strictObject({ request: z.string(), revision: z.number(), field: z.string() })),
});
export type Derived = z.infer<typeof Derived>;
