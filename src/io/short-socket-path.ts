/** Paths of Unix sockets in a folder with a long path. */
import { open } from 'node:fs/promises';
import path from 'node:path';

/** In bytes. The smallest system allows 104. */
const maxLength = 100;

export interface ShortSocketPath {
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
