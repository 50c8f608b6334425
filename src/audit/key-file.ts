/**
 * Keys as text: one key a line, in base64, at least 32 bytes each, the oldest first; lines that start with # are
 * for people. In a file: beside the embedded database it is the bot's own, made on the first start; elsewhere it is mounted.
 */
import { randomBytes } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';

const keyBytes = 32;

/** Oldest first: the last is used, the others are known by what was made with them. */
export type SecretKeys = readonly Uint8Array[];

/** What a key is for, as people read it. */
export interface KeyUse {
  /** What is wrong is told of this. */
  readonly name: string;
  /** Every key has 32 bytes and no more. */
  readonly exact: boolean;
  /** The first line of a file that the bot makes. */
  readonly comment: string;
  /** The setting that names a secret of a vault with it. */
  readonly secretSetting: string;
}

export const sealKeyUse: KeyUse = {
  name: 'the seals’ key',
  exact: false,
  comment: 'Seals this record. Whoever can read it can forge events: keep it beside no copy of the database.',
  secretSetting: 'CMK_SEAL_KEY_SECRET',
};

export const logKeyUse: KeyUse = {
  name: 'the key of the published log',
  exact: true,
  comment: 'Signs the published log. Whoever can read it can sign another history.',
  secretSetting: 'CMK_LOG_KEY_SECRET',
};

/** The key of a witness, in its folder. */
export const witnessKeyUse: KeyUse = {
  name: 'the witness’s key',
  exact: true,
  comment: 'Signs for this witness. Whoever can read it can sign two histories of a log.',
  secretSetting: '',
};

/** The key is not there, or not as it must be. Says what to do. */
export class KeyUnusable extends Error {
  override readonly name = 'KeyUnusable';
}

/** Nobody has put it there: what needs no key can be done all the same. */
export class KeyMissing extends KeyUnusable {}

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

/** `where`: as people know it. Throws {@link KeyUnusable} where it holds no key. */
export function keysIn(text: string, where: string, use: KeyUse): SecretKeys {
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => Buffer.from(line, 'base64'));
  const fits = ({ length }: Uint8Array): boolean => length === keyBytes || (length > keyBytes && !use.exact);
  if (keys.length > 0 && keys.every(fits)) return keys;
  throw new KeyUnusable(
    `${use.name} in ${where}: every line must be a key of ${use.exact ? '' : 'at least '}${keyBytes} bytes in base64, ` +
      `such as “openssl rand -base64 ${keyBytes}” prints. Put it back as it was, or mend that line.`,
  );
}

/** Reads the keys. Throws {@link KeyMissing} where the file is not there, {@link KeyUnusable} where it can be read by others, or holds no key. */
export async function readKeys(file: string, use: KeyUse): Promise<SecretKeys> {
  const mode = await modeOf(file);
  if (mode === null) {
    throw new KeyMissing(
      `${use.name} is not there: ${file}. Put back the file that belongs to this record; ` +
        `for a new record make one: (umask 077; openssl rand -base64 ${keyBytes} > ${file}).`,
    );
  }
  // The group may read: that is how a mounted secret reaches a process that is not root.
  if ((mode & 0o027) !== 0) {
    const found = (mode & 0o777).toString(8).padStart(3, '0');
    throw new KeyUnusable(
      `${use.name} in ${file} can be read or written by others (mode ${found}): chmod 600 ${file}. ` +
        'If somebody may have read it, add a new key as its last line.',
    );
  }
  return keysIn(await readFile(file, 'utf8'), file, use);
}

export interface OwnKeys {
  readonly keys: SecretKeys;
  /** Made for a record that has none: nothing of it can have been made with it before. */
  readonly isNew: boolean;
  /** Keeps a new key from now on. Before, a start that is cut short leaves it new. */
  keep(): Promise<void>;
}

/** As {@link readKeys}; where the file is not there, a key is made under another name until it is kept. */
export async function openOwnKeys(file: string, use: KeyUse): Promise<OwnKeys> {
  if ((await modeOf(file)) !== null) {
    return { keys: await readKeys(file, use), isNew: false, keep: async () => undefined };
  }
  const fresh = `${file}.new`;
  if ((await modeOf(fresh)) === null) {
    await writeFile(fresh, `# ${use.comment}\n${randomBytes(keyBytes).toString('base64')}\n`, {
      mode: 0o600,
      flag: 'wx',
    });
  }
  return { keys: await readKeys(fresh, use), isNew: true, keep: () => rename(fresh, file) };
}
