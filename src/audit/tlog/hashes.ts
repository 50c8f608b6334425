/** The hashes of a Merkle tree as RFC 6962 (2.1) has them: leaves and nodes are told apart by their first byte. */
import { createHash } from 'node:crypto';

/** 32 bytes of SHA-256. */
export type Hash = Buffer;

const leafMark = Buffer.from([0]);
const nodeMark = Buffer.from([1]);

const sha256 = (...parts: readonly Uint8Array[]): Hash => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** Of a tree without leaves. */
export const emptyRoot: Hash = sha256();

export const leafHash = (entry: Uint8Array): Hash => sha256(leafMark, entry);

export const nodeHash = (left: Hash, right: Hash): Hash => sha256(nodeMark, left, right);

/** Folds hashes of subtrees that stand side by side, the largest at the left, into the hash over all of them. */
export const foldRight = (hashes: readonly Hash[]): Hash =>
  hashes.length === 0 ? emptyRoot : hashes.reduceRight((right, left) => nodeHash(left, right));

/** The hash over hashes that stand side by side and are as many as a power of two. */
export function fullRoot(hashes: readonly Hash[]): Hash {
  const [only] = hashes;
  if (only === undefined || hashes.length === 1) return only ?? emptyRoot;
  const middle = hashes.length / 2;
  return nodeHash(fullRoot(hashes.slice(0, middle)), fullRoot(hashes.slice(middle)));
}
