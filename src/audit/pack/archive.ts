/** A pack as one file: a zip. */
import { unzipSync, zipSync } from 'fflate';
import type { PackFiles } from './files.ts';

/** More than any pack has: an archive of a few bytes can stand for terabytes. */
const mostBytes = 64 * 2 ** 20;
const mostFiles = 10_000;

/**
 * The same bytes for the same files, wherever it runs: names are sorted, zip keeps local time and so the date is given in local
 * time, nothing is compressed, because compressors differ.
 */
export function archiveOf(files: PackFiles): Buffer {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(zipSync(Object.fromEntries(sorted), { level: 0, mtime: new Date(1980, 0, 1) }));
}

/** Why a file is no pack. `not-as-written`: it is a zip, and not the only one that {@link archiveOf} makes of its files. */
export type NoArchive = 'not-a-zip' | 'too-large' | 'name-twice' | 'not-as-written';

export function filesOf(archive: Uint8Array): PackFiles | NoArchive {
  const names: string[] = [];
  let bytes = 0;
  try {
    const found = unzipSync(archive, {
      filter: ({ name, originalSize }) => {
        names.push(name);
        bytes += originalSize;
        return bytes <= mostBytes && names.length <= mostFiles;
      },
    });
    if (bytes > mostBytes || names.length > mostFiles) return 'too-large';
    if (new Set(names).size < names.length) return 'name-twice';
    const files = new Map(Object.entries(found).map(([name, content]) => [name, Buffer.from(content)]));
    return archiveOf(files).equals(archive) ? files : 'not-as-written';
  } catch {
    return 'not-a-zip';
  }
}
