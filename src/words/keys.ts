/** Keys, as people speak of them. */
import { madeVersion } from '../domain/effect.ts';
import type { CustomerKey } from '../domain/observed.ts';
import { dayWords, shortVersion } from './places.ts';

/** `cmk-triage in https://kv-care.vault.azure.net/, version 0123abcd` */
export const keyWords = ({ vaultUri, keyName, keyVersion }: CustomerKey): string =>
  `${keyName} in ${vaultUri}, version ${keyVersion === null ? 'newest' : shortVersion(keyVersion)}`;

/** The same of a resource's key, which Microsoft may manage, with the whole version: somebody may have to look for it. */
export const resourceKeyWords = (key: CustomerKey | null): string =>
  key === null
    ? 'no customer-managed key'
    : `key ${key.keyName} in ${key.vaultUri}, version ${key.keyVersion ?? 'newest'}`;

/** `RSA 3072, no expiry` */
export const kindWords = ({ type, size, expires }: { type: string; size: number; expires: string | null }): string =>
  `${type} ${size}, ${expires === null ? 'no expiry' : `expires ${dayWords(expires)}`}`;

/** `version 0123abcd`; of a key that the run makes, what it will be. */
export const versionWords = (version: string | null, after: string | null): string =>
  version === null || version === madeVersion
    ? after === null
      ? 'first version'
      : 'new version'
    : `version ${shortVersion(version)}`;
