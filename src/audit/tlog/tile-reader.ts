/** Reads hashes and entries of a tree from published tiles. */
import { foldRight, fullRoot, type Hash } from './merkle-tree.ts';
import { entriesIn, type TileAt, tileOf, tilePath, tileWidth } from './tiles.ts';

/** Reads a file by its path; null: it doesn't exist. */
type ReadFile = (path: string) => Promise<Buffer | null>;

/** A tile is missing or incomplete. */
export class TileUnusable extends Error {
  override readonly name = 'TileUnusable';
}

const hashBytes = 32;
/** One level of tiles is eight levels of the tree. */
const levelsATile = 8;

export class TileReader {
  readonly #read: ReadFile;
  readonly #size: number;
  readonly #tiles = new Map<string, Promise<Buffer>>();

  /** A tree of `size` leaves. Caches hash tiles without limit: create one reader per proof or pass. */
  constructor(read: ReadFile, size: number) {
    this.#read = read;
    this.#size = size;
  }

  root(): Promise<Hash> {
    return this.#rangeHash({ from: 0, to: this.#size });
  }

  /** Returns the root of the first `size` leaves. */
  prefixRoot(size: number): Promise<Hash> {
    return this.#rangeHash({ from: 0, to: size });
  }

  inclusion(index: number): Promise<readonly Hash[]> {
    return Promise.all(inclusionRanges(index, this.#size).map((range) => this.#rangeHash(range)));
  }

  consistency(older: number): Promise<readonly Hash[]> {
    return Promise.all(consistencyRanges(older, this.#size).map((range) => this.#rangeHash(range)));
  }

  /** Returns the entries of tile `index`. Throws {@link TileUnusable}. */
  async entries(index: number): Promise<readonly Buffer[]> {
    const at = tileOf('entries', index * tileWidth, this.#size);
    // Not cached: entries are large and read once.
    const entries = entriesIn(await this.#loadNew(at));
    // A partial tile has exactly its entries; the full tile in its place also has later ones.
    const isWhole = entries?.length === at.width || entries?.length === tileWidth;
    if (entries === null || !isWhole) throw new TileUnusable(`${tilePath(at)}: not ${at.width} entries`);
    return entries.slice(0, at.width);
  }

  #rangeHash(range: Range): Promise<Hash> {
    return rangeHash(range, (subtree) => this.#subtree(subtree));
  }

  /** A subtree is in one tile, of the level at or below its own, as 1 to 128 adjacent hashes. */
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

  /** Partial tiles can be deleted once the full tile exists. */
  async #loadNew(at: TileAt): Promise<Buffer> {
    const found = (await this.#read(tilePath(at))) ?? (await this.#read(tilePath({ ...at, width: tileWidth })));
    if (found === null) throw new TileUnusable(`${tilePath(at)}: there is no such file`);
    return found;
  }
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

type ReadSubtree = (subtree: Subtree) => Promise<Hash>;

/** Returns the exponent of the largest power of two that is at most n. */
function exponentBelow(n: number): number {
  let exponent = 0;
  while (2 ** (exponent + 1) <= n) exponent += 1;
  return exponent;
}

/** Returns the split of a tree of n > 1 leaves: the largest power of two below n. */
const splitOf = (n: number): number => 2 ** exponentBelow(n - 1);

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

async function rangeHash(range: Range, read: ReadSubtree): Promise<Hash> {
  return foldRight(await Promise.all(subtreesOf(range).map(read)));
}

/** Returns the ranges whose hashes prove that leaf `index` is in a tree of `size` leaves, nearest first. */
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

/**
 * Returns the ranges whose hashes prove that a tree of `older` leaves is the beginning of one of `size`. Empty if either is
 * trivial.
 */
function consistencyRanges(older: number, size: number): readonly Range[] {
  if (older === 0 || older === size) return [];
  const ranges: Range[] = [];
  let from = 0;
  let to = size;
  // A part that both trees share is omitted while it's the whole older tree.
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
