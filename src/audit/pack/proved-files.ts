/** The part of a pack that proves something: events out of the published log, each with its proof, and the checkpoint over all. */
import type { AnchorFiles } from '../../domain/ports/anchor.ts';
import { newestPath } from '../anchor/files.ts';
import { type Checkpoint, readCheckpoint } from '../tlog/checkpoint.ts';
import { leafHash } from '../tlog/hashes.ts';
import { provesInclusion } from '../tlog/proofs.ts';
import { tileWidth } from '../tlog/tile-paths.ts';
import { TileReader } from '../tlog/tile-reader.ts';
import { proofFile } from '../tlog/tlog-proof.ts';
import { consistencyFile } from './consistency.ts';
import { packFile, proofPath } from './files.ts';

export interface ProvedFiles {
  readonly checkpoint: Checkpoint;
  /** The checkpoint as it was signed. */
  readonly note: string;
  /** In the order of the numbers. */
  readonly bodies: readonly string[];
  readonly laterBodies: readonly string[];
  readonly files: ReadonlyMap<string, Buffer>;
}

/** What is published does not fit together, or does not reach as far as the events: no pack can be made of it. */
export class LogUnusable extends Error {
  override readonly name = 'LogUnusable';
}

/** The newest checkpoint as it lies there; its signatures are for whoever verifies. Null: nothing was published. */
export async function newestCheckpoint(
  read: AnchorFiles['read'],
): Promise<{ readonly note: string; readonly checkpoint: Checkpoint } | null> {
  const note = (await read(newestPath))?.toString('utf8');
  if (note === undefined) return null;
  const checkpoint = readCheckpoint(note.slice(0, note.indexOf('\n\n') + 1));
  if (checkpoint === null) throw new LogUnusable(`${newestPath}: not a checkpoint`);
  return { note, checkpoint };
}

export interface MoreProofs {
  /** Numbers of events of the request that replaced the key. */
  readonly later?: readonly number[];
  /** An older size from which a consistency proof leads to the checkpoint. */
  readonly fromSize?: number | null;
}

/** `numbers`: of events, from 1, in order. Throws {@link LogUnusable}, and whatever the files throw. */
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
