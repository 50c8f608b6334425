/** Everything that somebody could do to an evidence pack, by kind, and who finds it. */
import { unzipSync } from 'fflate';
import { type PackFiles, packFile, sumsOf } from '../../../src/audit/evidence/make-pack.ts';
import type { Change } from './outside-judges.ts';

export interface PackChange {
  readonly what: string;
  readonly files: PackFiles;
}

/** The files of a pack as it is taken. */
export const filesOf = (archive: Uint8Array): PackFiles =>
  new Map(Object.entries(unzipSync(archive)).map(([name, bytes]) => [name, Buffer.from(bytes)]));

type Files = ReadonlyMap<string, Buffer>;

export const put = (files: Files, name: string, bytes: Buffer | null): Map<string, Buffer> => {
  const changed = new Map(files);
  if (bytes === null) changed.delete(name);
  else changed.set(name, bytes);
  return changed;
};

/** What a forger does last: the list of sums is made anew. */
export const withSums = (files: Files): Map<string, Buffer> => put(files, packFile.sums, sumsOf(files));

function flipped(bytes: Buffer, offset: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[offset] = (copy[offset] ?? 0) ^ (1 << (offset % 8));
  return copy;
}

/** A bit of every file, somewhere in it. */
export const damagedAnywhere = (files: PackFiles): PackChange[] =>
  [...files].flatMap(([name, bytes]) =>
    [0, Math.floor(bytes.length / 2), bytes.length - 1].map((offset) => ({
      what: `${name}, a bit of byte ${offset}`,
      files: put(files, name, flipped(bytes, offset)),
    })),
  );

export const takenAway = (files: PackFiles): PackChange[] =>
  [...files.keys()].map((name) => ({ what: `${name} taken away`, files: put(files, name, null) }));

/** Bits of one file, the sums made anew. `step`: every so many bytes. */
export const forged = (files: PackFiles, names: readonly string[], step: number): PackChange[] =>
  names.flatMap((name) => {
    const bytes = files.get(name) ?? Buffer.alloc(0);
    return Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) => ({
      what: `${name}, a bit of byte ${index * step}, sums made anew`,
      files: withSums(put(files, name, flipped(bytes, index * step))),
    }));
  });

export const linesOf = (files: PackFiles): string[] =>
  (files.get(packFile.events)?.toString('utf8') ?? '').split('\n').slice(0, -1);
const withLines = (files: Files, lines: readonly string[]): Map<string, Buffer> =>
  put(files, packFile.events, Buffer.from(lines.map((line) => `${line}\n`).join('')));

const proofOf = (line: string): string =>
  `proofs/${String(Number(JSON.parse(line).seq) - 1).padStart(10, '0')}.tlog-proof`;

/** Each event left out with its proof, doubled, and swapped with the next; the last one alone may be left out unseen. */
export function eventsMoved(files: PackFiles): PackChange[] {
  const lines = linesOf(files);
  return lines.slice(0, -1).flatMap((line, at) => {
    const [before, after] = [lines.slice(0, at), lines.slice(at + 1)];
    const next = after[0] ?? '';
    return [
      {
        what: `event ${at + 1} left out`,
        files: withSums(put(withLines(files, [...before, ...after]), proofOf(line), null)),
      },
      { what: `event ${at + 1} doubled`, files: withSums(withLines(files, [...before, line, line, ...after])) },
      {
        what: `event ${at + 1} swapped`,
        files: withSums(withLines(files, [...before, next, line, ...after.slice(1)])),
      },
    ];
  });
}

export const swappedWith = (files: PackFiles, other: PackFiles, names: readonly string[]): PackChange[] =>
  names.flatMap((name) => {
    const theirs = other.get(name);
    return theirs === undefined ? [] : [{ what: `${name} of another pack`, files: withSums(put(files, name, theirs)) }];
  });

/** For the verifier in Python, which is told what differs from the pack as it lies there. */
export function asChange(original: PackFiles, { files }: PackChange): Change {
  const names = new Set([...original.keys(), ...files.keys()]);
  const differing = [...names].filter(
    (name) => files.get(name)?.equals(original.get(name) ?? Buffer.alloc(0)) !== true,
  );
  return { files: Object.fromEntries(differing.map((name) => [name, files.get(name)?.toString('base64') ?? null])) };
}
