/** Files of evidence packs: names, archive and checksums. */
import { createHash } from 'node:crypto';
import { zipSync } from 'fflate';

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

/** Returns the proof's path for a leaf index, from 0. */
export const proofPath = (index: number): string => `proofs/${String(index).padStart(10, '0')}.tlog-proof`;

/** Files of a pack: names with slashes, in no order. */
export type PackFiles = ReadonlyMap<string, Buffer>;

/** Returns the text of a file; empty: it isn't there. */
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

const linesOf = (files: PackFiles): readonly string[] =>
  [...files]
    .filter(([name]) => name !== packFile.sums)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, bytes]) => `${digestOf(bytes)}  ${name}`);

/** Returns the sums in the format of `sha256sum -c`. */
export const sumsOf = (files: PackFiles): Buffer => Buffer.from(`${linesOf(files).join('\n')}\n`);
