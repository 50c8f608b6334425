/** Texts for every outcome of a check, from its facts. */
import type { Check, CheckCode, CheckOf } from '../domain/check.ts';
import { armIdParts } from '../domain/ids.ts';
import { type CustomerKey, hasFailed, sameKeyName, sameVaultUri } from '../domain/observed.ts';
import { joinList } from '../domain/strings.ts';
import { subscriptionWords } from './control.ts';
import { utcDay } from './instants.ts';
import { keyChecks } from './key-checks.ts';
import { identityName, keyWords, ownIdentityRemedy } from './keys.ts';
import { rolesRemedy } from './permission-remedies.ts';
import { regionWords, scopeWords, shortVersion } from './places.ts';
import { type CheckWords, pass, type WordsByCode } from './words.ts';

const unseenWords = {
  'role-assignments': 'role assignments (Microsoft.Authorization/roleAssignments/read)',
  roles: 'what every role allows (Microsoft.Authorization/roleDefinitions/read)',
} as const;

const isSameKey = (a: CustomerKey, b: CustomerKey): boolean =>
  sameKeyName(a.keyName, b.keyName) && sameVaultUri(a.vaultUri, b.vaultUri) && a.userIdentity === b.userIdentity;
const versionOf = ({ keyVersion }: CustomerKey): string => (keyVersion === null ? 'newest' : shortVersion(keyVersion));

const currentKeyWords = (key: CustomerKey | null): string => (key === null ? 'a Microsoft-managed key' : keyWords(key));

const characterWords = (character: string | undefined): string =>
  character === undefined
    ? 'nothing'
    : `${/\d/.test(character) ? 'digit' : /[a-z]/i.test(character) ? 'letter' : 'character'} ${character}`;

/** `The difference: digit 1, letter l.` Screen readers don't tell look-alike names apart. */
function differenceWords(name: string, other: string): string {
  const at = [...name].findIndex((character, n) => character !== other[n]);
  return at < 0 ? '' : `The difference: ${characterWords(name[at])}, ${characterWords(other[at])}.`;
}

const words: WordsByCode = {
  'created-after-cutoff': ({ day, cutoff }) => pass(`Created on ${utcDay(day)}, after ${utcDay(cutoff)}`),
  'created-before-cutoff': ({ day, cutoff }) => ({
    title: 'The agent is too old.',
    text: `It was created on ${utcDay(day)}. Customer-managed keys need an agent that was created after ${utcDay(cutoff)}.`,
    remedy: 'Create a new agent and move to it.',
  }),
  'created-unknown': ({ cutoff }) => ({
    title: 'Azure doesn’t say when the agent was created.',
    text: `Customer-managed keys need an agent that was created after ${utcDay(cutoff)}.`,
    remedy: 'Ask Azure support for its creation date.',
  }),
  'provisioning-settled': () => pass('No operation is running on the agent'),
  'provisioning-unsettled': ({ provisioningState: state }) =>
    hasFailed(state)
      ? {
          title: 'The last operation on the agent failed',
          text: `Azure state: ${state}. You can continue: a successful change also resets this state.`,
          remedy: '',
        }
      : {
          title: 'Another operation is running on the agent.',
          text: `Azure says ${state}.`,
          remedy: 'Wait until it’s done, and then try again.',
        },
  'microsoft-managed': (_fact, outcome) =>
    outcome === 'pass'
      ? pass('The agent uses a Microsoft-managed key')
      : {
          title: 'The agent uses a Microsoft-managed key.',
          text: 'It has no version to rotate.',
          remedy: 'Use /enable-cmk to set a customer-managed key.',
        },
  'customer-managed': ({ key }) => pass(`The agent uses ${keyWords(key)}`),
  'key-moved': ({ key, expected }) => ({
    title: 'The agent was changed to another key or version.',
    text: isSameKey(key, expected)
      ? `It uses version ${versionOf(key)}. The request expects version ${versionOf(expected)}.`
      : `It uses ${keyWords(key)}. The request expects ${keyWords(expected)}.`,
    remedy: 'Create another request for the current key.',
  }),
  'key-user-identity': ({ identity }) => ({
    title: 'The agent uses its key through a user-assigned identity.',
    text: `It’s ${identityName(identity)}. The bot supports only the system-assigned identity.`,
    remedy: ownIdentityRemedy,
  }),
  'old-version-disabled': ({ key }) => ({
    title: 'The version in use is disabled',
    text: `${keyWords(key)} is disabled. Azure might need it for the change, and the agent can’t return to it.`,
    remedy: '',
  }),
  'old-version-unknown': ({ key }) => ({
    title: 'The bot couldn’t read the version in use',
    text: `The bot can’t read ${keyWords(key)}, so it doesn’t know whether the agent can return to it.`,
    remedy: '',
  }),
  'already-under-this-key': (_fact, outcome) =>
    outcome === 'warn'
      ? {
          title: 'The agent shows this key, but the change failed',
          text: 'The operation that set it failed. It will be set again.',
          remedy: '',
        }
      : { title: 'The agent already uses this key.', text: 'No change is needed.', remedy: '' },
  'already-under-another-key': ({ key }) => ({
    title: 'The agent already uses a customer-managed key.',
    text: `It uses ${keyWords(key)}.`,
    remedy: 'Use /rotate-cmk to change the key or version.',
  }),
  'nothing-to-repair': () => ({
    title: 'Nothing needs repair.',
    text: 'The agent uses the approved key and has access to it. The version is enabled, and purge protection is on.',
    remedy: '',
  }),
  'identity-replaced': ({ approved, now, hasAccess }) => ({
    title: 'The agent has another identity than the approved one',
    text: `Its object ID is ${now}, not ${approved}. ${hasAccess ? 'It already has access to the key.' : 'It has no access to the key yet.'}`,
    remedy: '',
  }),
  'repair-outdated': ({ key, expected }) => ({
    title: 'The agent’s key changed after this repair was requested.',
    text: `It uses ${currentKeyWords(key)}. The request expects ${currentKeyWords(expected)}.`,
    remedy: 'Request the repair again with /repair-cmk.',
  }),
  'same-tenant': () => pass('Vault and agent are in the same tenant'),
  'other-tenant': ({ tenantId }) => ({
    title: 'The vault is in another tenant.',
    text: `Its tenant is ${tenantId}. The agent’s identity has no access there.`,
    remedy: 'Choose a vault in this tenant.',
  }),
  'same-region': ({ region }) => pass(`Vault and agent are in ${regionWords(region)}`),
  'other-region': ({ resource, vault }) => ({
    title: 'The vault is in another region',
    text: `Agent in ${regionWords(resource)}, vault in ${regionWords(vault)}. If that region is unavailable, the agent can’t access its data.`,
    remedy: '',
  }),
  'same-subscription': () => pass('Vault and agent are in the same subscription'),
  'other-subscription': ({ resource, vault }) => ({
    title: 'The vault is in another subscription',
    text: `Vault in ${subscriptionWords(vault)}, agent in ${subscriptionWords(resource)}. Check that it’s the intended vault: names can look alike.${[resource, vault].some(({ name }) => name === null) ? ' The bot can’t read their names.' : ''}`,
    remedy: '',
  }),
  'vault-not-permitted': ({ rule, vault, sameSubscription }) => ({
    title: `The approval policy doesn’t allow vault ${vault}.`,
    text: sameSubscription
      ? `Rule ${rule} allows only other vaults for this agent.`
      : `It’s in another subscription than the agent. Rule ${rule} doesn’t allow that.`,
    remedy: 'Choose another vault, or ask an operator to allow this one in the approval policy.',
  }),
  'controllers-known': ({ count }) => pass(`Identities with control over the key: ${count}`),
  'controllers-not-checked': ({ unseen }) => ({
    title: 'The bot couldn’t check who has control over the key',
    text: `The bot doesn’t have permission to read ${joinList(unseen.map((one) => unseenWords[one]))}. Other people and apps might back up or delete the key.`,
    remedy: '',
  }),
  'controllers-not-named': () => ({
    title: 'Some names of identities with control over the key are missing',
    text: 'Microsoft Graph didn’t return all names or group sizes. The object IDs are shown instead.',
    remedy: '',
  }),
  'key-not-shared': () => pass('No other agent uses this key, and no name resembles one in use'),
  'key-shared': ({ key, agent, id, subscription }) => ({
    title: `${agent} already uses this key`,
    text: `It is in ${subscriptionWords(subscription)}, resource group ${armIdParts(id).resourceGroup}. If ${key} is disabled, expires, or is deleted, both agents are affected.`,
    remedy: '',
  }),
  'name-alike': ({ of, name, other }) => ({
    title: `The ${of === 'vault' ? 'key vault' : 'key'} name resembles another one`,
    text: `Requested: ${name}. In use by other agents: ${other}. ${differenceWords(name, other)}`.trim(),
    remedy: '',
  }),
  'other-agents-not-checked': () => ({
    title: 'Other agents weren’t checked',
    text: 'The bot couldn’t list the agents. Another agent might use this key or a similar name.',
    remedy: '',
  }),
  'key-used-undeclared': ({ users }) => ({
    title: 'Others use this key, and no listed resource declares that',
    text: `${joinList(users.map(({ name, last }) => `${name}, last on ${utcDay(last)}`))}. It might be a backup, a person, or another tenant. /key-impact shows more.`,
    remedy: '',
  }),
  'key-origin-unknown': () => ({
    title: 'Existing key, not created by this request',
    text: 'Copies or backups of it might exist.',
    remedy: '',
  }),
  'key-must-be-new': ({ rule }) => ({
    title: 'The approval policy requires a new key.',
    text: `Rule ${rule} doesn’t allow existing keys or versions: copies of them might exist.`,
    remedy: 'Choose a new key, or a new version of the key in use.',
  }),
  'vault-reachable': () => pass('The vault’s firewall is open'),
  'vault-firewalled': () => ({
    title: 'The vault’s firewall blocks the agent.',
    text: 'Healthcare agent service isn’t a Key Vault trusted service.',
    remedy: 'Choose a vault that allows access from all networks, or ask the vault owner which one to use.',
  }),
  'soft-delete-on': () => pass('Soft delete is on'),
  'soft-delete-will-be-on': () => ({
    title: 'Soft delete is off',
    text: 'It will be turned on, and can’t be turned off again.',
    remedy: '',
  }),
  'purge-protection-on': () => pass('Purge protection is on'),
  'purge-protection-will-be-on': () => pass('Purge protection will be turned on'),
  ...keyChecks,
  'no-lock': () => pass('No lock stops the changes'),
  locked: ({ locks }) => ({
    title: 'A lock stops the changes.',
    text: `Read-only: ${locks.map(({ name, scope }) => `${name} on ${scopeWords(scope)}`).join(', ')}.`,
    remedy: 'Ask its owner to remove it during the change.',
  }),
  'locks-not-checked': () => ({
    title: 'The bot couldn’t check locks',
    text: 'It lacks Microsoft.Authorization/locks/read. A read-only lock would stop the run.',
    remedy: '',
  }),
  'bot-allowed': () => pass('The bot has all permissions it needs'),
  'bot-not-allowed': ({ actions, dataActions }) => ({
    title: 'The bot doesn’t have permission to make this change.',
    text: `Its identity lacks ${[...actions, ...dataActions.map((name) => `${name} (a data action)`)].join(', ')}.`,
    remedy: rolesRemedy([...actions, ...dataActions]),
  }),
  'rights-not-checked': () => ({
    title: 'The bot couldn’t check its own permissions',
    text: 'It lacks Microsoft.Authorization/permissions/read. A missing permission would stop the run.',
    remedy: '',
  }),
  'vault-rights-not-checked': ({ actions }) => ({
    title: 'The bot’s rights in the vault were not checked',
    text: `The vault grants by access policy. Without ${actions.join(', ')} the run would stop before it changes the agent.`,
    remedy: '',
  }),
};

/** For a union of codes, the compiler would require the facts of all of them; a single code has its own. */
const rendered = <C extends CheckCode>({ code, fact, outcome }: CheckOf<C>): CheckWords => words[code](fact, outcome);

/** Returns a check's texts. Plain text, not escaped for cards. */
export const checkWords = (check: Check): CheckWords => rendered(check);

/** Another open request for the agent, which blocks like a check. */
export const openRequestWords = (id: string): CheckWords => ({
  title: `Request ${id} is open for this agent.`,
  text: 'An agent can have one open request.',
  remedy: 'Wait until it ends, or cancel it. Then try again.',
});
