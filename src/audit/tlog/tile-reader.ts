/** Reads hashes and entries of a tree from published tiles. */
import type { AnchorFiles } from '../../domain/ports/published-log.ts';
import { foldRight, fullRoot, type Hash } from './merkle-tree.ts';
import { entriesIn, type TileAt, tileOf, tilePath, tileWidth } from './tiles.ts';

export class TileUnusable extends Error {
  override readonly name = 'TileUnusable';
}

const hashBytes = 32;
/** One level of tiles is eight levels of the tree. */
const levelsATile = 8;

export type TileReader = ReturnType<typeof openTiles>;

/** A tree of `size` leaves. Caches hash tiles without limit: create one reader per proof or pass. */
export function openTiles(read: AnchorFiles['read'], size: number) {
  const tiles = new Map<string, Promise<Buffer>>();

  /** Returns the entries of tile `index`. Throws {@link TileUnusable}. */
  async function entriesOf(index: number): Promise<readonly Buffer[]> {
    const at = tileOf('entries', index * tileWidth, size);
    // Not cached: entries are large and read once.
    const entries = entriesIn(await load(at));
    // A partial tile has exactly its entries; the full tile in its place also has later ones.
    const isWhole = entries?.length === at.width || entries?.length === tileWidth;
    if (entries === null || !isWhole) throw new TileUnusable(`${tilePath(at)}: not ${at.width} entries`);
    return entries.slice(0, at.width);
  }

  async function rangeHash(range: Range): Promise<Hash> {
    return foldRight(await Promise.all(subtreesOf(range).map(subtree)));
  }

  /** A subtree is in one tile, of the level at or below its own, as 1 to 128 adjacent hashes. */
  async function subtree({ level, index }: Subtree): Promise<Hash> {
    const kind = Math.floor(level / levelsATile);
    const count = 2 ** (level % levelsATile);
    const first = index * count;
    const hashes = await hashesOf(tileOf(kind, first, size));
    return fullRoot(hashes.slice(first % tileWidth, (first % tileWidth) + count));
  }

  async function hashesOf(at: TileAt): Promise<readonly Hash[]> {
    const path = tilePath(at);
    const loading = tiles.get(path) ?? load(at);
    tiles.set(path, loading);
    const bytes = await loading;
    if (bytes.length < at.width * hashBytes) throw new TileUnusable(`${path}: not ${at.width} hashes`);
    return Array.from({ length: at.width }, (_, n) => bytes.subarray(n * hashBytes, (n + 1) * hashBytes));
  }

  /** Partial tiles can be deleted once the full tile exists. */
  async function load(at: TileAt): Promise<Buffer> {
    const found = (await read(tilePath(at))) ?? (await read(tilePath({ ...at, width: tileWidth })));
    if (found === null) throw new TileUnusable(`${tilePath(at)}: there is no such file`);
    return found;
  }

  return {
    entriesOf,
    prefixRoot: (older: number) => rangeHash({ from: 0, to: older }),
    inclusion: (index: number) => Promise.all(inclusionRanges(index, size).map(rangeHash)),
    consistency: (older: number) => Promise.all(consistencyRanges(older, size).map(rangeHash)),
  };
}

// Parts of a tree in a proof (RFC 6962, 2.1.1 and 2.1.2): index arithmetic only. Sizes can exceed 2^31, so bit operators aren't
// used.

/** Leaves from `from` up to, but excluding, `to`. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** A full subtree: 2^level leaves, number `index` of its level. */
interface Subtree {
  readonly level: number;
  readonly index: number;
}

function exponentBelow(n: number): number {
  let exponent = 0;
  while (2 ** (exponent + 1) <= n) exponent += 1;
  return exponent;
}

/** Returns the full subtrees of a range, largest first. The range must start at a split of the tree. */
function subtreesOf({ from, to }: Range): readonly Subtree[] {
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
const inclusionRanges = (index: number, size: number): readonly Range[] =>
  descend(index + 1, size, ({ from, to }) => to - from <= 1).siblings;

/**
 * Returns the ranges whose hashes prove that a tree of `older` leaves is the beginning of one of `size`. Empty if either is
 * trivial.
 */
function consistencyRanges(older: number, size: number): readonly Range[] {
  if (older === 0 || older === size) return [];
  const { siblings, node } = descend(older, size, ({ to }) => older >= to);
  // A part that both trees share is omitted while it's the whole older tree.
  return node.from === 0 ? siblings : [node, ...siblings];
}
