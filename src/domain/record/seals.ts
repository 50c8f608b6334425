/**
 * Seals: authentication codes that someone with access to the database alone can't create. The key is stored elsewhere; this
 * is the port over it.
 */
import type { ChainLine } from './chain.ts';
import type { LineFault } from './faults.ts';

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
