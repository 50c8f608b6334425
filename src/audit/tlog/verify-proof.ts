/** Verification of proofs against signed roots (RFC 9162, 2.1.3.2 and 2.1.4.2; the proofs are those of RFC 6962). */
import { type Hash, nodeHash, type Tree } from './merkle-tree.ts';

const isOdd = (n: number): boolean => n % 2 === 1;
const half = (n: number): number => Math.floor(n / 2);

/** Position in a proof: the node on the path up, and the last node of its level. */
interface Climb {
  node: number;
  last: number;
}

/** Moves up by one hash of a proof and returns the hash's side. Null: already at the top. */
function climb(at: Climb): 'left' | 'right' | null {
  if (at.last === 0) return null;
  const side = isOdd(at.node) || at.node === at.last ? 'left' : 'right';
  if (side === 'left') {
    while (!isOdd(at.node) && at.node !== 0) {
      at.node = half(at.node);
      at.last = half(at.last);
    }
  }
  at.node = half(at.node);
  at.last = half(at.last);
  return side;
}

export function provesInclusion(leaf: Hash, index: number, size: number, proof: readonly Hash[], root: Hash): boolean {
  if (index < 0 || index >= size) return false;
  const at = { node: index, last: size - 1 };
  let found = leaf;
  for (const hash of proof) {
    const side = climb(at);
    if (side === null) return false;
    found = side === 'left' ? nodeHash(hash, found) : nodeHash(found, hash);
  }
  return at.last === 0 && found.equals(root);
}

export function provesConsistency(older: Tree, newer: Tree, proof: readonly Hash[]): boolean {
  if (older.size > newer.size) return false;
  if (older.size === newer.size) return proof.length === 0 && older.root.equals(newer.root);
  if (older.size === 0) return proof.length === 0;
  // An older tree that is a full subtree starts from its own root, which the proof omits.
  const [start, ...path] = Number.isInteger(Math.log2(older.size)) ? [older.root, ...proof] : proof;
  if (start === undefined) return false;
  const at = { node: older.size - 1, last: newer.size - 1 };
  while (isOdd(at.node)) {
    at.node = half(at.node);
    at.last = half(at.last);
  }
  let foundOlder = start;
  let foundNewer = start;
  for (const hash of path) {
    const side = climb(at);
    if (side === null) return false;
    if (side === 'left') foundOlder = nodeHash(hash, foundOlder);
    foundNewer = side === 'left' ? nodeHash(hash, foundNewer) : nodeHash(foundNewer, hash);
  }
  return at.last === 0 && foundOlder.equals(older.root) && foundNewer.equals(newer.root);
}
