/** Missing files, and atomic file replacement. */
import { randomUUID } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/** Returns a handler of errors that returns `instead` if a file doesn't exist, and throws other errors again. */
export const ifMissing =
  <T>(instead: T) =>
  (error: unknown): T => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return instead;
    throw error;
  };

/** Only the owner can read it. */
export const privateMode = 0o600;

const temporaryFor = (file: string): string => path.join(path.dirname(file), `.${randomUUID()}.new`);

/**
 * Writes a file under an unpredictable temporary name that must not exist yet, syncs it, and renames it. It never writes
 * through a symbolic or hard link under either name. The file is durable under its name when this returns.
 */
export async function replaceFile(file: string, content: string | Uint8Array, mode = privateMode): Promise<void> {
  const temporary = temporaryFor(file);
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  // The name is stored in the folder. Without this sync, a power failure could restore the old file.
  const names = await open(path.dirname(file), 'r');
  await names.sync().finally(() => names.close());
}

/** Throws if {@link replaceFile} would: the folder takes no files, or the name is a folder's. */
export async function checkReplaceable(file: string): Promise<void> {
  const temporary = temporaryFor(file);
  await (await open(temporary, 'wx', privateMode)).close();
  await rm(temporary);
  const found = await stat(file).catch(() => null);
  if (found?.isDirectory()) throw new Error('it is a folder');
}
