/** Reads hashes and entries of a tree from published tiles. */
import type { AnchorFiles } from '../../domain/ports/published-log.ts';
import { foldRight, fullRoot, type Hash } from './merkle-tree.ts';
import { consistencyRanges, inclusionRanges, type Range, type Subtree, subtreesOf } from './proof-ranges.ts';
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
