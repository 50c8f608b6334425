/**
 * Which parts of a tree a proof is made of (RFC 6962, 2.1.1 and 2.1.2): index arithmetic alone. Sizes may pass 2^31, so nothing
 * here uses bit operators.
 */
import { foldRight, type Hash } from './hashes.ts';

/** Leaves `from` up to but without `to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A full subtree: 2^level leaves, the `index`-th of its level. */
export interface Subtree {
  readonly level: number;
  readonly index: number;
}

/** Where a subtree's hash comes from. */
export type ReadSubtree = (subtree: Subtree) => Promise<Hash>;

/** The largest power of two that is at most n, as its exponent. */
function exponentBelow(n: number): number {
  let exponent = 0;
  while (2 ** (exponent + 1) <= n) exponent += 1;
  return exponent;
}

/** Where a tree of n > 1 leaves is split: the largest power of two below n. */
const splitOf = (n: number): number => 2 ** exponentBelow(n - 1);

/** The full subtrees that a range falls into, the largest first. The range starts where a split of the tree does. */
export function subtreesOf({ from, to }: Range): readonly Subtree[] {
  const found: Subtree[] = [];
  for (let at = from; at < to; ) {
    const level = exponentBelow(to - at);
    found.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return found;
}

/** The hash over a range. */
export async function rangeHash(range: Range, read: ReadSubtree): Promise<Hash> {
  return foldRight(await Promise.all(subtreesOf(range).map(read)));
}

/** The ranges whose hashes prove that leaf `index` is in a tree of `size` leaves, the nearest first. */
export function inclusionRanges(index: number, size: number): readonly Range[] {
  const ranges: Range[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      ranges.unshift({ from: middle, to });
      to = middle;
    } else {
      ranges.unshift({ from, to: middle });
      from = middle;
    }
  }
  return ranges;
}

/** The ranges whose hashes prove that a tree of `older` leaves is the beginning of one of `size`. None where either says nothing. */
export function consistencyRanges(older: number, size: number): readonly Range[] {
  if (older === 0 || older === size) return [];
  const ranges: Range[] = [];
  let from = 0;
  let to = size;
  // What both trees have whole need not be told as long as it is all of the older one.
  while (older < to) {
    const middle = from + splitOf(to - from);
    if (older <= middle) {
      ranges.unshift({ from: middle, to });
      to = middle;
    } else {
      ranges.unshift({ from, to: middle });
      from = middle;
    }
  }
  return from === 0 ? ranges : [{ from, to }, ...ranges];
}
