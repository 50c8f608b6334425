/** Files of an evidence pack: their names, their digests, and the archive of all. */
import { createHash } from 'node:crypto';
import { zipSync } from 'fflate';

export const packFile = {
  readme: 'README.txt',
  report: 'report.html',
  events: 'events.jsonl',
  /** Events of the later request that replaced the key, and of the key watch about the agent, if any. */
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

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export const linesOf = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''));

/** Files of a pack: names with slashes, in no order. */
export type PackFiles = ReadonlyMap<string, Buffer>;

/**
 * Returns a deterministic archive: names are sorted, the date is in local time as in the zip format, and nothing is compressed,
 * because compressors differ.
 */
export function archiveOf(files: PackFiles): Buffer {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(zipSync(Object.fromEntries(sorted), { level: 0, mtime: new Date(1980, 0, 1) }));
}

/** `SHA256SUMS`: all other files of a pack. It detects damage, not forgery: a forger can write a new one. */
export const sumsOf = (files: PackFiles): Buffer =>
  linesOf(
    [...files]
      .filter(([name]) => name !== packFile.sums)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, bytes]) => `${digestOf(bytes)}  ${name}`),
  );
