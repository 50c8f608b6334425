/** What a witness is asked (C2SP tlog-witness): to sign a checkpoint, shown to begin with the last one it signed. */
import { type Checkpoint, readCheckpoint } from '../tlog/checkpoint.ts';
import type { VerifierKey } from '../tlog/keys.ts';
import { type Hash, provesConsistency, type Tree } from '../tlog/merkle-tree.ts';
import { openNote } from '../tlog/note.ts';

/** More lines of proof than a tree can need are refused unread. */
const mostProofLines = 63;
const hashBytes = 32;

interface Ask {
  /** The size that the witness is thought to know. */
  readonly old: number;
  /** That a tree of that size is the beginning of the checkpoint's. */
  readonly proof: readonly Hash[];
  /** The signed note. */
  readonly note: string;
}

export const askText = ({ old, proof, note }: Ask): string =>
  `old ${old}\n${proof.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${note}`;

/** Null where it is none. */
function readAsk(text: string): Ask | null {
  const end = text.indexOf('\n\n');
  if (end < 0) return null;
  const [first = '', ...lines] = text.slice(0, end).split('\n');
  const [, old] = /^old (0|[1-9]\d*)$/.exec(first) ?? [];
  if (old === undefined || !Number.isSafeInteger(Number(old)) || lines.length > mostProofLines) return null;
  const proof = lines.map((line) => Buffer.from(line, 'base64'));
  const isCanonical = proof.every(
    (hash, index) => hash.length === hashBytes && hash.toString('base64') === lines[index],
  );
  return isCanonical ? { old: Number(old), proof, note: text.slice(end + 2) } : null;
}

// The rules of a witness (C2SP tlog-witness). It signs a checkpoint of a log that it knows, where that log goes on from the last
// one it signed, and never two that do not fit each other. Whoever changes the past of a log gets no signature any more.

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

type Refused =
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
