/** The proof that one entry is in a signed tree, with the checkpoint, as a file (C2SP tlog-proof): it can be checked alone. */
import type { Hash } from './hashes.ts';

export interface ProofFile {
  /** Of the leaf, from 0. */
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

/** Null where it is none. What C2SP lets stand beside it unproved, the line `extra`, is not taken: it would look proved. */
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
  // One way of writing alone.
  return proofFile(proof) === text ? proof : null;
}
