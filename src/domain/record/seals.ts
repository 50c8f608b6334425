/** Seals: what a database alone cannot write. Made with a key that is kept elsewhere; the port over that key. */
import type { ChainLine } from './chain.ts';
import type { LineFault } from './faults.ts';

/** The key, seen from what is sealed with it. Several may be known; one seals. */
export interface Seals {
  /** Names the key that seals from now on; says nothing about it. */
  readonly keyId: string;
  /** The seal of a body that names {@link keyId} itself. */
  seal(body: string): string;
  /** The seal of a body that was written before there were seals. Never good for one that was not. */
  sealAfterwards(body: string): string;
}

/** A line that is what it says, as far as it can be seen by itself. */
export interface SoundLine {
  readonly fault: null;
  readonly body: Readonly<Record<string, unknown>>;
  /** The key that the body names; null: written before seals. */
  readonly sealKey: string | null;
}

export interface FaultyLine {
  readonly fault: LineFault;
  /** What was expected and what was found. */
  readonly detail: string;
}

/** Looks at hash, columns and seal of a line. Costs microseconds: done whenever a line is read. */
export type CheckLine = (line: ChainLine) => SoundLine | FaultyLine;

/** Tells whether a text is the one that a commitment is about. */
export type CommitmentTo = (salt: string, text: string) => string;
