/** A tree grown from entries, with every file that would be published of it, in memory. */

import { GrowingTree } from '../../../src/audit/tlog/growing-tree.ts';
import { leafHash, type Tree } from '../../../src/audit/tlog/merkle-tree.ts';
import { openTiles, type TileReader } from '../../../src/audit/tlog/tile-reader.ts';
import { bundleOf, tilePath, tileWidth } from '../../../src/audit/tlog/tiles.ts';

export interface GrownTree {
  readonly files: ReadonlyMap<string, Buffer>;
  at(size: number): Tree;
  reader(size: number): TileReader;
}

/** With root and partial tiles for each size that is published: every one, unless a few are named, and the whole. */
export function growTree(entries: readonly Buffer[], published: readonly number[] | 'all' = 'all'): GrownTree {
  const tree = new GrowingTree();
  const files = new Map<string, Buffer>();
  const roots = new Map([[0, tree.root()]]);
  for (const [index, entry] of entries.entries()) {
    for (const tile of tree.add(leafHash(entry))) files.set(tilePath(tile), tile.bytes);
    const size = index + 1;
    const isPublished = size === entries.length || published === 'all' || published.includes(size);
    if (!isPublished && size % tileWidth !== 0) continue;
    roots.set(size, tree.root());
    for (const tile of tree.partial()) files.set(tilePath(tile), tile.bytes);
    const from = Math.floor(index / tileWidth);
    const bundle = entries.slice(from * tileWidth, size);
    files.set(tilePath({ kind: 'entries', index: from, width: bundle.length }), bundleOf(bundle));
  }
  const rootAt = (size: number): Buffer => {
    const root = roots.get(size);
    if (root === undefined) throw new Error(`the tree of ${size} was not published`);
    return root;
  };
  return {
    files,
    at: (size) => ({ size, root: rootAt(size) }),
    reader: (size) => openTiles(async (path) => files.get(path) ?? null, size),
  };
}
