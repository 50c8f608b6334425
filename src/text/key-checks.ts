/** Texts for checks of the requested key: whether it is usable, can be created, and is the request's own. */

import type { FactOf } from '../domain/check.ts';
import { joinList } from '../domain/strings.ts';
import { type CheckWords, pass, type WordsByCode } from './check-words.ts';
import { utcDay } from './instants.ts';
import { doubtfulKeyRemedy, doubtfulKeyWords, otherKeyRemedy } from './keys.ts';
import { shortVersion } from './places.ts';

/** Built-in roles that can recover a deleted key. A vault with access policies has its own permission for it. */
const recoverers =
  'Ask a Key Vault Crypto Officer or Key Vault Administrator (with access policies: someone with the Recover permission) to recover the deleted key';

function missingKeyWords({ deleted, now }: FactOf<'key-missing'>): CheckWords {
  const title = 'The key is not there any more.';
  if (deleted === 'deleted') {
    return {
      title: 'The key is deleted. It can be recovered.',
      text: '',
      remedy: `${recoverers}. Or choose another key.`,
    };
  }
  if (now) {
    return {
      title: 'The key was deleted and created again.',
      text: `The approved version is not there any more. The key of that name has version ${shortVersion(now)}.`,
      remedy: 'Choose a version that is there.',
    };
  }
  if (deleted === 'not-checked') {
    return {
      title,
      text: 'The bot could not read deleted keys, so it is not known whether the key can be recovered.',
      remedy: `${recoverers}, if it is one. Or choose another key.`,
    };
  }
  return { title, text: '', remedy: 'Choose another key, or make a new one.' };
}

export const keyChecks = {
  'key-fit': ({ type, size }) => pass(`The key fits: ${type} ${size}, enabled, may wrap and unwrap`),
  'key-new': ({ type, size }) => pass(`A new key will be made: ${type} ${size}`),
  'key-made': ({ name }) => pass(`This request made key ${name}`),
  'key-version-new': ({ type, size }) => pass(`A new version will be made: ${type} ${size}`),
  'key-missing': missingKeyWords,
  'key-name-taken': ({ name }) => ({
    title: `The vault has a key named ${name} already.`,
    text: '',
    remedy: 'Choose that key, or another name.',
  }),
  'key-of-others': ({ name }) => ({
    title: `Nothing shows that this request made key ${name}.`,
    text: 'Somebody else made or imported it, and may know its private part.',
    remedy: otherKeyRemedy,
  }),
  'key-doubtful': ({ name, doubt }) => ({
    title: doubtfulKeyWords(name, doubt),
    text: '',
    remedy: doubtfulKeyRemedy,
  }),
  'key-not-rsa': ({ type }) => ({
    title: `A key of type ${type} cannot wrap.`,
    text: '',
    remedy: 'Choose an RSA key.',
  }),
  'key-size-unfit': ({ size }) => ({
    title: `Azure takes no key of ${size} bits.`,
    text: '',
    remedy: 'Choose a key with 2048, 3072 or 4096 bits.',
  }),
  'key-disabled': () => ({
    title: 'The key is disabled.',
    text: '',
    remedy: 'Enable it in the vault, or choose another.',
  }),
  'key-not-yet-valid': ({ from }) => ({
    title: 'The key is not valid yet.',
    text: `It is valid from ${utcDay(from)}.`,
    remedy: 'Choose another key.',
  }),
  'key-expired': ({ at }) => ({
    title: 'The key has expired.',
    text: `It expired on ${utcDay(at)}.`,
    remedy: 'Choose another key.',
  }),
  'key-expires': ({ at }) => ({
    title: 'The key expires',
    text: `Somebody has to replace it before ${utcDay(at)}.`,
    remedy: '',
  }),
  'key-cannot-wrap': ({ missing }) => ({
    title: `The key does not allow ${joinList(missing)}.`,
    text: '',
    remedy: 'Add it to the key’s permitted operations in the vault, or choose another key.',
  }),
  'key-hsm-needs-premium': () => ({
    title: 'This vault cannot hold RSA-HSM keys.',
    text: 'Its tier is standard.',
    remedy: 'Choose RSA, or a premium vault.',
  }),
  'key-name-deleted': ({ name }) => ({
    title: `A deleted key still holds the name ${name}.`,
    text: 'The vault keeps deleted keys for a while, and their names with them.',
    remedy: 'Choose another name, or recover that key.',
  }),
  'key-name-not-checked': ({ name }) => ({
    title: `Whether a deleted key holds the name ${name} was not checked`,
    text: 'Looking takes an open network and Microsoft.KeyVault/vaults/keys/read as a data action (access policy: get).',
    remedy: '',
  }),
} satisfies Partial<WordsByCode>;
