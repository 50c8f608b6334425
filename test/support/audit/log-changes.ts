/** Every change that somebody could make to a published log, by kind. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { bundleOf, entriesIn } from '../../../src/audit/tlog/merkle-tree.ts';
import type { AnchorSource } from '../../../src/domain/ports/published-log.ts';
import type { Change } from './outside-judges.ts';

/** A published log in memory. */
export interface LogFiles {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly sizes: readonly number[];
  /** The newest checkpoint's. */
  readonly size: number;
  readonly entries: readonly Buffer[];
  /** The file the entries lie in: the log is small enough for one. */
  readonly bundle: string;
}

export async function readLogFiles(folder: string): Promise<LogFiles> {
  const found = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const files = new Map<string, Buffer>();
  for (const { parentPath, name } of found) {
    const file = path.join(parentPath, name);
    files.set(path.relative(folder, file), await readFile(file));
  }
  const sizes = [...files.keys()].flatMap((name) => (name.startsWith('checkpoints/') ? [Number(name.slice(12))] : []));
  const size = Math.max(...sizes);
  const bundle = `tile/entries/000.p/${size}`;
  const entries = entriesIn(files.get(bundle) ?? Buffer.of()) ?? [];
  return { files, sizes: sizes.sort((a, b) => a - b), size, entries, bundle };
}

/** The log with a change, as our own verifier reads it. */
export function changedSource({ files, sizes }: LogFiles, change: Change): AnchorSource {
  const read = (name: string): Buffer | null => {
    const text = change.files?.[name];
    const bytes = text === undefined ? (files.get(name) ?? null) : text === null ? null : Buffer.from(text, 'base64');
    if (bytes === null || change.flip?.[0] !== name) return bytes;
    const copy = Buffer.from(bytes);
    copy[change.flip[1]] = (copy[change.flip[1]] ?? 0) ^ change.flip[2];
    return copy;
  };
  return { read: async (name) => read(name), sizes: async () => change.sizes ?? sizes };
}

const base64 = (bytes: Buffer): string => bytes.toString('base64');

/** What is read of the log: beginnings of tiles that have grown since are read by nobody. */
const isRead = (name: string, size: number): boolean =>
  name !== 'keys.txt' && (!name.includes('.p/') || name.endsWith(`.p/${size}`));

/** One bit of every byte; or, where all would take too long, of each `step`-th, beginning with the byte `from`../. */
export const flips = ({ files, size }: LogFiles, step: number, from: number): Change[] =>
  [...files]
    .flatMap(([name, bytes]) =>
      isRead(name, size)
        ? Array.from(bytes, (_, offset) => ({ flip: [name, offset, 1 << (offset % 8)] as const }))
        : [],
    )
    .filter((_, index) => index % step === from % step);

const withEntries = ({ bundle }: LogFiles, entries: readonly Buffer[]): Change => ({
  files: { [bundle]: base64(bundleOf(entries)) },
});

const each = (log: LogFiles, change: (entries: readonly Buffer[], index: number) => readonly Buffer[]): Change[] =>
  log.entries.map((_, index) => withEntries(log, change(log.entries, index)));

export const deleted = (log: LogFiles): Change[] => each(log, (entries, index) => entries.toSpliced(index, 1));

export const doubled = (log: LogFiles): Change[] =>
  each(log, (entries, index) => entries.toSpliced(index, 0, entries[index] ?? Buffer.of()));

export const swapped = (log: LogFiles): Change[] =>
  each(log, (entries, index) => {
    const [here = Buffer.of(), next = entries[0] ?? Buffer.of()] = entries.slice(index, index + 2);
    return index + 1 < entries.length ? entries.with(index, next).with(index + 1, here) : entries.with(index, next);
  });

export const spliced = (log: LogFiles, other: LogFiles): Change[] =>
  each(log, (entries, index) => entries.with(index, other.entries[index] ?? Buffer.of()));

export const cut = (log: LogFiles): Change[] => each(log, (entries, index) => entries.slice(0, index));

/** The newest checkpoint put back to an older one, everything else left. */
export const olderNewest = ({ files, sizes, size }: LogFiles): Change[] =>
  sizes
    .filter((one) => one < size)
    .map((one) => ({ files: { checkpoint: base64(files.get(`checkpoints/${one}`) ?? Buffer.of()) } }));

/** The same, and whatever shows that there was more taken away: the log as it once was. */
export const putBack = (log: LogFiles): Change[] => {
  const { sizes, size } = log;
  return olderNewest(log).map((change, index) => {
    const left = sizes.filter((one) => one <= (sizes[index] ?? size));
    const gone = sizes.filter((one) => !left.includes(one)).map((one) => [`checkpoints/${one}`, null] as const);
    return { files: { ...change.files, ...Object.fromEntries(gone) }, sizes: left };
  });
};

/** Another log in its place. `kept`: checkpoints of the first that stay. */
export function replacedBy(log: LogFiles, other: LogFiles, kept: readonly number[]): Change {
  const files = Object.fromEntries([...log.files.keys()].map((name): [string, string | null] => [name, null]));
  for (const [name, bytes] of other.files) files[name] = base64(bytes);
  for (const one of kept) files[`checkpoints/${one}`] = base64(log.files.get(`checkpoints/${one}`) ?? Buffer.of());
  return { files, sizes: [...new Set([...other.sizes, ...kept])].sort((a, b) => a - b) };
}
