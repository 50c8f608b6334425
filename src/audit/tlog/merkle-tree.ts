/** Merkle tree hashes by RFC 6962 (2.1). The first byte separates leaves from nodes. */
import { createHash } from 'node:crypto';

/** 32 bytes of SHA-256. */
export type Hash = Buffer;

export interface Tree {
  readonly size: number;
  readonly root: Hash;
}

const leafMark = Buffer.from([0]);
const nodeMark = Buffer.from([1]);

const sha256 = (...parts: readonly Uint8Array[]): Hash => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

export const emptyRoot: Hash = sha256();

export const leafHash = (entry: Uint8Array): Hash => sha256(leafMark, entry);

export const nodeHash = (left: Hash, right: Hash): Hash => sha256(nodeMark, left, right);

/** Each hash in base64 on its own line. */
export const hashLines = (hashes: readonly Hash[]): string =>
  hashes.map((hash) => `${hash.toString('base64')}\n`).join('');

/** Parses {@link hashLines}; null: not the canonical form. */
export function hashesIn(lines: string): readonly Hash[] | null {
  const hashes = lines
    .split('\n')
    .slice(0, -1)
    .map((line) => Buffer.from(line, 'base64'));
  return hashes.every(({ length }) => length === 32) && hashLines(hashes) === lines ? hashes : null;
}

/** Folds adjacent subtree hashes, the largest at the left, to one hash. */
export const foldRight = (hashes: readonly Hash[]): Hash =>
  hashes.length === 0 ? emptyRoot : hashes.reduceRight((right, left) => nodeHash(left, right));

/** The number of hashes must be a power of two. */
export function fullRoot(hashes: readonly Hash[]): Hash {
  const [only] = hashes;
  if (only === undefined || hashes.length === 1) return only ?? emptyRoot;
  const middle = hashes.length / 2;
  return nodeHash(fullRoot(hashes.slice(0, middle)), fullRoot(hashes.slice(middle)));
}
