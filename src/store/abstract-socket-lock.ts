/**
 * A process lock without a file: a Unix socket in Linux's abstract namespace, named for the folder's device and inode. Only
 * one process can have it. It's released when the process ends, however it ends. Cleaning up files doesn't remove it, and it
 * covers every path to the folder. Other systems have no such namespace, and each container has its own: there, only the
 * files of `folder-lock.ts` protect the folder. Any process on the machine could take the name and so prevent the bot from
 * starting.
 */
import { stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';

interface AbstractSocketLock {
  release(): Promise<void>;
}

const answerMs = 1_000;

/** Takes the lock. Null: another process has it. On other systems than Linux it always succeeds. */
export async function takeAbstractSocketLock(folder: string): Promise<AbstractSocketLock | null> {
  if (process.platform !== 'linux') return { release: async () => undefined };
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(`${process.pid}`);
  });
  // The socket must not keep the process alive.
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

/** Reads what a process says on its socket: nothing while it's busy. `code`: of the connection's error, or empty. */
export function askSocket(address: string): Promise<{ readonly answer: string; readonly code: string }> {
  return new Promise((resolve) => {
    const socket = connect(address);
    let [answer, code] = ['', ''];
    socket.setEncoding('utf8').setTimeout(answerMs);
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('timeout', () => socket.destroy());
    socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code ?? 'unknown';
    });
    socket.on('close', () => resolve({ answer, code }));
  });
}

/** Asks the holder for its process ID. It might be busy with the database, or have ended. */
export async function abstractSocketLockHolder(folder: string): Promise<string> {
  const { answer } = await askSocket(await nameOf(folder));
  return /^\d{1,10}$/.test(answer) ? answer : '(it does not say which)';
}

async function nameOf(folder: string): Promise<string> {
  const { dev, ino } = await stat(folder, { bigint: true });
  return `\0cmk-bot/${dev}/${ino}`;
}
