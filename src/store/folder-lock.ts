/**
 * Data folder lock: PGlite lets a second process open the same folder, and both then damage it. `proper-lockfile` makes and
 * updates the subfolder `lock`. The one file in it is named for its owner and appears together with it. Only an empty `lock`
 * is replaced. So of several processes that remove a dead owner's file, exactly one gets the lock.
 */
import { randomUUID } from 'node:crypto';
import fs, { statSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { callbackify } from 'node:util';
import { ifMissing } from '../io/files.ts';

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

/** A holder counts as dead after 30 s without updates: the database blocks the event loop, on a slow machine for more than 10 s. */
const timing = { update: 1_000, stale: 30_000 };

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';
/** Synchronous, because it takes microseconds, like the database calls around it. */
const inodeOf = (name: string): bigint | null => statSync(name, { bigint: true, throwIfNoEntry: false })?.ino ?? null;

/** Where process IDs are unique: a host, and on Linux a PID namespace, because containers can share a host name. */
const place = `${encodeURIComponent(hostname())},${inodeOf('/proc/self/ns/pid')}`;
const me = `${process.pid}@${place}@${randomUUID()}`;

const ownerOf = async (at: string): Promise<string | undefined> => (await readdir(at).catch(ifMissing([])))[0];
const pidOf = (owner = '(unknown)'): string => owner.replace(/@.*/, '');

function isDead(owner: string): boolean {
  if (owner === me || owner.split('@')[1] !== place) return false;
  try {
    return pidOf(owner) === `${process.pid}` || !process.kill(Number(pidOf(owner)), 0);
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}

/**
 * If the owner is on another host, or another process now has its ID, waits for an update. The age of the last one says
 * nothing if a clock was set or the machine was suspended.
 */
async function isHeld(at: string, owner: string): Promise<boolean> {
  const updated = (): number | undefined => statSync(at, { throwIfNoEntry: false })?.mtimeMs;
  const [first, until] = [updated(), performance.now() + timing.stale];
  for (; first !== undefined && !isDead(owner) && performance.now() < until; await sleep(100))
    if (updated() !== first) return true;
  return false;
}

/** For `mkdir`. On Windows, a folder can't be renamed to an existing one, not even if that is empty. */
async function publish(at: string): Promise<void> {
  const unpublished = await mkdtemp(`${at}-`);
  try {
    await writeFile(path.join(unpublished, me), '');
    await rmdir(at).catch(() => undefined);
    await rename(unpublished, at);
  } catch (error) {
    await rm(unpublished, { recursive: true });
    throw /ENOTEMPTY|EPERM/.test(codeOf(error)) ? Object.assign(new Error('taken'), { code: 'EEXIST' }) : error;
  }
}

/** For `rmdir`. Never removes another owner's lock. */
async function withdraw(at: string): Promise<void> {
  await rm(path.join(at, me), { force: true });
  await rmdir(at);
}

const inUse = (folder: string, owner?: string): FolderInUse =>
  new FolderInUse(
    `opening the data folder ${folder}: it is in use by process ${pidOf(owner)}. ` +
      'Stop that process, or choose another folder with --data.',
  );

/**
 * Locks the folder, or throws an error that names the folder, its holder and what to do. `files`: the subfolder that must
 * not be replaced.
 */
export async function lockFolder(folder: string, files: string): Promise<FolderLock> {
  const [at, inode] = [path.join(folder, 'lock'), inodeOf(files)];
  const owner = await ownerOf(at);
  if (owner !== undefined) {
    if (await isHeld(at, owner)) throw inUse(folder, owner);
    await rm(path.join(at, owner), { force: true });
  }
  let lost: string | null = null;
  const onCompromised = (): void => {
    lost ??= 'another process changed it';
  };
  // Loaded only here, because it handles signals.
  const { default: lockfile } = await import('proper-lockfile');
  const ownFs = { ...fs, mkdir: callbackify(publish), rmdir: callbackify(withdraw) };
  const options = { ...timing, realpath: false, lockfilePath: at, fs: ownFs, onCompromised };
  const unlock = await lockfile.lock(folder, options).catch(async (error: unknown) => {
    throw /ELOCKED|ENOTEMPTY/.test(codeOf(error)) ? inUse(folder, await ownerOf(at)) : error;
  });
  return {
    check: async () => {
      if (inodeOf(files) !== inode) lost ??= 'it is no longer the folder that was opened';
      else if (inodeOf(path.join(at, me)) === null) lost = `process ${pidOf(await ownerOf(at))} has it now`;
      if (lost === null) return;
      const what = `using the data folder ${folder}: its lock was taken away, and ${lost}`;
      throw new FolderLost(`${what}. Nothing more is written to it.`);
    },
    // If it fails, another process has the lock by now.
    release: () => unlock().catch(() => undefined),
  };
}
