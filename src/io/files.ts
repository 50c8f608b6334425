/** Replacing files, and paths of sockets. */
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** Only the owner can read it. */
export const privateMode = 0o600;

/**
 * Writes a file under an unpredictable temporary name that must not exist yet, syncs it, and renames it. A symbolic link or hard
 * link under either name is never written through. The file is on the disk, under its name, when this returns.
 */
export async function replaceFile(file: string, content: string | Uint8Array, mode = privateMode): Promise<void> {
  const folder = path.dirname(file);
  const temporary = path.join(folder, `.${randomUUID()}.new`);
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
  // The name belongs to the folder: without this, a power failure could bring the old file back.
  const names = await open(folder, 'r');
  await names.sync().finally(() => names.close());
}

/** In bytes. The smallest system allows 104. */
const maxLength = 100;

interface ShortSocketPath {
  /** A path of the folder. Valid until `close`. */
  readonly path: string;
  close(): Promise<void>;
}

/** Finds a path of the folder that leaves room for a socket name of `nameLength` bytes. Throws if there is none. */
export async function shortSocketPath(folder: string, nameLength: number): Promise<ShortSocketPath> {
  const fits = (at: string): boolean => Buffer.byteLength(path.join(at, 'x'.repeat(nameLength))) <= maxLength;
  const short = [folder, path.relative(process.cwd(), folder) || '.'].find(fits);
  if (short !== undefined) return { path: short, close: async () => undefined };
  if (process.platform !== 'linux')
    throw new Error(`opening the data folder ${folder}: its path is too long for a socket`);
  const handle = await open(folder, 'r');
  return { path: `/proc/self/fd/${handle.fd}`, close: () => handle.close() };
}
