/** Files of a pack that prove something: events of the published log with inclusion proofs, and the checkpoint. */
import type { AnchorFiles } from '../../domain/ports/published-log.ts';
import { newestPath } from '../anchor/files.ts';
import { type Checkpoint, proofFile, readCheckpoint } from '../tlog/checkpoint.ts';
import { leafHash, provesConsistency, provesInclusion, type Tree } from '../tlog/merkle-tree.ts';
import { TileReader } from '../tlog/tile-reader.ts';
import { tileWidth } from '../tlog/tiles.ts';
import { packFile, proofPath } from './files.ts';

// Consistency proof from an older size that the auditor named (RFC 6962, 2.1.2). C2SP has no file format for it: a first line,
// size and root as in a checkpoint, an empty line, and the hashes.

const head = 'cmk-bot/consistency@v1\n';

const fileOf = (older: Tree, hashes: readonly Buffer[]): string =>
  `${head}${older.size}\n${older.root.toString('base64')}\n\n${hashes.map((hash) => `${hash.toString('base64')}\n`).join('')}`;

/** Returns the proof; null: the tiles don't prove it. `reader`: of the newer tree. */
async function consistencyFile(reader: TileReader, size: number, newer: Tree): Promise<Buffer | null> {
  const older = { size, root: await reader.prefixRoot(size) };
  const hashes = await reader.consistency(size);
  return provesConsistency(older, newer, hashes) ? Buffer.from(fileOf(older, hashes)) : null;
}

/** Returns the older tree that the file proves to be the beginning of the newer one; null: none. */
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
  // Only the canonical form is valid.
  return fileOf(older, hashes) === text && provesConsistency(older, newer, hashes) ? older : null;
}

export interface ProvedFiles {
  readonly checkpoint: Checkpoint;
  /** The signed checkpoint. */
  readonly note: string;
  /** In the order of the numbers. */
  readonly bodies: readonly string[];
  readonly laterBodies: readonly string[];
  readonly files: ReadonlyMap<string, Buffer>;
}

/** The published log is inconsistent or too short for the events, so no pack can be created. */
class LogUnusable extends Error {
  override readonly name = 'LogUnusable';
}

/** Reads the newest checkpoint without verifying its signatures; null: nothing was published. */
export async function newestCheckpoint(
  read: AnchorFiles['read'],
): Promise<{ readonly note: string; readonly checkpoint: Checkpoint } | null> {
  const note = (await read(newestPath))?.toString('utf8');
  if (note === undefined) return null;
  const checkpoint = readCheckpoint(note.slice(0, note.indexOf('\n\n') + 1));
  if (checkpoint === null) throw new LogUnusable(`${newestPath}: not a checkpoint`);
  return { note, checkpoint };
}

interface MoreProofs {
  /** Event numbers of the request that replaced the key. */
  readonly later?: readonly number[];
  /** Older size for a consistency proof to the checkpoint. */
  readonly fromSize?: number | null;
}

/** Creates the files. `numbers`: event numbers from 1, in order. Throws {@link LogUnusable} and errors of the files. */
export async function provedFiles(
  read: AnchorFiles['read'],
  numbers: readonly number[],
  { later = [], fromSize = null }: MoreProofs = {},
): Promise<ProvedFiles> {
  const newest = await newestCheckpoint(read);
  const last = numbers.at(-1) ?? 0;
  if (newest === null || newest.checkpoint.size < last) {
    throw new LogUnusable(`event ${last} is not published: ${newest?.checkpoint.size ?? 0} events are`);
  }
  const { note, checkpoint } = newest;
  const reader = new TileReader(read, checkpoint.size);
  const bodies: string[] = [];
  const files = new Map<string, Buffer>([[packFile.checkpoint, Buffer.from(note)]]);
  for (const number of [...numbers, ...later]) {
    const index = number - 1;
    const entry = (await reader.entries(Math.floor(index / tileWidth)))[index % tileWidth];
    const hashes = await reader.inclusion(index);
    if (entry === undefined || !provesInclusion(leafHash(entry), index, checkpoint.size, hashes, checkpoint.root)) {
      throw new LogUnusable(`event ${number} is not in the log that was signed`);
    }
    bodies.push(entry.toString('utf8'));
    files.set(proofPath(index), Buffer.from(proofFile({ index, hashes, note })));
  }
  if (fromSize !== null) {
    const consistency = fromSize > checkpoint.size ? null : await consistencyFile(reader, fromSize, checkpoint);
    if (consistency === null) throw new LogUnusable(`no proof leads from ${fromSize} to ${checkpoint.size} events`);
    files.set(packFile.consistency, consistency);
  }
  const [own, others] = [bodies.slice(0, numbers.length), bodies.slice(numbers.length)];
  files.set(packFile.events, linesOf(own));
  if (others.length > 0) files.set(packFile.later, linesOf(others));
  return { checkpoint, note, bodies: own, laterBodies: others, files };
}

const linesOf = (bodies: readonly string[]): Buffer => Buffer.from(bodies.map((body) => `${body}\n`).join(''));
