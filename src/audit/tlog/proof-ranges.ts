/**
 * Parts of a tree in a proof (RFC 6962, 2.1.1 and 2.1.2): index arithmetic only. Sizes can exceed 2^31, so bit operators aren't
 * used.
 */

/** Leaves from `from` up to, but excluding, `to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A full subtree: 2^level leaves, number `index` of its level. */
export interface Subtree {
  readonly level: number;
  readonly index: number;
}

function exponentBelow(n: number): number {
  let exponent = 0;
  while (2 ** (exponent + 1) <= n) exponent += 1;
  return exponent;
}

/** Returns the full subtrees of a range, largest first. The range must start at a split of the tree. */
export function subtreesOf({ from, to }: Range): readonly Subtree[] {
  const found: Subtree[] = [];
  for (let at = from; at < to; ) {
    const level = exponentBelow(to - at);
    found.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return found;
}

/**
 * Goes down from the whole tree, toward leaf `end - 1`, until `isThere` holds. Returns the siblings that it passed, nearest first,
 * and the node. A tree splits at the largest power of two below its size.
 */
function descend(end: number, size: number, isThere: (node: Range) => boolean) {
  const siblings: Range[] = [];
  let node: Range = { from: 0, to: size };
  while (!isThere(node)) {
    const { from, to } = node;
    const middle = from + 2 ** exponentBelow(to - from - 1);
    const left = { from, to: middle };
    const right = { from: middle, to };
    siblings.unshift(end <= middle ? right : left);
    node = end <= middle ? left : right;
  }
  return { siblings, node };
}

/** Returns the ranges whose hashes prove that leaf `index` is in a tree of `size` leaves, nearest first. */
export const inclusionRanges = (index: number, size: number): readonly Range[] =>
  descend(index + 1, size, ({ from, to }) => to - from <= 1).siblings;

/**
 * Returns the ranges whose hashes prove that a tree of `older` leaves is the beginning of one of `size`. Empty if either is
 * trivial.
 */
export function consistencyRanges(older: number, size: number): readonly Range[] {
  if (older === 0 || older === size) return [];
  const { siblings, node } = descend(older, size, ({ to }) => older >= to);
  // A part that both trees share is omitted while it's the whole older tree.
  return node.from === 0 ? siblings : [node, ...siblings];
}
