/**
 * A tree that grows by leaves and keeps nothing but the tiles that are not full: at most 255 hashes a level. What it holds is
 * enough for its root, and for every file that has to be written.
 */
import { foldRight, fullRoot, type Hash } from './hashes.ts';
import { subtreesOf } from './ranges.ts';
import { type TileAt, tileWidth } from './tile-paths.ts';

/** A tile of hashes, as it is written. */
export interface HashTile extends TileAt {
  readonly kind: number;
  readonly bytes: Buffer;
}

interface Level {
  /** How many tiles of this level are full. */
  full: number;
  hashes: Hash[];
}

export class GrowingTree {
  readonly #levels: Level[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Takes a leaf's hash. Answers the tiles that became full by it, leaves first: none of them changes again. */
  add(leaf: Hash): readonly HashTile[] {
    this.#size += 1;
    const full: HashTile[] = [];
    let hash = leaf;
    for (let kind = 0; ; kind += 1) {
      const level = this.#level(kind);
      level.hashes.push(hash);
      if (level.hashes.length < tileWidth) return full;
      full.push({ kind, index: level.full, width: tileWidth, bytes: Buffer.concat(level.hashes) });
      hash = fullRoot(level.hashes);
      level.full += 1;
      level.hashes = [];
    }
  }

  /** The tiles at the right edge that are not full, leaves first. They are written for sizes that are signed. */
  partial(): readonly HashTile[] {
    return this.#levels.flatMap(({ full, hashes }, kind) =>
      hashes.length === 0 ? [] : [{ kind, index: full, width: hashes.length, bytes: Buffer.concat(hashes) }],
    );
  }

  root(): Hash {
    const highestFirst = [...this.#levels].reverse();
    return foldRight(
      highestFirst.flatMap(({ hashes }) =>
        subtreesOf({ from: 0, to: hashes.length }).map(({ level, index }) =>
          fullRoot(hashes.slice(index * 2 ** level, (index + 1) * 2 ** level)),
        ),
      ),
    );
  }

  #level(kind: number): Level {
    const found = this.#levels[kind];
    if (found !== undefined) return found;
    const made = { full: 0, hashes: [] };
    this.#levels.push(made);
    return made;
  }
}
