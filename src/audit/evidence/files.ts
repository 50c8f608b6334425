/** Files of evidence packs: names, proofs, archive and checksums. */
import { createHash } from 'node:crypto';
import { zipSync } from 'fflate';
import type { AnchorFiles } from '../../domain/ports/published-log.ts';
import { newestCheckpoint } from '../anchor/newest-checkpoint.ts';
import { hashLines, leafHash, provesConsistency, provesInclusion, type Tree, tileWidth } from '../tlog/merkle-tree.ts';
import { proofFile } from '../tlog/note.ts';
import { TileReader } from '../tlog/tile-reader.ts';

export const packFile = {
  readme: 'README.txt',
  report: 'report.html',
  events: 'events.jsonl',
  /** Events of the later request that replaced the key, if any. */
  later: 'later.jsonl',
  checkpoint: 'checkpoint',
  consistency: 'consistency',
  plan: 'plan.json',
  rules: 'rules.json',
  controls: 'controls.json',
  names: 'names.json',
  texts: 'texts.jsonl',
  keys: 'keys.txt',
  sums: 'SHA256SUMS',
} as const;

/** SHA-256 in hexadecimal. */
export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export const jsonFile = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);

const linesOf = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''));

/** Returns the proof's path for a leaf index, from 0. */
const proofPath = (index: number): string => `proofs/${String(index).padStart(10, '0')}.tlog-proof`;

/** Files of a pack: names with slashes, in no order. */
export type PackFiles = ReadonlyMap<string, Buffer>;

export const textIn = (files: PackFiles, name: string): string => files.get(name)?.toString('utf8') ?? '';

/**
 * Returns a deterministic archive: names are sorted, the date is in local time as in the zip format, and nothing is compressed,
 * because compressors differ.
 */
export function archiveOf(files: PackFiles): Buffer {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(zipSync(Object.fromEntries(sorted), { level: 0, mtime: new Date(1980, 0, 1) }));
}

// `SHA256SUMS`: all other files of a pack. It detects damage, not forgery: a forger can write a new one.

/** Returns the sums in the format of `sha256sum -c`. */
export const sumsOf = (files: PackFiles): Buffer =>
  linesOf(
    [...files]
      .filter(([name]) => name !== packFile.sums)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, bytes]) => `${digestOf(bytes)}  ${name}`),
  );

// Files that prove something: events of the published log with inclusion proofs, and the checkpoint.

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
