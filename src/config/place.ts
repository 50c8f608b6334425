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

/** The file with the key of the seals, and whether it is the bot's own to make. */
export interface SealKeyFile {
  readonly file: string;
  readonly own: boolean;
}

/** Beside the embedded database, unless a file is named. */
export const sealKeyFile = (place: Place, named: string | undefined): SealKeyFile =>
  named === undefined && place.kind === 'folder'
    ? { file: path.join(place.dataDir, 'seal.key'), own: true }
    : { file: named ?? '', own: false };

/** Where the command line finds the key: as the bot would; null where none is named for a server. */
export function readSealKeyFile(place: Place, variables: Variables = processVariables()): SealKeyFile | null {
  const { CMK_SEAL_KEY_FILE: named = '' } = variables;
  return named === '' && place.kind === 'server' ? null : sealKeyFile(place, named === '' ? undefined : named);
}

/** Where it is, without what must not be shown. */
export function placeName(place: Place): string {
  if (place.kind === 'folder') return place.dataDir;
  if (!URL.canParse(place.url)) return 'DATABASE_URL';
  const { host, pathname } = new URL(place.url);
  return `${host}${pathname}`;
}
