/** Locations of the audit log and of keys. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The database: a data folder or a server. */
export type Place =
  | { readonly kind: 'folder'; readonly dataDir: string }
  | { readonly kind: 'server'; readonly url: string };

/** Returns the database at an address: `file:` and an absolute path is a data folder, for the sandbox. */
export const placeAt = (url: string): Place =>
  url.startsWith('file:///') ? { kind: 'folder', dataDir: fileURLToPath(url) } : { kind: 'server', url };

/** Returns whether the address names a database server. */
export const isServer = (url: string | undefined): boolean => url !== undefined && placeAt(url).kind === 'server';

export type KeyPlace =
  /** `own`: the bot creates it if it's missing. */
  | { readonly kind: 'file'; readonly file: string; readonly own: boolean }
  /** Address of a Key Vault secret, with or without a version. */
  | { readonly kind: 'secret'; readonly id: string };

interface NamedKey {
  readonly file: string | undefined;
  readonly secret: string | undefined;
}

/** Returns the key's location: the configured one, or the default file in the data folder. */
export function keyPlace(place: Place, usual: 'seal.key' | 'log.key', { file, secret }: NamedKey): KeyPlace {
  if (secret !== undefined) return { kind: 'secret', id: secret };
  return file === undefined && place.kind === 'folder'
    ? { kind: 'file', file: path.join(place.dataDir, usual), own: true }
    : { kind: 'file', file: file ?? '', own: false };
}

/** Returns the location for display, without credentials. */
export function placeName(place: Place): string {
  if (place.kind === 'folder') return place.dataDir;
  if (!URL.canParse(place.url)) return 'DATABASE_URL';
  const { host, pathname } = new URL(place.url);
  return `${host}${pathname}`;
}
