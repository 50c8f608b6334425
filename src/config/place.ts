/** Locations of the database and of keys. */

export type KeyPlace =
  | { readonly kind: 'file'; readonly file: string }
  /** Address of a Key Vault secret, with or without a version. */
  | { readonly kind: 'secret'; readonly id: string };

export const keyPlace = ({
  file,
  secret,
}: {
  readonly file: string | undefined;
  readonly secret: string | undefined;
}) =>
  secret === undefined ? ({ kind: 'file', file: file ?? '' } as const) : ({ kind: 'secret', id: secret } as const);

/** For display, without credentials. */
export function databasePlace(url: string): string {
  if (!URL.canParse(url)) return 'DATABASE_URL';
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
