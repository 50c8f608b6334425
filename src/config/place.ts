/** Where the record lies: the one setting that the command line shares with the bot. */
import path from 'node:path';
import { ConfigurationError, processVariables, type Variables } from './env.ts';

/** Exactly one of the two. */
export type Place =
  | { readonly kind: 'folder'; readonly dataDir: string }
  | { readonly kind: 'server'; readonly url: string };

/**
 * Where the command line finds the record, for which it needs no other setting: the folder it was given, else the database or
 * folder that is configured, else the folder of the local product. Throws {@link ConfigurationError}.
 */
export function readPlace(given: string | undefined, variables: Variables = processVariables()): Place {
  if (given !== undefined) return { kind: 'folder', dataDir: given };
  const { DATABASE_URL: url = '', CMK_DATA_DIR: dataDir = '' } = variables;
  if (url !== '' && dataDir !== '') {
    throw new ConfigurationError(
      'DATABASE_URL and CMK_DATA_DIR are both set: set one of them, or name a folder with --data',
    );
  }
  return url === '' ? { kind: 'folder', dataDir: dataDir || '.local' } : { kind: 'server', url };
}

/** Where a key is kept. */
export type KeyPlace =
  /** `own`: the bot's own to make. */
  | { readonly kind: 'file'; readonly file: string; readonly own: boolean }
  /** Address of a secret in a vault, with or without a version. */
  | { readonly kind: 'secret'; readonly id: string };

interface NamedKey {
  readonly file: string | undefined;
  readonly secret: string | undefined;
}

/** Beside the embedded database, under its usual name, unless another place is named. */
export function keyPlace(place: Place, usual: 'seal.key' | 'log.key', { file, secret }: NamedKey): KeyPlace {
  if (secret !== undefined) return { kind: 'secret', id: secret };
  return file === undefined && place.kind === 'folder'
    ? { kind: 'file', file: path.join(place.dataDir, usual), own: true }
    : { kind: 'file', file: file ?? '', own: false };
}

/**
 * Where the command line finds the key: as the bot would; null where none is named for a server. Throws
 * {@link ConfigurationError} where two are.
 */
export function readSealKeyPlace(place: Place, variables: Variables = processVariables()): KeyPlace | null {
  const { CMK_SEAL_KEY_FILE: file = '', CMK_SEAL_KEY_SECRET: secret = '' } = variables;
  if (file !== '' && secret !== '') {
    throw new ConfigurationError('CMK_SEAL_KEY_FILE and CMK_SEAL_KEY_SECRET are both set: set one of them');
  }
  if (file === '' && secret === '' && place.kind === 'server') return null;
  return keyPlace(place, 'seal.key', { file: file || undefined, secret: secret || undefined });
}

/** Where it is, without what must not be shown. */
export function placeName(place: Place): string {
  if (place.kind === 'folder') return place.dataDir;
  if (!URL.canParse(place.url)) return 'DATABASE_URL';
  const { host, pathname } = new URL(place.url);
  return `${host}${pathname}`;
}
