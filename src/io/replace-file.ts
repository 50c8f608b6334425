/** Replaces files as a whole. */
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
