/** Where the audit log lies, and where keys are kept. */
import path from 'node:path';

/** Exactly one of the two. */
export type Place =
  | { readonly kind: 'folder'; readonly dataDir: string }
  | { readonly kind: 'server'; readonly url: string };

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

/** Where it is, without what must not be shown. */
export function placeName(place: Place): string {
  if (place.kind === 'folder') return place.dataDir;
  if (!URL.canParse(place.url)) return 'DATABASE_URL';
  const { host, pathname } = new URL(place.url);
  return `${host}${pathname}`;
}
