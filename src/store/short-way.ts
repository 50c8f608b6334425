/** A socket's path fits about 100 bytes; a folder's may be longer. */
import { open } from 'node:fs/promises';
import path from 'node:path';

/** A socket's path fits 104 bytes on the smallest system. */
const longestPath = 100;

export interface ShortWay {
  /** Leads to the folder while this is open. */
  readonly path: string;
  close(): Promise<void>;
}

/** A way to the folder short enough for a socket with a name of that many bytes in it. Throws where there is none. */
export async function shortWayTo(folder: string, nameLength: number): Promise<ShortWay> {
  const fits = (at: string): boolean => Buffer.byteLength(path.join(at, 'x'.repeat(nameLength))) <= longestPath;
  const short = [folder, path.relative(process.cwd(), folder) || '.'].find(fits);
  if (short !== undefined) return { path: short, close: async () => undefined };
  if (process.platform !== 'linux')
    throw new Error(`opening the data folder ${folder}: its path is too long for a socket`);
  const handle = await open(folder, 'r');
  return { path: `/proc/self/fd/${handle.fd}`, close: () => handle.close() };
}
