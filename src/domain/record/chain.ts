/** A row of the audit log and its commitments, in the form that is sealed, stored, exported and verified. */
import { z } from 'zod';
import type { NewEvent } from '../request/events.ts';
import type { LineFault } from './faults.ts';

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

// Seals: authentication codes that someone with access to the database alone can't create. The key is stored elsewhere; this
// is the port over it.

/** Seal keys. Several can be known; one is active. */
export interface Seals {
  /** ID of the active key. It reveals nothing about the key. */
  readonly keyId: string;
  /** Seals a body that contains the {@link keyId}. */
  seal(body: string): string;
}

export interface SoundLine {
  readonly fault: null;
  readonly body: Readonly<Record<string, unknown>>;
  /** The key ID in the body. */
  readonly sealKey: string;
}

export interface FaultyLine {
  readonly fault: LineFault;
  /** The expected and the actual value. */
  readonly detail: string;
}

/** Verifies a row's hash, columns and seal. It takes microseconds, so it runs on every read. */
export type CheckLine = (line: ChainLine) => SoundLine | FaultyLine;

export type CommitmentTo = (salt: string, text: string) => string;

/** A document to seal. One without a valid seal counts as absent. */
export interface SealableDocument {
  /** The document's key. A copy under another key is invalid. */
  readonly key: string;
  /** With millisecond precision. */
  readonly writtenAt: Date;
  readonly text: string;
}

interface DocumentSeal {
  readonly sealKey: string;
  readonly seal: string;
}

export const documentFaults = ['seal-key-unknown', 'seal-differs'] as const;
export type DocumentFault = (typeof documentFaults)[number];

export interface DocumentSeals {
  seal(document: SealableDocument): DocumentSeal;
  /** Returns null if this program wrote the document under this key at this time. Takes microseconds. */
  faultOf(document: SealableDocument, seal: DocumentSeal): DocumentFault | null;
}

export type SealedValues = readonly (string | null)[];

/** Port over the seal key, for rows with names, conversation addresses and posted cards. */
export interface RowSeals {
  /** Seals a row. `table`: the seal is valid for that table only. `values`: in a fixed order, including the row's key. */
  seal(table: string, values: SealedValues): string;
  /** Returns whether this program wrote the row. Takes microseconds. */
  isGood(table: string, values: SealedValues, seal: string | null): boolean;
}
