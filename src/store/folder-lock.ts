/**
 * Data folder lock. PGlite lets a second process open the same folder, and both then damage it.
 *
 * On Linux the kernel holds the lock (`abstract-socket-lock.ts`). Elsewhere, and between containers that share the folder,
 * the lock is a Unix socket that its holder listens on and restores if cleanup removes its name. The kernel stops answering
 * for a process when it dies, however it dies. So connecting to a file left by SIGKILL shows that it's stale. (A file with a
 * process ID would need guesses: IDs are reused, and containers that share a folder each start from one. Node has no
 * `flock`. Packages that provide it are compiled on install, which is turned off.)
 *
 * Each contender first publishes a listening socket under a new unique name, then checks for others that answer. Of any two,
 * the later one sees the earlier, so two can never both find themselves alone. A name that doesn't answer never will again,
 * so it's safe to remove it. Before each use of the database the holder checks that its name still exists. If the name was
 * removed, the holder restores it and checks for others again. If another process has taken the folder in the meantime, that
 * one has the lock.
 */

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { shortSocketPath } from '../io/files.ts';
import { abstractSocketLockHolder, askSocket, takeAbstractSocketLock } from './abstract-socket-lock.ts';

const lockName = /^lock-(\d+)-[0-9a-f-]+\.sock$/;
const nameLength = `lock-0000000-${randomUUID()}.sock`.length;
const patienceMs = 5_000;

export interface FolderLock {
  /** Must be called before each use of the folder. Throws {@link FolderLost}, from then on always. */
  check(): Promise<void>;
  release(): Promise<void>;
}

/** This process has lost the folder. Nothing must be written to it any more, not even to close it. */
export class FolderLost extends Error {
  override readonly name = 'FolderLost';
}

/** Another process has the folder. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
}

interface Candidate {
  readonly name: string;
  readonly server: Server;
  /** Inode of the socket's name. */
  inode: bigint | null;
  state: 'trying' | 'held';
}

/**
 * Locks the folder, or throws an error that names the folder, its holder and what to do. `files`: the subfolder that must
 * not be replaced.
 */
export async function lockFolder(folder: string, files: string): Promise<FolderLock> {
  const kernel = await takeAbstractSocketLock(files);
  if (kernel === null) throw new FolderInUse(inUse(folder, await abstractSocketLockHolder(files)));
  const way = await shortSocketPath(folder, nameLength);
  const release = async (): Promise<void> => {
    await way.close();
    await kernel.release();
  };
  try {
    const heldName = new HeldName(
      way.path,
      folder,
      files,
      await hold(way.path, folder, performance.now() + patienceMs),
    );
    return {
      check: () => heldName.check(),
      release: async () => {
        await heldName.withdraw();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** The holder's socket name, restored if it's removed. */
class HeldName {
  readonly #at: string;
  readonly #folder: string;
  readonly #files: string;
  readonly #inode: bigint | null;
  #mine: Candidate;
  #lost: FolderLost | null = null;
  #mending: Promise<void> | null = null;

  constructor(at: string, folder: string, files: string, mine: Candidate) {
    this.#at = at;
    this.#folder = folder;
    this.#files = files;
    this.#inode = inodeOf(files);
    this.#mine = mine;
  }

  async check(): Promise<void> {
    if (this.#lost !== null) throw this.#lost;
    if (inodeOf(this.#files) !== this.#inode) throw this.#lose('it is no longer the folder that was opened');
    if (inodeOf(path.join(this.#at, this.#mine.name)) === this.#mine.inode) return;
    this.#mending ??= this.#putBack().finally(() => {
      this.#mending = null;
    });
    await this.#mending;
  }

  async withdraw(): Promise<void> {
    await withdraw(this.#at, this.#mine);
  }

  async #putBack(): Promise<void> {
    const before = this.#mine;
    this.#mine = await publish(this.#at);
    this.#mine.state = 'held';
    await new Promise<void>((resolve) => before.server.close(() => resolve()));
    // Other contenders might have checked before the name was restored.
    for (const deadline = performance.now() + patienceMs; ; await sleep(20)) {
      const others = await answeringOthers(this.#at, this.#mine);
      const holder = others.find(({ state }) => state === 'held' || performance.now() > deadline);
      if (holder !== undefined) throw this.#lose(`process ${holder.pid} has it now`);
      if (others.length === 0) return;
    }
  }

  #lose(why: string): FolderLost {
    this.#lost = new FolderLost(
      `using the data folder ${this.#folder}: its lock was taken away, and ${why}. Nothing more is written to it.`,
    );
    return this.#lost;
  }
}

/** Synchronous, because it takes microseconds, like the database calls around it. */
const inodeOf = (name: string): bigint | null => statSync(name, { bigint: true, throwIfNoEntry: false })?.ino ?? null;

async function hold(at: string, folder: string, deadline: number): Promise<Candidate> {
  for (;;) {
    const mine = await publish(at);
    const rival = await rivalOf(at, mine, deadline);
    if (rival === null) {
      mine.state = 'held';
      return mine;
    }
    await withdraw(at, mine);
    if (rival.state === 'held' || performance.now() > deadline) throw new FolderInUse(inUse(folder, rival.pid));
    await sleep(50);
  }
}

const inUse = (folder: string, pid: string): string =>
  `opening the data folder ${folder}: it is in use by process ${pid}. ` +
  'Stop that process, or choose another folder with --data or CMK_DATA_DIR.';

interface Rival {
  readonly state: 'trying' | 'held';
  readonly pid: string;
}

/**
 * Returns the contender that has priority over this one, or null. A holder always has; another contender only if its name
 * sorts first.
 */
async function rivalOf(at: string, mine: Candidate, deadline: number): Promise<Rival | null> {
  for (;;) {
    const others = await answeringOthers(at, mine);
    const first = others.find((other) => other.state === 'held' || other.name < mine.name);
    if (first !== undefined) return first;
    const [later] = others;
    if (later === undefined) return null;
    if (performance.now() > deadline) return later;
    await sleep(20);
  }
}

async function answeringOthers(at: string, mine: Candidate): Promise<readonly (Rival & { readonly name: string })[]> {
  const answering = [];
  for (const name of await readdir(at)) {
    const pid = lockName.exec(name)?.[1];
    if (pid === undefined || name === mine.name) continue;
    const state = await ask(path.join(at, name));
    if (state === 'dead') await rm(path.join(at, name), { force: true });
    else answering.push({ name, pid, state });
  }
  return answering;
}

/**
 * Asks a contender for its state. A process that accepts the connection but doesn't answer is busy with the database it
 * holds.
 */
async function ask(socketPath: string): Promise<'trying' | 'held' | 'dead'> {
  const { answer, code } = await askSocket(socketPath);
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return 'dead';
  return code === '' && answer === 'trying' ? 'trying' : 'held';
}

/** Listens before publishing the name, so a published name always answers while its process runs. */
async function publish(at: string): Promise<Candidate> {
  const name = `lock-${process.pid}-${randomUUID()}.sock`;
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(candidate.state);
  });
  const candidate: Candidate = { name, server, inode: null, state: 'trying' };
  const unpublished = path.join(at, `${randomUUID().slice(0, 8)}.new`);
  await once(server.listen(unpublished), 'listening');
  // The socket must not keep the process alive.
  server.unref();
  await rename(unpublished, path.join(at, name));
  candidate.inode = inodeOf(path.join(at, name));
  return candidate;
}

async function withdraw(at: string, { name, server }: Candidate): Promise<void> {
  await rm(path.join(at, name), { force: true });
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
