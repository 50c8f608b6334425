/** Reads the hashes of a tree, and its entries, out of published tiles. */
import { foldRight, fullRoot, type Hash } from './merkle-tree.ts';
import { entriesIn, type TileAt, tileOf, tilePath, tileWidth } from './tiles.ts';

/** Files by their paths; null where there is none. */
type ReadFile = (path: string) => Promise<Buffer | null>;

/** A tile is not there, or not whole. */
export class TileUnusable extends Error {
  override readonly name = 'TileUnusable';
}

const hashBytes = 32;
/** A level of tiles is eight levels of the tree. */
const levelsATile = 8;

export class TileReader {
  readonly #read: ReadFile;
  readonly #size: number;
  readonly #tiles = new Map<string, Promise<Buffer>>();

  /** A tree of `size` leaves. Tiles of hashes once read are kept: one is made for a proof or a walk, not for good. */
  constructor(read: ReadFile, size: number) {
    this.#read = read;
    this.#size = size;
  }

  root(): Promise<Hash> {
    return this.#rangeHash({ from: 0, to: this.#size });
  }

  /** The root of the tree's first `size` leaves. */
  prefixRoot(size: number): Promise<Hash> {
    return this.#rangeHash({ from: 0, to: size });
  }

  inclusion(index: number): Promise<readonly Hash[]> {
    return Promise.all(inclusionRanges(index, this.#size).map((range) => this.#rangeHash(range)));
  }

  consistency(older: number): Promise<readonly Hash[]> {
    return Promise.all(consistencyRanges(older, this.#size).map((range) => this.#rangeHash(range)));
  }

  /** The entries of one tile, the `index`-th. Throws {@link TileUnusable}. */
  async entries(index: number): Promise<readonly Buffer[]> {
    const at = tileOf('entries', index * tileWidth, this.#size);
    // Not kept: they are the events themselves, and read once.
    const entries = entriesIn(await this.#loadNew(at));
    // A tile that is not full holds what it says and no more; the full one in its place holds what came later, too.
    const isWhole = entries?.length === at.width || entries?.length === tileWidth;
    if (entries === null || !isWhole) throw new TileUnusable(`${tilePath(at)}: not ${at.width} entries`);
    return entries.slice(0, at.width);
  }

  #rangeHash(range: Range): Promise<Hash> {
    return rangeHash(range, (subtree) => this.#subtree(subtree));
  }

  /** A subtree lies in one tile: of the level at or below its own, as 1 to 128 hashes side by side. */
  async #subtree({ level, index }: Subtree): Promise<Hash> {
    const kind = Math.floor(level / levelsATile);
    const count = 2 ** (level % levelsATile);
    const first = index * count;
    const hashes = await this.#hashes(tileOf(kind, first, this.#size));
    return fullRoot(hashes.slice(first % tileWidth, (first % tileWidth) + count));
  }

  async #hashes(at: TileAt): Promise<readonly Hash[]> {
    const bytes = await this.#load(at);
    if (bytes.length < at.width * hashBytes) throw new TileUnusable(`${tilePath(at)}: not ${at.width} hashes`);
    return Array.from({ length: at.width }, (_, n) => bytes.subarray(n * hashBytes, (n + 1) * hashBytes));
  }

  #load(at: TileAt): Promise<Buffer> {
    const path = tilePath(at);
    const known = this.#tiles.get(path);
    if (known !== undefined) return known;
    const loading = this.#loadNew(at);
    this.#tiles.set(path, loading);
    return loading;
  }

  /** Once a tile is full its beginnings may be deleted. */
  async #loadNew(at: TileAt): Promise<Buffer> {
    const found = (await this.#read(tilePath(at))) ?? (await this.#read(tilePath({ ...at, width: tileWidth })));
    if (found === null) throw new TileUnusable(`${tilePath(at)}: there is no such file`);
    return found;
  }
}

// Which parts of a tree a proof is made of (RFC 6962, 2.1.1 and 2.1.2): index arithmetic alone. Sizes may pass 2^31, so nothing
// here uses bit operators.

/** Leaves `from` up to but without `to`. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** A full subtree: 2^level leaves, the `index`-th of its level. */
interface Subtree {
  readonly level: number;
  readonly index: number;
}

/** Where a subtree's hash comes from. */
type ReadSubtree = (subtree: Subtree) => Promise<Hash>;

/** The largest power of two that is at most n, as its exponent. */
function exponentBelow(n: number): number {
  let exponent = 0;
  while (2 ** (exponent + 1) <= n) exponent += 1;
  return exponent;
}

/** Where a tree of n > 1 leaves is split: the largest power of two below n. */
const splitOf = (n: number): number => 2 ** exponentBelow(n - 1);

/** The full subtrees that a range falls into, the largest first. The range starts where a split of the tree does. */
function subtreesOf({ from, to }: Range): readonly Subtree[] {
  const found: Subtree[] = [];
  for (let at = from; at < to; ) {
    const level = exponentBelow(to - at);
    found.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return found;
}

/** The hash over a range. */
async function rangeHash(range: Range, read: ReadSubtree): Promise<Hash> {
  return foldRight(await Promise.all(subtreesOf(range).map(read)));
}

/** The ranges whose hashes prove that leaf `index` is in a tree of `size` leaves, the nearest first. */
function inclusionRanges(index: number, size: number): readonly Range[] {
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
function consistencyRanges(older: number, size: number): readonly Range[] {
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
