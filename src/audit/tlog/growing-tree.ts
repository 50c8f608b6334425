/** A tree that grows by one leaf at a time, for writing its tiles. */
import { foldRight, type Hash, nodeHash } from './merkle-tree.ts';
import { type TileAt, tileWidth } from './tiles.ts';

interface HashTile extends TileAt {
  readonly kind: number;
  readonly bytes: Buffer;
}

interface Level {
  full: number;
  hashes: Hash[];
  /** Roots of the full subtrees in the partial tile, largest first: at most eight, or one for a full tile. */
  edge: Hash[];
}

/** `count`: number of hashes including this one. */
function grow(edge: Hash[], hash: Hash, count: number): void {
  let grown = hash;
  for (let rest = count; rest % 2 === 0; rest /= 2) {
    const left = edge.pop();
    if (left === undefined) throw new Error('a tree of hashes lost one');
    grown = nodeHash(left, grown);
  }
  edge.push(grown);
}

/**
 * An append-only tree that stores only its partial tiles: at most 255 hashes per level. That's enough for its root and all
 * files to write.
 */
export class GrowingTree {
  readonly #levels: Level[] = [];
  size = 0;

  /** Adds a leaf's hash. Returns the tiles that became full, leaves first. They never change again. */
  add(leaf: Hash): readonly HashTile[] {
    this.size += 1;
    const full: HashTile[] = [];
    let hash = leaf;
    for (let kind = 0; ; kind += 1) {
      const level = this.#levels[kind] ?? { full: 0, hashes: [], edge: [] };
      this.#levels[kind] = level;
      level.hashes.push(hash);
      grow(level.edge, hash, level.hashes.length);
      if (level.hashes.length < tileWidth) return full;
      full.push({ kind, index: level.full, width: tileWidth, bytes: Buffer.concat(level.hashes) });
      hash = foldRight(level.edge);
      level.full += 1;
      level.hashes = [];
      level.edge = [];
    }
  }

  /** Returns the partial tiles, leaves first. They are written for signed sizes. */
  partial(): readonly HashTile[] {
    return this.#levels.flatMap(({ full, hashes }, kind) =>
      hashes.length === 0 ? [] : [{ kind, index: full, width: hashes.length, bytes: Buffer.concat(hashes) }],
    );
  }

  /** Returns the root with few hashes per level, because a log with many checkpoints needs many roots. */
  root(): Hash {
    const highestFirst = [...this.#levels].reverse();
    return foldRight(highestFirst.flatMap(({ edge }) => edge));
  }
}
