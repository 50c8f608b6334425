/**
 * A lock that is no file: a Unix socket in Linux' abstract namespace, named for the folder's device and inode. Only one process
 * can have it, it ends with that process however that dies, no cleaner of files can take it away, and the folder has it under
 * every name it is reached by. Other systems have no such namespace, and containers have one each: there the files of
 * `folder-lock.ts` are all there is. Anybody on the machine may take the name, and can so keep the product from starting.
 */
import { stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';

interface AbstractSocketLock {
  release(): Promise<void>;
}

const answerMs = 1_000;

/** Null: somebody has it. A system without abstract names gives it to everybody. */
export async function takeAbstractSocketLock(folder: string): Promise<AbstractSocketLock | null> {
  if (process.platform !== 'linux') return { release: async () => undefined };
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(`${process.pid}`);
  });
  // The lock ends with the process; it must not be what keeps it alive.
  server.unref();
  const name = await nameOf(folder);
  const taken = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(name, () => resolve(true));
  });
  if (!taken) return null;
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** The process that has it, as it says itself; it may be busy with the database, or be gone by now. */
export async function abstractSocketLockHolder(folder: string): Promise<string> {
  const name = await nameOf(folder);
  return new Promise((resolve) => {
    const socket = connect(name);
    let answer = '';
    socket.setEncoding('utf8').setTimeout(answerMs);
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(/^\d{1,10}$/.test(answer) ? answer : '(it does not say which)'));
  });
}

async function nameOf(folder: string): Promise<string> {
  const { dev, ino } = await stat(folder, { bigint: true });
  return `\0cmk-bot/${dev}/${ino}`;
}
