/** A folder that a log is published in. */
import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import type { AnchorFiles, AnchorSource } from '../../domain/ports/anchor.ts';
import { checkpointsPath } from './files.ts';

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Readable by everybody whom the folder lets in. */
const mode = 0o644;

/** Lies on the disk when it answers, under its name. */
export async function writeSafely(file: string, bytes: Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  // Another name until it is whole: whoever reads meanwhile finds the old file.
  const fresh = `${file}.new`;
  const handle = await open(fresh, 'w', mode);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
  // A name is the folder's: without this a power cut could bring the old file back.
  const folder = await open(path.dirname(file), 'r');
  await folder.sync().finally(() => folder.close());
}

const unlessMissing =
  <T>(instead: T) =>
  (error: unknown): T => {
    if (isMissing(error)) return instead;
    throw error;
  };

export const anchorFolder = (folder: string): AnchorFiles & AnchorSource => ({
  read: (name) => readFile(path.join(folder, name)).catch(unlessMissing(null)),
  sizes: async () => {
    const names = await readdir(path.join(folder, checkpointsPath)).catch(unlessMissing([]));
    return names.filter((name) => /^[1-9]\d*$/.test(name)).map(Number);
  },
  write: (name, bytes) => writeSafely(path.join(folder, name), bytes),
});
