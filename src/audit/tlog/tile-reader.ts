/** Reads the hashes of a tree, and its entries, out of published tiles. */
import { entriesIn } from './entry-bundle.ts';
import { fullRoot, type Hash } from './hashes.ts';
import { consistencyRanges, inclusionRanges, type Range, rangeHash, type Subtree } from './ranges.ts';
import { type TileAt, tileOf, tilePath, tileWidth } from './tile-paths.ts';

/** Files by their paths; null where there is none. */
export type ReadFile = (path: string) => Promise<Buffer | null>;

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
