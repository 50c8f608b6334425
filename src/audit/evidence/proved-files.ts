/** Events of a pack, each with its proof from the published log, and the proof that the log continues an older one. */
import type { AnchorFiles } from '../../domain/ports/published-log.ts';
import { newestCheckpoint } from '../anchor/newest-checkpoint.ts';
import { type Hash, hashLines, leafHash, type Tree } from '../tlog/merkle-tree.ts';
import { openTiles, type TileReader } from '../tlog/tile-reader.ts';
import { tileWidth } from '../tlog/tiles.ts';
import { provesConsistency, provesInclusion } from '../tlog/verify-proof.ts';
import { linesOf, packFile } from './pack-files.ts';

const proofPath = (index: number): string => `proofs/${String(index).padStart(10, '0')}.tlog-proof`;

/** Inclusion proof of one entry with its checkpoint, as a file (C2SP tlog-proof), verifiable on its own. */
interface ProofFile {
  readonly index: number;
  /** From the leaf up. */
  readonly hashes: readonly Hash[];
  readonly note: string;
}

const proofHead = 'c2sp.org/tlog-proof@v1\n';

const proofFile = ({ index, hashes, note }: ProofFile): string =>
  `${proofHead}index ${index}\n${hashLines(hashes)}\n${note}`;

const consistencyHead = 'cmk-bot/consistency@v1\n';

/**
 * Consistency proof from an older size that the auditor named (RFC 6962, 2.1.2). C2SP has no file format for it: a first line,
 * size and root as in a checkpoint, an empty line, and the hashes.
 */
const fileOf = (older: Tree, hashes: readonly Buffer[]): string =>
  `${consistencyHead}${older.size}\n${older.root.toString('base64')}\n\n${hashLines(hashes)}`;

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
  const last = numbers.at(-1) ?? 0;
  const checkpoint = await newestCheckpoint({ read }, last);
  if (checkpoint?.size !== last) throw new Error(`there is no checkpoint of ${last} events`);
  const { note, size, root } = checkpoint;
  const reader = openTiles(read, size);
  const bodies: string[] = [];
  const files = new Map<string, Buffer>([[packFile.checkpoint, Buffer.from(note)]]);
  for (const number of [...numbers, ...later]) {
    const index = number - 1;
    const entry = (await reader.entriesOf(Math.floor(index / tileWidth)))[index % tileWidth];
    const hashes = await reader.inclusion(index);
    if (entry === undefined || !provesInclusion(leafHash(entry), index, size, hashes, root)) {
      throw new Error(`event ${number} is not in the log that was signed`);
    }
    bodies.push(entry.toString('utf8'));
    files.set(proofPath(index), Buffer.from(proofFile({ index, hashes, note })));
  }
  if (fromSize !== null) {
    const consistency = fromSize > size ? null : await consistencyFile(reader, fromSize, checkpoint);
    if (consistency === null) throw new Error(`no proof leads from ${fromSize} to ${size} events`);
    files.set(packFile.consistency, consistency);
  }
  const own = bodies.slice(0, numbers.length);
  const others = bodies.slice(numbers.length);
  files.set(packFile.events, linesOf(own));
  if (others.length > 0) files.set(packFile.later, linesOf(others));
  return { bodies: own, files };
}
