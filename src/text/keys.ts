/** Texts for keys. */
import { madeVersion } from '../domain/effect.ts';
import type { KeyChange } from '../domain/key-change.ts';
import type { CustomerKey, Doubt } from '../domain/observed.ts';
import type { FleetState } from '../domain/resource-kind.ts';
import { utcDay } from './instants.ts';
import { shortVersion } from './places.ts';

/** Of a resource, in `/cmk-status`. Most urgent first: an expired key can make data unreadable. */
export const keyStateTitles: Readonly<Record<FleetState, string>> = {
  'not-as-approved': 'Not as approved',
  ended: 'Key expired',
  'needs-attention': 'Needs attention',
  'ends-soon': 'Key expires soon',
  'request-open': 'Request open',
  'microsofts-key': 'Microsoft-managed key',
  'end-unknown': 'Customer-managed key',
  'own-key': 'Customer-managed key',
};

export const identityName = (id: string): string => `identity ${id.split('/').at(-1)}`;

/** `cmk-triage in https://kv-care.vault.azure.net/, version 0123abcd`; with a user-assigned identity, also its name. */
export const keyWords = ({ vaultUri, keyName, keyVersion, userIdentity }: CustomerKey): string =>
  `${keyName} in ${vaultUri}, version ${keyVersion === null ? 'newest' : shortVersion(keyVersion)}${userIdentity === undefined ? '' : `, through ${identityName(userIdentity)}`}`;

export const ownIdentityRemedy =
  'Its owner gives the system-assigned identity access to the key, and then removes the user-assigned one from the key.';

/** What to do first about a key that wasn't approved. */
export const foundKeyRemedy = ({ userIdentity }: CustomerKey): string =>
  userIdentity === undefined ? 'Find out who controls the new key, and don’t delete that key.' : ownIdentityRemedy;

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

/** What the resource will name: `version 0123abcd`, or that it follows new ones. */
export const plannedVersionWords = ({ to, make }: Pick<KeyChange, 'to' | 'make'>): string =>
  to.follows
    ? `${make === null ? 'newest' : make.after === null ? 'first' : 'new'} version, follows later ones`
    : versionWords(to.keyVersion, make?.after ?? null);

/** What to do about a key that exists under the name of the key to create. */
export const otherKeyRemedy = 'Request another key name, or that key if it’s the right one.';

const doubts: { readonly [D in Doubt]: (name: string) => string } = {
  copied: (name) => `More than one version of key ${name} has the bot’s mark.`,
  'not-the-first': (name) => `Key ${name} has another version, at least as old as the bot’s.`,
  'made-at-another-time': (name) => `Key ${name} was created at another time than this request.`,
  'too-many-versions': (name) => `Key ${name} has more versions than the bot checks.`,
};

/** Why the bot doesn't accept a key that carries its own mark. */
export const doubtfulKeyWords = (name: string, doubt: Doubt): string =>
  `${doubts[doubt](name)} Azure’s answer to the bot was lost, so the bot doesn’t know which version is its own.`;

export const doubtfulKeyRemedy = 'Ask the vault owner who created those versions. Then request another key name.';
