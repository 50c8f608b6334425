/** Texts for keys. */

import { madeVersion } from '../domain/effect.ts';
import type { CustomerKey, Doubt } from '../domain/observed.ts';
import { utcDay } from './instants.ts';
import { shortVersion } from './places.ts';

/** `cmk-triage in https://kv-care.vault.azure.net/, version 0123abcd` */
export const keyWords = ({ vaultUri, keyName, keyVersion }: CustomerKey): string =>
  `${keyName} in ${vaultUri}, version ${keyVersion === null ? 'newest' : shortVersion(keyVersion)}`;

/**
 * The same for a resource's key, which can be Microsoft-managed. Contains the whole version, so that people can search
 * for it.
 */
export const resourceKeyWords = (key: CustomerKey | null): string =>
  key === null
    ? 'no customer-managed key'
    : `key ${key.keyName} in ${key.vaultUri}, version ${key.keyVersion ?? 'newest'}`;

/** `RSA 3072, no expiry` */
export const kindWords = ({ type, size, expires }: { type: string; size: number; expires: string | null }): string =>
  `${type} ${size}, ${expires === null ? 'no expiry' : `expires ${utcDay(expires)}`}`;

/** `version 0123abcd`; for a key that the run creates, what it will be. */
export const versionWords = (version: string | null, after: string | null): string =>
  version === null || version === madeVersion
    ? after === null
      ? 'first version'
      : 'new version'
    : `version ${shortVersion(version)}`;

/** The remedy for a key that someone else created under the requested name. */
export const otherKeyRemedy = 'Give up, then ask again under another name, or for that key if it is the one you want.';

const doubts: { readonly [D in Doubt]: (name: string) => string } = {
  copied: (name) => `More than one version of key ${name} carries what only the bot’s own should.`,
  'not-the-first': (name) => `Key ${name} has another version, as old as the one that the bot asked for or older.`,
  'made-at-another-time': (name) => `Key ${name} was made at another time than this request asked for it.`,
  'too-many-versions': (name) => `Key ${name} has more versions than the bot looks through.`,
};

/** Why the bot doesn't accept a key that carries its own mark. */
export const doubtfulKeyWords = (name: string, doubt: Doubt): string =>
  `${doubts[doubt](name)} The bot did not hear Azure’s answer when it asked, so it cannot tell which is its own.`;

export const doubtfulKeyRemedy =
  'Ask the vault’s owner who made those versions. Give up, then ask again under another name.';
