/** One line of the record, and the texts it commits to: as sealed, stored, exported and verified. */
import { z } from 'zod';
import type { NewEvent } from '../request/events.ts';

/** A place in the chain: what the next line must follow on. */
export const Link = z.strictObject({ seq: z.number().int().min(0), hash: z.string() });
export type Link = z.infer<typeof Link>;

/** A line word for word. Columns other than the body are only true when they agree with it. */
export const ChainLine = z.strictObject({
  seq: z.number(),
  request: z.string(),
  /** Which event of its request this is, from 1. */
  revision: z.number(),
  cause: z.string(),
  /** Which event of its cause this is, from 0. */
  n: z.number(),
  /** The canonical JSON that is hashed, as text. */
  body: z.string(),
  /** Hash of the line before. */
  prev: z.string(),
  hash: z.string(),
  /** The key that the seal was made with; null: there is no seal. Lines and exports of before seals do not have it. */
  sealKey: z.string().nullable().default(null),
  /** 64 hexadecimal digits; null: written before there were seals, and not sealed since. */
  seal: z.string().nullable().default(null),
});
export type ChainLine = z.infer<typeof ChainLine>;

/** A text that the record commits to and that was not erased. */
export const RevealedText = z.strictObject({
  request: z.string(),
  revision: z.number(),
  field: z.string(),
  /** Hexadecimal. */
  salt: z.string(),
  text: z.string(),
});
export type RevealedText = z.infer<typeof RevealedText>;

/** Where an event stands in the chain and in its request, before it is sealed. */
export interface Position extends Readonly<Omit<ChainLine, 'body' | 'hash' | 'sealKey' | 'seal'>> {
  /** ISO 8601, UTC. */
  readonly time: string;
}

/** What is needed to prove a text of an event, until it is erased. */
export type Opening = Readonly<Omit<RevealedText, 'request' | 'revision'>>;

/** An event in its final bytes. */
export interface Sealed {
  /** Canonical JSON; its bytes are what is hashed. */
  readonly body: string;
  readonly hash: string;
  /** Null: made without a key, as lines were before there were seals. The store takes none of these. */
  readonly sealKey: string | null;
  readonly seal: string | null;
  readonly openings: readonly Opening[];
}

/** Turns an event into what is stored of it. */
export type Seal = (position: Position, event: NewEvent) => Sealed;
