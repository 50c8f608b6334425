/**
 * The proof that the log of a pack goes on from one of an older size, which the auditor named (RFC 6962, 2.1.2). C2SP has no
 * file for it: a first line, the older size and root as in a checkpoint, an empty line, and the hashes.
 */
import type { Tree } from '../tlog/proofs.ts';
import { provesConsistency } from '../tlog/proofs.ts';
import type { TileReader } from '../tlog/tile-reader.ts';

const head = 'cmk-bot/consistency@v1\n';

const fileOf = (older: Tree, hashes: readonly Buffer[]): string =>
  `${head}${older.size}\n${older.root.toString('base64')}\n\n${hashes.map((hash) => `${hash.toString('base64')}\n`).join('')}`;

/** Null: the tiles don't prove it. `reader` is of the newer tree. */
export async function consistencyFile(reader: TileReader, size: number, newer: Tree): Promise<Buffer | null> {
  const older = { size, root: await reader.prefixRoot(size) };
  const hashes = await reader.consistency(size);
  return provesConsistency(older, newer, hashes) ? Buffer.from(fileOf(older, hashes)) : null;
}

/** The older tree that the file proves to be the beginning of the newer one; null: it proves nothing. */
export function provedOlder(bytes: Buffer, newer: Tree): Tree | null {
  const text = bytes.toString('utf8');
  const [, size, root = '', lines = ''] =
    /^cmk-bot\/consistency@v1\n([1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n\n((?:[A-Za-z0-9+/]{43}=\n)*)$/.exec(text) ?? [];
  if (size === undefined) return null;
  const older = { size: Number(size), root: Buffer.from(root, 'base64') };
  const hashes = lines
    .split('\n')
    .slice(0, -1)
    .map((line) => Buffer.from(line, 'base64'));
  // One way of writing alone.
  return fileOf(older, hashes) === text && provesConsistency(older, newer, hashes) ? older : null;
}
