/** Path and creation of the bot's control socket. */
import { once } from 'node:events';
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import path from 'node:path';
import { shortSocketPath } from '../../io/files.ts';

export const socketName = 'control.sock';
const temporaryPrefix = 'control-';
/** Length of `control-XXXXXX/s`, the longer of the two names. */
const nameLength = temporaryPrefix.length + 8;

export const socketFolder = (folder: string) => shortSocketPath(path.resolve(folder), nameLength);

/**
 * Listens on the folder's control socket, for this user only. The socket is created in a private folder and renamed after its
 * mode is set, so that no other user can ever connect. Replaces the socket of a dead bot.
 */
export async function listenOn(folder: string, server: Server): Promise<void> {
  const privateFolder = await mkdtemp(path.join(folder, temporaryPrefix));
  const temporarySocket = path.join(privateFolder, 's');
  try {
    await once(server.listen(temporarySocket), 'listening');
    await chmod(temporarySocket, 0o600);
    await rename(temporarySocket, path.join(folder, socketName));
  } finally {
    await rm(privateFolder, { recursive: true, force: true });
  }
}
