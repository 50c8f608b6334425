/** Files of a pack that prove something: events of the published log with inclusion proofs, and the checkpoint. */
import type { AnchorFiles } from '../../domain/ports/published-log.ts';
import { newestCheckpoint } from '../anchor/newest-checkpoint.ts';
import { hashLines, leafHash, provesConsistency, provesInclusion, type Tree, tileWidth } from '../tlog/merkle-tree.ts';
import { proofFile } from '../tlog/note.ts';
import { TileReader } from '../tlog/tile-reader.ts';
import { packFile, proofPath } from './files.ts';

// Consistency proof from an older size that the auditor named (RFC 6962, 2.1.2). C2SP has no file format for it: a first line,
// size and root as in a checkpoint, an empty line, and the hashes.

const head = 'cmk-bot/consistency@v1\n';

const fileOf = (older: Tree, hashes: readonly Buffer[]): string =>
  `${head}${older.size}\n${older.root.toString('base64')}\n\n${hashLines(hashes)}`;

/** Returns the proof; null: the tiles don't prove it. `reader`: of the newer tree. */
async function consistencyFile(reader: TileReader, size: number, newer: Tree): Promise<Buffer | null> {
  const older = { size, root: await reader.prefixRoot(size) };
  const hashes = await reader.consistency(size);
  return provesConsistency(older, newer, hashes) ? Buffer.from(fileOf(older, hashes)) : null;
}

export interface ProvedFiles {
  /** In the order of the numbers. */
  readonly bodies: readonly string[];
  readonly files: ReadonlyMap<string, Buffer>;
}

/**
 * Creates the files. `numbers`: event numbers from 1, in order. `later`: those of the request that replaced the key.
 * `fromSize`: older size for a consistency proof to the checkpoint. Throws if the published log is inconsistent or too short,
 * and errors of the files.
 */
export async function provedFiles(
  read: AnchorFiles['read'],
  numbers: readonly number[],
  { later = [], fromSize = null }: { readonly later?: readonly number[]; readonly fromSize?: number | null } = {},
): Promise<ProvedFiles> {
  const newest = await newestCheckpoint({ read });
  const last = numbers.at(-1) ?? 0;
  if (newest === null || newest.size < last) {
    throw new Error(`event ${last} is not published: ${newest?.size ?? 0} events are`);
  }
  const { note, size, root } = newest;
  const reader = new TileReader(read, size);
  const bodies: string[] = [];
  const files = new Map<string, Buffer>([[packFile.checkpoint, Buffer.from(note)]]);
  for (const number of [...numbers, ...later]) {
    const index = number - 1;
    const entry = (await reader.entries(Math.floor(index / tileWidth)))[index % tileWidth];
    const hashes = await reader.inclusion(index);
    if (entry === undefined || !provesInclusion(leafHash(entry), index, size, hashes, root)) {
      throw new Error(`event ${number} is not in the log that was signed`);
    }
    bodies.push(entry.toString('utf8'));
    files.set(proofPath(index), Buffer.from(proofFile({ index, hashes, note })));
  }
  if (fromSize !== null) {
    const consistency = fromSize > size ? null : await consistencyFile(reader, fromSize, newest);
    if (consistency === null) throw new Error(`no proof leads from ${fromSize} to ${size} events`);
    files.set(packFile.consistency, consistency);
  }
  const [own, others] = [bodies.slice(0, numbers.length), bodies.slice(numbers.length)];
  files.set(packFile.events, linesOf(own));
  if (others.length > 0) files.set(packFile.later, linesOf(others));
  return { bodies: own, files };
}

const linesOf = (bodies: readonly string[]): Buffer => Buffer.from(bodies.map((body) => `${body}\n`).join(''));
