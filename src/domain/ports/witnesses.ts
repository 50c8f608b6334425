/** Stored state of a published log's witnesses, shared by all replicas. */

/**
 * A witness's response. `signed`. `no-answer`: unreachable, or it had an error. `another-history`: it signed a different log
 * that this one doesn't extend. `refused`: it doesn't know this log or its key, or isn't a witness.
 */
export type WitnessOutcome = 'signed' | 'no-answer' | 'another-history' | 'refused';

/** One request to a witness, and its response. */
export interface WitnessAsked {
  /** The witness's full verifier key. Another key is another witness. */
  readonly key: string;
  /** Number of events that the checkpoint covers. */
  readonly size: number;
  readonly at: Date;
  readonly outcome: WitnessOutcome;
  /** The witness's message; empty if it signed. For a Key Vault key: the signed checkpoint. */
  readonly detail: string;
  /** The checkpoint, a signed note. */
  readonly note: string;
}

/** A witness has signed a different history of the log. */
export interface Contradiction {
  readonly at: Date;
  readonly detail: string;
  /** The checkpoint that it refused to sign. */
  readonly note: string;
}

export interface WitnessStanding {
  readonly key: string;
  /** Time of the first request. */
  readonly since: Date;
  readonly asked: Omit<WitnessAsked, 'key' | 'note'>;
  /** The last checkpoint that it signed; null before the first. */
  readonly signed: { readonly size: number; readonly at: Date } | null;
  readonly contradiction: Contradiction | null;
  /** The operator who allowed asking it again after the last contradiction. */
  readonly cleared: { readonly at: Date; readonly by: string } | null;
  /** True: people were notified of a contradiction and not yet of its end. */
  readonly told: boolean;
}

export interface WitnessBook {
  of(log: string): Promise<readonly WitnessStanding[]>;
  /** Stores responses. An existing contradiction isn't overwritten. */
  keep(log: string, asked: readonly WitnessAsked[]): Promise<void>;
  told(log: string, key: string, told: boolean): Promise<void>;
  /** Ends the contradictions of the witnesses with that name, by an operator's decision. Returns their number. */
  clear(name: string, by: string, at: Date): Promise<number>;
}
