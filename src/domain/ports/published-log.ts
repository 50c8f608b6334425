/**
 * A witness's response. `signed`. `no-answer`: unreachable, or it had an error. `another-history`: it signed a different log
 * that this one doesn't extend. `refused`: it doesn't know this log or its key, or isn't a witness.
 */
export type WitnessOutcome = 'signed' | 'no-answer' | 'another-history' | 'refused';

export interface WitnessResponse {
  /** The witness's full verifier key. Another key is another witness. */
  readonly key: string;
  readonly size: number;
  readonly at: Date;
  readonly outcome: WitnessOutcome;
  /** The witness's message; empty if it signed. */
  readonly detail: string;
  /** The checkpoint, a signed note. */
  readonly note: string;
}

export interface Contradiction {
  readonly at: Date;
  readonly detail: string;
  /** The checkpoint that it refused to sign. */
  readonly note: string;
}

export interface WitnessStatus {
  readonly key: string;
  readonly since: Date;
  readonly asked: Omit<WitnessResponse, 'key' | 'note'>;
  /** The last checkpoint that it signed; null before the first. */
  readonly signed: { readonly size: number; readonly at: Date } | null;
  readonly contradiction: Contradiction | null;
  /** True: people were notified of a contradiction and not yet of its end. */
  readonly told: boolean;
}

export interface WitnessBook {
  of(log: string): Promise<readonly WitnessStatus[]>;
  /** Stores responses. An existing contradiction isn't overwritten. */
  keep(log: string, asked: readonly WitnessResponse[]): Promise<void>;
  told(log: string, key: string, told: boolean): Promise<void>;
  /** Ends the contradictions of the witnesses with that name, by an operator's decision. Returns their number. */
  clear(name: string, by: string, at: Date): Promise<number>;
}

export interface AnchorFiles {
  /** Null: there is no such file. Throws if the location can't be reached. */
  read(path: string): Promise<Buffer | null>;
  /** Replaces the file atomically. The data is durable when the promise resolves. Throws if the location can't be reached. */
  write(path: string, bytes: Uint8Array): Promise<void>;
}

/** A published log for reading. Throws if the location can't be reached. */
export interface AnchorSource {
  readonly read: AnchorFiles['read'];
  /** Event counts that have a checkpoint, in any order. */
  readonly sizes: () => Promise<readonly number[]>;
}
