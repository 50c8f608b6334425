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
  /** Seals a body from before seals existed. Never valid for any other body. */
  sealAfterwards(body: string): string;
}

/** A row that is valid on its own. */
export interface SoundLine {
  readonly fault: null;
  readonly body: Readonly<Record<string, unknown>>;
  /** The key ID in the body; null: from before seals. */
  readonly sealKey: string | null;
}

export interface FaultyLine {
  readonly fault: LineFault;
  /** The expected and the actual value. */
  readonly detail: string;
}

/** Verifies a row's hash, columns and seal. It takes microseconds, so it runs on every read. */
export type CheckLine = (line: ChainLine) => SoundLine | FaultyLine;

/** Computes a text's commitment. */
export type CommitmentTo = (salt: string, text: string) => string;
