/**
 * The rules of a witness (C2SP tlog-witness). It signs a checkpoint of a log that it knows, where that log goes on from the last
 * one it signed, and never two that do not fit each other. Whoever changes the past of a log gets no signature any more.
 */
import { type Checkpoint, readCheckpoint } from '../tlog/checkpoint.ts';
import { openNote } from '../tlog/note.ts';
import { provesConsistency, type Tree } from '../tlog/proofs.ts';
import type { VerifierKey } from '../tlog/verifier-key.ts';
import { readAsk } from './ask.ts';

/** A log that the witness was told of, and what it signed of it last; a tree of no leaves before the first. */
export interface KnownLog {
  readonly keys: readonly VerifierKey[];
  readonly last: Tree;
}

export type Judgement =
  /** It is signed once this is kept. */
  | { readonly verdict: 'signs'; readonly checkpoint: Checkpoint; readonly text: string }
  | { readonly verdict: Refused }
  /** The witness knows another size: asked again from there it may sign. */
  | { readonly verdict: 'knows-another-size'; readonly size: number };

export type Refused =
  /** Not in the form of an ask, or of a checkpoint, or older than what it says is known. */
  | 'not-an-ask'
  | 'log-unknown'
  | 'not-signed-by-the-log'
  /** The same size with another root: two histories. */
  | 'two-histories'
  /** The proof does not show that the log goes on from the last checkpoint. */
  | 'not-consistent';

/** `logs` finds one by its name. */
export function judgeCheckpoint(asked: string, logs: (origin: string) => KnownLog | null): Judgement {
  const ask = readAsk(asked);
  if (ask === null) return { verdict: 'not-an-ask' };
  const text = ask.note.slice(0, ask.note.lastIndexOf('\n\n') + 1);
  const checkpoint = readCheckpoint(text);
  if (checkpoint === null || ask.old > checkpoint.size) return { verdict: 'not-an-ask' };
  const log = logs(checkpoint.origin);
  if (log === null) return { verdict: 'log-unknown' };
  const opened = openNote(ask.note, log.keys);
  if (typeof opened === 'string') return { verdict: 'not-signed-by-the-log' };
  const { last } = log;
  if (ask.old !== last.size) return { verdict: 'knows-another-size', size: last.size };
  if (checkpoint.size === last.size && !checkpoint.root.equals(last.root) && last.size > 0)
    return { verdict: 'two-histories' };
  if (!provesConsistency(last, checkpoint, ask.proof)) return { verdict: 'not-consistent' };
  return { verdict: 'signs', checkpoint, text };
}
