/**
 * Keys as text: one key per line in base64, at least 32 bytes each, oldest first. Behind each but the last stands ` until SEQ HASH`,
 * the last event of its time. Lines that start with # are comments.
 */
import { readFile, stat } from 'node:fs/promises';
import type { Link } from '../domain/record/chain.ts';
import { ifMissing } from '../io/files.ts';

const keyBytes = 32;

export interface SecretKey {
  readonly bytes: Uint8Array;
  /** The last event of its time: of later ones, it proves nothing. Null: it's the active key. */
  readonly until: Link | null;
}

/** Oldest first. The last one is active; the others verify what was made with them in their time. */
export type SecretKeys = readonly SecretKey[];

export interface KeyPurpose {
  readonly name: string;
  /** Each key must have exactly 32 bytes. */
  readonly exact: boolean;
  readonly secretSetting: string;
  /** A line isn't a key. `where`: the file or the secret. */
  malformed(where: string): string;
  /** Another line than the last one doesn't say when its key was replaced, or the last one does. */
  undated(where: string): string;
  missing(file: string): string;
  /** Others can read or write the file. `mode`: octal. */
  exposed(file: string, mode: string): string;
}

/** The key is missing or invalid. The message has the fix. */
export class KeyFileInvalid extends Error {
  override readonly name = 'KeyFileInvalid';
}

/** The key file doesn't exist. Work that needs no key can continue. */
export class KeyMissing extends KeyFileInvalid {}

const keyLine = /^(\S+)(?: until ([1-9]\d{0,14}) ([\da-f]{64}))?$/;

function keyIn(line: string): SecretKey {
  const [, base64 = '', seq, hash = ''] = keyLine.exec(line) ?? [];
  return { bytes: Buffer.from(base64, 'base64'), until: seq === undefined ? null : { seq: Number(seq), hash } };
}

/** Parses keys. `where`: the source, for errors. Throws {@link KeyFileInvalid} if there is no key. */
export function keysIn(text: string, where: string, use: KeyPurpose): SecretKeys {
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#')).map(keyIn);
  const fits = ({ bytes: { length } }: SecretKey): boolean => length === keyBytes || (length > keyBytes && !use.exact);
  if (keys.length === 0 || !keys.every(fits)) throw new KeyFileInvalid(use.malformed(where));
  const isDated = keys.every(({ until }, at) => (until === null) === (at === keys.length - 1));
  if (!isDated) throw new KeyFileInvalid(use.undated(where));
  return keys;
}

/**
 * Reads the keys. Throws {@link KeyMissing} if the file doesn't exist, and {@link KeyFileInvalid} if others can read it or it has
 * no key.
 */
export async function readKeys(file: string, use: KeyPurpose): Promise<SecretKeys> {
  const { mode } = (await stat(file).catch(ifMissing(null))) ?? {};
  if (mode === undefined) throw new KeyMissing(use.missing(file));
  // The group can have read access: that's how a mounted secret reaches a process that isn't root.
  if ((mode & 0o027) !== 0) {
    const found = (mode & 0o777).toString(8).padStart(3, '0');
    throw new KeyFileInvalid(use.exposed(file, found));
  }
  return keysIn(await readFile(file, 'utf8'), file, use);
}
