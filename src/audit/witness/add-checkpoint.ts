/** Requests to a witness (C2SP tlog-witness): sign a checkpoint that continues the last signed one. */
import { type Checkpoint, readCheckpoint } from '../tlog/checkpoint.ts';
import type { VerifierKey } from '../tlog/keys.ts';
import { type Hash, provesConsistency, type Tree } from '../tlog/merkle-tree.ts';
import { openNote } from '../tlog/note.ts';

/** Maximum number of proof lines that a tree can need. */
const maxProofLines = 63;
const hashBytes = 32;

interface CosignRequest {
  /** The size that the witness is assumed to know. */
  readonly old: number;
  /** Consistency proof from that size to the checkpoint. */
  readonly proof: readonly Hash[];
  /** The signed note. */
  readonly note: string;
}

export const cosignRequestText = ({ old, proof, note }: CosignRequest): string =>
  `old ${old}\n${proof.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${note}`;

/** Parses a request; null: invalid. */
function readCosignRequest(text: string): CosignRequest | null {
  const end = text.indexOf('\n\n');
  if (end < 0) return null;
  const [first = '', ...lines] = text.slice(0, end).split('\n');
  const [, old] = /^old (0|[1-9]\d*)$/.exec(first) ?? [];
  if (old === undefined || !Number.isSafeInteger(Number(old)) || lines.length > maxProofLines) return null;
  const proof = lines.map((line) => Buffer.from(line, 'base64'));
  const isCanonical = proof.every(
    (hash, index) => hash.length === hashBytes && hash.toString('base64') === lines[index],
  );
  return isCanonical ? { old: Number(old), proof, note: text.slice(end + 2) } : null;
}

// Rules of a witness (C2SP tlog-witness). It signs a checkpoint of a known log if that continues the last signed one, and never
// two that conflict. A log whose history was changed gets no more signatures.

/** A configured log, and the last checkpoint signed; an empty tree before the first. */
export interface KnownLog {
  readonly keys: readonly VerifierKey[];
  readonly last: Tree;
}

export type Judgement =
  /** Can be signed after it's stored. */
  | { readonly verdict: 'signs'; readonly checkpoint: Checkpoint; readonly text: string }
  | { readonly verdict: Refused }
  /** The witness knows another size; a request from there might succeed. */
  | { readonly verdict: 'knows-another-size'; readonly size: number };

type Refused =
  /** Malformed request or checkpoint, or an old size larger than the checkpoint. */
  | 'not-an-ask'
  | 'log-unknown'
  | 'not-signed-by-the-log'
  /** Same size, other root: two histories. */
  | 'two-histories'
  /** The proof doesn't show that the log continues the last checkpoint. */
  | 'not-consistent';

/** Judges a request. `logs`: finds a log by name. */
export function judgeCheckpoint(body: string, logs: (origin: string) => KnownLog | null): Judgement {
  const request = readCosignRequest(body);
  if (request === null) return { verdict: 'not-an-ask' };
  const text = request.note.slice(0, request.note.lastIndexOf('\n\n') + 1);
  const checkpoint = readCheckpoint(text);
  if (checkpoint === null || request.old > checkpoint.size) return { verdict: 'not-an-ask' };
  const log = logs(checkpoint.origin);
  if (log === null) return { verdict: 'log-unknown' };
  const opened = openNote(request.note, log.keys);
  if (typeof opened === 'string') return { verdict: 'not-signed-by-the-log' };
  const { last } = log;
  if (request.old !== last.size) return { verdict: 'knows-another-size', size: last.size };
  if (checkpoint.size === last.size && !checkpoint.root.equals(last.root) && last.size > 0)
    return { verdict: 'two-histories' };
  if (!provesConsistency(last, checkpoint, request.proof)) return { verdict: 'not-consistent' };
  return { verdict: 'signs', checkpoint, text };
}
