/** What is known of the witnesses of a published log, over restarts and for all replicas. */

/**
 * What came of asking one: it signed; it was not reached, or broke down; it knows a history that this one does not go on from; or it
 * was not told of this log or its key, or is no witness.
 */
export type WitnessOutcome = 'signed' | 'no-answer' | 'another-history' | 'refused';

/** One ask, and what came of it. */
export interface WitnessAsked {
  /** The witness's whole verifier key, as a line: another key is another witness. */
  readonly key: string;
  /** How many events the checkpoint covers. */
  readonly size: number;
  readonly at: Date;
  readonly outcome: WitnessOutcome;
  /** In the words of who answered; empty where it signed. Of a key in a vault that is remembered: its signed statement. */
  readonly detail: string;
  /** The checkpoint that was shown, a signed note. */
  readonly note: string;
}

/** It knows another history of the log. */
export interface Contradiction {
  readonly at: Date;
  readonly detail: string;
  /** The checkpoint that it would not sign. */
  readonly note: string;
}

export interface WitnessStanding {
  readonly key: string;
  /** When it was asked for the first time. */
  readonly since: Date;
  readonly asked: Omit<WitnessAsked, 'key' | 'note'>;
  /** The last checkpoint that it signed; null before the first. */
  readonly signed: { readonly size: number; readonly at: Date } | null;
  readonly contradiction: Contradiction | null;
  /** Who had it asked again in spite of the last contradiction. */
  readonly cleared: { readonly at: Date; readonly by: string } | null;
  /** People were told of a contradiction, and not of its end. */
  readonly told: boolean;
}

export interface WitnessBook {
  of(log: string): Promise<readonly WitnessStanding[]>;
  /** A contradiction that is known stays as it was found. */
  keep(log: string, asked: readonly WitnessAsked[]): Promise<void>;
  told(log: string, key: string, told: boolean): Promise<void>;
  /** Ends the contradictions of witnesses of that name, on an operator's word; how many there were. */
  clear(name: string, by: string, at: Date): Promise<number>;
}
