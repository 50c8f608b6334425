/** A checkpoint (C2SP tlog-checkpoint): the log's name, size and root, as the text of a signed note. */
import type { Hash, Tree } from './merkle-tree.ts';

export interface Checkpoint extends Tree {
  /** The log's name: permanent and unique. */
  readonly origin: string;
}

const rootBytes = 32;

export const checkpointText = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${root.toString('base64')}\n`;

/**
 * Parses a checkpoint; null: invalid. Refuses lines after the third: witnesses sign only three lines, and the rest would look
 * signed.
 */
export function readCheckpoint(text: string): Checkpoint | null {
  const [origin, size, root, end, ...more] = text.split('\n');
  if (origin === undefined || origin === '' || size === undefined || root === undefined) return null;
  if (end !== '' || more.length > 0 || !/^(0|[1-9]\d*)$/.test(size) || !Number.isSafeInteger(Number(size))) return null;
  const bytes = Buffer.from(root, 'base64');
  const canonical = bytes.length === rootBytes && bytes.toString('base64') === root;
  return canonical ? { origin, size: Number(size), root: bytes } : null;
}

// Inclusion proof of one entry with its checkpoint, as a file (C2SP tlog-proof), verifiable on its own.

interface ProofFile {
  /** Leaf index, from 0. */
  readonly index: number;
  /** From the leaf up. */
  readonly hashes: readonly Hash[];
  /** The checkpoint as a signed note. */
  readonly note: string;
}

const head = 'c2sp.org/tlog-proof@v1\n';
const hashBytes = 32;

export const proofFile = ({ index, hashes, note }: ProofFile): string =>
  `${head}index ${index}\n${hashes.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${note}`;

/** Parses a proof file; null: invalid. Refuses C2SP's optional `extra` line, which isn't proved but would look so. */
export function readProofFile(text: string): ProofFile | null {
  const end = text.indexOf('\n\n');
  const [, index, lines] =
    /^index (0|[1-9]\d{0,15})\n((?:[A-Za-z0-9+/]{43}=\n)*)$/.exec(text.slice(head.length, end + 1)) ?? [];
  if (end < 0 || index === undefined || lines === undefined) return null;
  const hashes = lines
    .split('\n')
    .slice(0, -1)
    .map((line) => Buffer.from(line, 'base64'));
  if (hashes.some((hash) => hash.length !== hashBytes)) return null;
  const proof = { index: Number(index), hashes, note: text.slice(end + 2) };
  // Only the canonical form is valid.
  return proofFile(proof) === text ? proof : null;
}
