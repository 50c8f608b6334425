/**
 * A folder with a published log. Other people might be able to write there, so symbolic links in it aren't followed: each
 * directory is opened in its parent, and only plain files are read. Files are replaced, never modified in place.
 */
import { constants, existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { AnchorFiles, AnchorSource } from '../../domain/ports/published-log.ts';
import { ifMissing, replaceFile } from '../../io/files.ts';
import { checkpointsPath, maxFileSize } from './file-names.ts';

/** A symbolic link, a directory, a pipe or a device is in place of a plain file of the log. */
class NotAPlainFile extends Error {
  override readonly name = 'NotAPlainFile';

  constructor(file: string) {
    super(
      `${file} is a symbolic link, or not a plain file. The bot doesn’t follow it. Find out who wrote it, and delete it.`,
    );
  }
}

/** Readable by everyone who can open the folder. */
const mode = 0o644;
const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
/** O_NONBLOCK: a pipe without a writer doesn't block the bot. */
const readFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
const enterFlags = O_RDONLY | O_NOFOLLOW | O_DIRECTORY;

interface Directory {
  readonly handle: FileHandle;
  readonly path: string;
}

/** On Linux, names are resolved relative to an open directory, even if its path changes. Elsewhere, the path is used. */
const descriptors = '/proc/self/fd';
const hasDescriptors = existsSync(descriptors);
const inside = ({ handle, path: at }: Directory, name: string): string =>
  path.join(hasDescriptors ? `${descriptors}/${handle.fd}` : at, name);

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Opens a file without following links. `file`: its path, for the error. */
async function openPlain(at: string, flags: number, file: string): Promise<FileHandle> {
  try {
    return await open(at, flags);
  } catch (error) {
    // A link; a link or a file in place of a directory; a socket.
    if (['ELOOP', 'EMLINK', 'ENOTDIR', 'ENXIO'].includes(codeOf(error) ?? '')) throw new NotAPlainFile(file);
    throw error;
  }
}

async function enter(parent: Directory, name: string, create: boolean): Promise<Directory> {
  const at = inside(parent, name);
  if (create) {
    await mkdir(at).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  }
  const file = path.join(parent.path, name);
  return { handle: await openPlain(at, enterFlags, file), path: file };
}

/** Reads at most one byte more than a file of this name can have, so that a longer one fails verification. */
async function readBounded(handle: FileHandle, name: string, size: number): Promise<Buffer> {
  const bytes = Buffer.alloc(Math.min(size, maxFileSize(name)) + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length);
    length += bytesRead;
    if (bytesRead === 0 || length === bytes.length) return bytes.subarray(0, length);
  }
}

async function readIn(directory: Directory, base: string, name: string): Promise<Buffer> {
  const file = path.join(directory.path, base);
  const handle = await openPlain(inside(directory, base), readFlags, file);
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new NotAPlainFile(file);
    return await readBounded(handle, name, found.size);
  } finally {
    await handle.close();
  }
}

/** Opens the folder. Reading throws {@link NotAPlainFile}. A file that exceeds its maximum is cut. */
export function anchorFolder(folder: string): AnchorFiles & AnchorSource {
  let root: string | null = null;
  /** Calls `use` with the directory of a file and the file's name in it, and closes all directories. */
  async function within<T>(
    name: string,
    create: boolean,
    use: (at: Directory, base: string) => Promise<T>,
  ): Promise<T> {
    const parents = name.split('/');
    const base = parents.pop() ?? '';
    if (create) await mkdir(root ?? folder, { recursive: true });
    // The folder itself can be a link that its owner made. It's resolved once, so that it can't be redirected later.
    root ??= await realpath(folder);
    let directory: Directory = { handle: await openPlain(root, enterFlags, root), path: root };
    try {
      for (const folderName of parents) {
        const parent = directory;
        directory = await enter(parent, folderName, create);
        await parent.handle.close();
      }
      return await use(directory, base);
    } finally {
      await directory.handle.close();
    }
  }
  return {
    read: (name) => within(name, false, (at, base) => readIn(at, base, name)).catch(ifMissing(null)),
    sizes: async () => {
      const read = within(`${checkpointsPath}/.`, false, (at, base) => readdir(inside(at, base)));
      const names = await read.catch(ifMissing([]));
      return names.filter((name) => /^[1-9]\d*$/.test(name)).map(Number);
    },
    write: (name, bytes) => within(name, true, (at, base) => replaceFile(inside(at, base), bytes, mode)),
  };
}
