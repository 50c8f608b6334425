/**
 * A tree that grows by leaves and keeps nothing but the tiles that are not full: at most 255 hashes a level. What it holds is
 * enough for its root, and for every file that has to be written.
 */
import { foldRight, type Hash, nodeHash } from './hashes.ts';
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
  /** Of the full subtrees that the hashes fall into, the largest first: at most eight, and one where the tile is full. */
  edge: Hash[];
}

/** Subtrees of one size that stand side by side become one. `count`: how many hashes there are with this one. */
function grow(edge: Hash[], hash: Hash, count: number): void {
  let grown = hash;
  for (let rest = count; rest % 2 === 0; rest /= 2) {
    const left = edge.pop();
    if (left === undefined) throw new Error('a tree of hashes lost one');
    grown = nodeHash(left, grown);
  }
  edge.push(grown);
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
      grow(level.edge, hash, level.hashes.length);
      if (level.hashes.length < tileWidth) return full;
      full.push({ kind, index: level.full, width: tileWidth, bytes: Buffer.concat(level.hashes) });
      hash = foldRight(level.edge);
      level.full += 1;
      level.hashes = [];
      level.edge = [];
    }
  }

  /** The tiles at the right edge that are not full, leaves first. They are written for sizes that are signed. */
  partial(): readonly HashTile[] {
    return this.#levels.flatMap(({ full, hashes }, kind) =>
      hashes.length === 0 ? [] : [{ kind, index: full, width: hashes.length, bytes: Buffer.concat(hashes) }],
    );
  }

  /** Takes a few hashes a level: a log of many checkpoints asks for many roots. */
  root(): Hash {
    const highestFirst = [...this.#levels].reverse();
    return foldRight(highestFirst.flatMap(({ edge }) => edge));
  }

  #level(kind: number): Level {
    const found = this.#levels[kind];
    if (found !== undefined) return found;
    const made = { full: 0, hashes: [], edge: [] };
    this.#levels.push(made);
    return made;
  }
}
