/** Words for every judgement of a check. `fact` is what Azure said. */
import type { Check, CheckCode } from '../domain/checks.ts';
import { dayWords, regionWords, scopeWords, shortVersion } from './places.ts';

export interface CheckWords {
  readonly title: string;
  /** Why it matters; may be empty. */
  readonly text: string;
  /** What to do about it; empty where nothing can be done, or nothing has to. */
  readonly mend: string;
}

const pass = (title: string): CheckWords => ({ title, text: '', mend: '' });

/** Azure's words for an operation that has ended without success. */
const endedBadly = ['Failed', 'Canceled'];

const wordsOfLock = (lock: string): string =>
  lock.replace(/^(.*) on (\/.*)$/s, (_whole, name: string, scope: string) => `${name} on ${scopeWords(scope)}`);

/** `a on /x; b on /y`, in words. What follows the last scope is part of it. */
function wordsOfLocks(locks: string): string {
  const end = Math.max(0, locks.lastIndexOf(' on /'));
  const parts = locks.slice(0, end).split('; ');
  return [...parts.slice(0, -1), `${parts.at(-1)}${locks.slice(end)}`].map(wordsOfLock).join(', ');
}

const words = {
  'created-after-cutoff': (day) => pass(`Created on ${dayWords(day)}, after 11 November 2021`),
  'created-before-cutoff': (day) => ({
    title: 'The agent is too old.',
    text: `It was created on ${dayWords(day)}. Azure takes customer-managed keys only for agents created after 11 November 2021.`,
    mend: 'Create a new agent and move to it.',
  }),
  'created-unknown': () => ({
    title: 'Azure does not tell when the agent was created.',
    text: 'It takes customer-managed keys only for agents created after 11 November 2021.',
    mend: 'Ask Azure support for its creation date.',
  }),
  'provisioning-settled': () => pass('No operation is running on the agent'),
  'provisioning-unsettled': (state) =>
    endedBadly.includes(state)
      ? {
          title: 'The last operation on the agent did not work.',
          text: `Azure says ${state}.`,
          mend: 'Look at the agent in the Azure portal. Check again once it says Succeeded.',
        }
      : {
          title: 'Another operation is running on the agent.',
          text: `Azure says ${state}.`,
          mend: 'Wait until it is done, then check again.',
        },
  'microsoft-managed': () => pass('The agent is under a Microsoft-managed key'),
  'already-under-this-key': () => ({
    title: 'The agent is under this key already.',
    text: 'There is nothing to do.',
    mend: '',
  }),
  'already-under-another-key': (key) => ({
    title: 'The agent is under another customer-managed key or version.',
    text: `It uses ${key.replace(/[0-9a-f]{32}$/, shortVersion)}.`,
    mend: 'Moving an agent from one key to another is not what /enable-cmk is for.',
  }),
  'same-tenant': () => pass('Vault and agent are in the same tenant'),
  'other-tenant': (tenant) => ({
    title: 'The vault is in another tenant.',
    text: `Its tenant is ${tenant}. The agent’s identity has no rights there.`,
    mend: 'Choose a vault of this tenant.',
  }),
  'same-region': (region) => pass(`Vault and agent are in ${regionWords(region)}`),
  'other-region': (both) => {
    const [resource = '', vault = ''] = both.split(', ');
    return {
      title: 'The vault is in another region',
      text: `Agent in ${regionWords(resource)}, vault in ${regionWords(vault)}. When that region is down, so is the agent’s data.`,
      mend: '',
    };
  },
  'vault-reachable': () => pass('The vault’s firewall is open'),
  'vault-firewalled': () => ({
    title: 'The vault’s firewall keeps the agent out.',
    text: 'Healthcare agent services are not among the trusted services that a vault lets in.',
    mend: 'Choose a vault that is open to all networks.',
  }),
  'soft-delete-on': () => pass('Soft delete is on'),
  'soft-delete-will-be-on': () => ({
    title: 'Soft delete is off',
    text: 'It will be turned on and cannot be turned off again.',
    mend: '',
  }),
  'purge-protection-on': () => pass('Purge protection is on'),
  'purge-protection-will-be-on': () => pass('Purge protection will be turned on'),
  'key-fit': (kind) => pass(`The key fits: ${kind}, enabled, may wrap and unwrap`),
  'key-new': (kind) => pass(`A new key will be made: ${kind}`),
  'key-missing': () => ({
    title: 'The key is not there any more.',
    text: '',
    mend: 'Choose another key, or make a new one.',
  }),
  'key-name-taken': (name) => ({
    title: `The vault has a key named ${name} already.`,
    text: '',
    mend: 'Choose that key, or another name.',
  }),
  'key-not-rsa': (type) => ({
    title: `A key of type ${type} cannot wrap.`,
    text: '',
    mend: 'Choose an RSA key.',
  }),
  'key-size-unfit': (size) => ({
    title: `Azure takes no key of ${size} bits.`,
    text: '',
    mend: 'Choose a key with 2048, 3072 or 4096 bits.',
  }),
  'key-disabled': () => ({
    title: 'The key is disabled.',
    text: '',
    mend: 'Enable it in the vault, or choose another.',
  }),
  'key-not-yet-valid': (from) => ({
    title: 'The key is not valid yet.',
    text: `It is valid from ${dayWords(from)}.`,
    mend: 'Choose another key.',
  }),
  'key-expired': (at) => ({
    title: 'The key has expired.',
    text: `It expired on ${dayWords(at)}.`,
    mend: 'Choose another key.',
  }),
  'key-expires': (at) => ({
    title: 'The key expires',
    text: `Somebody has to replace it before ${dayWords(at)}.`,
    mend: '',
  }),
  'key-cannot-wrap': (missing) => ({
    title: `The key does not allow ${missing.replace(', ', ' and ')}.`,
    text: '',
    mend: 'Add it to the key’s permitted operations in the vault, or choose another key.',
  }),
  'key-hsm-needs-premium': () => ({
    title: 'This vault cannot hold RSA-HSM keys.',
    text: 'Its tier is standard.',
    mend: 'Choose RSA, or a premium vault.',
  }),
  'key-name-deleted': (name) => ({
    title: `A deleted key still holds the name ${name}.`,
    text: 'The vault keeps deleted keys for a while, and their names with them.',
    mend: 'Choose another name, or recover that key.',
  }),
  'key-name-not-checked': (name) => ({
    title: `Whether a deleted key holds the name ${name} was not checked`,
    text: 'Looking takes an open network and Microsoft.KeyVault/vaults/keys/read as a data action (access policy: get).',
    mend: '',
  }),
  'no-lock': () => pass('No lock stops the changes'),
  locked: (lock) => ({
    title: 'A lock stops the changes.',
    text: `Read-only: ${wordsOfLocks(lock)}.`,
    mend: 'Ask its owner to remove it for the time of the change.',
  }),
  'locks-not-checked': () => ({
    title: 'Locks were not checked',
    text: 'Reading them takes Microsoft.Authorization/locks/read. A read-only lock would stop the run.',
    mend: '',
  }),
  'bot-allowed': () => pass('The bot may make every change'),
  'bot-not-allowed': (action) => ({
    title: 'The bot may not make this change.',
    text: `Its identity lacks ${action}.`,
    mend: 'An owner of the resource gives the bot’s identity a role with this action.',
  }),
  'rights-not-checked': () => ({
    title: 'The bot’s own rights were not checked',
    text: 'Reading them takes Microsoft.Authorization/permissions/read. A missing right would stop the run.',
    mend: '',
  }),
} as const satisfies Record<CheckCode, (fact: string) => CheckWords>;

/** The words of a check, as plain text: not yet safe for a card. */
export const checkWords = (check: Check): CheckWords => words[check.code](check.fact);
