/**
 * The key of the seals as text: one key a line, in base64, at least 32 bytes each, the oldest first; lines that start with # are
 * for people. In a file: beside the embedded database it is the bot's own, made on the first start; elsewhere it is mounted.
 */
import { randomBytes } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import type { SealKeys } from './seals.ts';

const keyBytes = 32;

/** The key is not there, or not as it must be. Says what to do. */
export class SealKeyUnusable extends Error {
  override readonly name = 'SealKeyUnusable';
}

/** Nobody has put it there: what needs no key can be done all the same. */
export class SealKeyMissing extends SealKeyUnusable {}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Null where there is no such file. */
async function modeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).mode;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** `where`: as people know it. Throws {@link SealKeyUnusable} where it holds no key. */
export function sealKeysIn(text: string, where: string): SealKeys {
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => Buffer.from(line, 'base64'));
  if (keys.length > 0 && keys.every((key) => key.length >= keyBytes)) return keys;
  throw new SealKeyUnusable(
    `the seals’ key in ${where}: every line must be a key of at least ${keyBytes} bytes in base64, ` +
      `such as “openssl rand -base64 ${keyBytes}” prints. Put it back as it was, or mend that line.`,
  );
}

/** Reads the keys. Throws {@link SealKeyMissing} where the file is not there, {@link SealKeyUnusable} where it can be read by others, or holds no key. */
export async function readSealKeys(file: string): Promise<SealKeys> {
  const mode = await modeOf(file);
  if (mode === null) {
    throw new SealKeyMissing(
      `the seals’ key is not there: ${file}. Put back the file that belongs to this record; ` +
        `for a new record make one: (umask 077; openssl rand -base64 ${keyBytes} > ${file}).`,
    );
  }
  // The group may read: that is how a mounted secret reaches a process that is not root.
  if ((mode & 0o027) !== 0) {
    const found = (mode & 0o777).toString(8).padStart(3, '0');
    throw new SealKeyUnusable(
      `the seals’ key in ${file} can be read or written by others (mode ${found}): chmod 600 ${file}. ` +
        'If somebody may have read it, add a new key as its last line.',
    );
  }
  return sealKeysIn(await readFile(file, 'utf8'), file);
}

export interface OwnSealKeys {
  readonly keys: SealKeys;
  /** Made for a record that has none: nothing of it can have been sealed with it before. */
  readonly isNew: boolean;
  /** Keeps a new key from now on. Before, a start that is cut short leaves it new. */
  keep(): Promise<void>;
}

/** As {@link readSealKeys}; where the file is not there, a key is made under another name until it is kept. */
export async function openOwnSealKeys(file: string): Promise<OwnSealKeys> {
  if ((await modeOf(file)) !== null) {
    return { keys: await readSealKeys(file), isNew: false, keep: async () => undefined };
  }
  const fresh = `${file}.new`;
  const text = `# Seals this record. Whoever can read it can forge events: keep it beside no copy of the database.\n`;
  if ((await modeOf(fresh)) === null) {
    await writeFile(fresh, `${text}${randomBytes(keyBytes).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  }
  return { keys: await readSealKeys(fresh), isNew: true, keep: () => rename(fresh, file) };
}
