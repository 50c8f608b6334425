/** Texts for every outcome of a check, from its facts. */

import type { Check, CheckCode, CheckOf } from '../domain/check.ts';
import { armIdParts } from '../domain/ids.ts';
import { type CustomerKey, hasFailed, sameVaultUri } from '../domain/observed.ts';
import { joinList } from '../domain/strings.ts';
import { type CheckWords, pass, type WordsByCode } from './check-words.ts';
import { subscriptionWords } from './control.ts';
import { countOf } from './count.ts';
import { utcDay } from './instants.ts';
import { keyChecks } from './key-checks.ts';
import { keyWords } from './keys.ts';
import { rolesRemedy } from './permission-remedies.ts';
import { regionWords, scopeWords, shortVersion } from './places.ts';

const unseenWords = {
  'role-assignments': 'role assignments (Microsoft.Authorization/roleAssignments/read)',
  roles: 'what every role allows (Microsoft.Authorization/roleDefinitions/read)',
} as const;

const isSameKey = (a: CustomerKey, b: CustomerKey): boolean =>
  a.keyName === b.keyName && sameVaultUri(a.vaultUri, b.vaultUri);
const versionOf = ({ keyVersion }: CustomerKey): string => (keyVersion === null ? 'newest' : shortVersion(keyVersion));

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
    text: `It was created on ${utcDay(day)}. Azure takes customer-managed keys only for agents created after ${utcDay(cutoff)}.`,
    remedy: 'Create a new agent and move to it.',
  }),
  'created-unknown': ({ cutoff }) => ({
    title: 'Azure does not tell when the agent was created.',
    text: `It takes customer-managed keys only for agents created after ${utcDay(cutoff)}.`,
    remedy: 'Ask Azure support for its creation date.',
  }),
  'provisioning-settled': () => pass('No operation is running on the agent'),
  'provisioning-unsettled': ({ provisioningState: state }) =>
    hasFailed(state)
      ? {
          title: 'The last operation on the agent did not work',
          text: `Azure says ${state}. This change is made all the same, and sets it right where it succeeds.`,
          remedy: '',
        }
      : {
          title: 'Another operation is running on the agent.',
          text: `Azure says ${state}.`,
          remedy: 'Wait until it is done, then check again.',
        },
  'microsoft-managed': (_fact, outcome) =>
    outcome === 'pass'
      ? pass('The agent is under a Microsoft-managed key')
      : {
          title: 'The agent is under a Microsoft-managed key.',
          text: 'It has no version to move from.',
          remedy: '/enable-cmk puts an agent under your own key.',
        },
  'customer-managed': ({ key }) => pass(`The agent is under ${keyWords(key)}`),
  'key-moved': ({ key, expected }) => ({
    title: 'Somebody moved the agent to another key or version.',
    text: isSameKey(key, expected)
      ? `It is under version ${versionOf(key)}. The request takes it from version ${versionOf(expected)}.`
      : `It uses ${keyWords(key)}. The request takes it from ${keyWords(expected)}.`,
    remedy: 'Ask again from where the agent is now.',
  }),
  'old-version-disabled': ({ key }) => ({
    title: 'The version in use is disabled',
    text: `Somebody turned off ${keyWords(key)}. Azure may need it to switch, and there is no way back while it is off.`,
    remedy: '',
  }),
  'old-version-unknown': ({ key }) => ({
    title: 'The version in use could not be read',
    text: `The bot does not see ${keyWords(key)}: whether there is a way back was not checked.`,
    remedy: '',
  }),
  'already-under-this-key': (_fact, outcome) =>
    outcome === 'warn'
      ? {
          title: 'The agent shows this key, and was not put under it',
          text: 'The operation that was to set it did not work. It is set again.',
          remedy: '',
        }
      : { title: 'The agent is under this key already.', text: 'There is nothing to do.', remedy: '' },
  'already-under-another-key': ({ key }) => ({
    title: 'The agent is under another customer-managed key or version.',
    text: `It uses ${keyWords(key)}.`,
    remedy: '/rotate-cmk moves an agent from one key or version to another.',
  }),
  'same-tenant': () => pass('Vault and agent are in the same tenant'),
  'other-tenant': ({ tenantId }) => ({
    title: 'The vault is in another tenant.',
    text: `Its tenant is ${tenantId}. The agent’s identity has no rights there.`,
    remedy: 'Choose a vault of this tenant.',
  }),
  'same-region': ({ region }) => pass(`Vault and agent are in ${regionWords(region)}`),
  'other-region': ({ resource, vault }) => ({
    title: 'The vault is in another region',
    text: `Agent in ${regionWords(resource)}, vault in ${regionWords(vault)}. When that region is down, so is the agent’s data.`,
    remedy: '',
  }),
  'same-subscription': () => pass('Vault and agent are in the same subscription'),
  'other-subscription': ({ resource, vault }) => ({
    title: 'The vault is in another subscription',
    text: `Vault in ${subscriptionWords(vault)}, agent in ${subscriptionWords(resource)}. Make sure that it is the vault you mean: names can look alike.${[resource, vault].some(({ name }) => name === null) ? ' Reading their names takes Microsoft.Resources/subscriptions/read.' : ''}`,
    remedy: '',
  }),
  'vault-not-permitted': ({ rule, vault, sameSubscription }) => ({
    title: `The policy does not permit vault ${vault}.`,
    text: sameSubscription
      ? `Rule ${rule} names other vaults for this agent.`
      : `It is in another subscription than the agent, and rule ${rule} does not permit that.`,
    remedy: 'Choose another vault, or ask whoever keeps the policy to permit this one.',
  }),
  'controllers-known': ({ count }) =>
    pass(`Who controls the key is known: ${countOf(count, 'controller', 'controllers')}`),
  'controllers-not-checked': ({ unseen }) => ({
    title: 'Who controls the key was not checked',
    text: `The bot may not read ${joinList(unseen.map((one) => unseenWords[one]))}. People and apps it does not name may copy or delete the key.`,
    remedy: '',
  }),
  'controllers-not-named': () => ({
    title: 'Names of who controls the key were not checked',
    text: 'Microsoft Graph did not tell all of them, or not how many people a group has. They stand under their object ids.',
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
  'key-origin-unknown': () => ({
    title: 'The key was made elsewhere',
    text: 'Its origin is unknown: whoever made or imported it may have a copy.',
    remedy: '',
  }),
  'key-must-be-new': ({ rule }) => ({
    title: 'The key has to be made by this request.',
    text: `Rule ${rule} takes no key or version that exists already: whoever made it may have a copy.`,
    remedy: 'Choose a new key, or a new version of the key in use.',
  }),
  'vault-reachable': () => pass('The vault’s firewall is open'),
  'vault-firewalled': () => ({
    title: 'The vault’s firewall keeps the agent out.',
    text: 'Healthcare agent services are not among the trusted services that a vault lets in.',
    remedy: 'Choose a vault that is open to all networks.',
  }),
  'soft-delete-on': () => pass('Soft delete is on'),
  'soft-delete-will-be-on': () => ({
    title: 'Soft delete is off',
    text: 'It will be turned on and cannot be turned off again.',
    remedy: '',
  }),
  'purge-protection-on': () => pass('Purge protection is on'),
  'purge-protection-will-be-on': () => pass('Purge protection will be turned on'),
  ...keyChecks,
  'no-lock': () => pass('No lock stops the changes'),
  locked: ({ locks }) => ({
    title: 'A lock stops the changes.',
    text: `Read-only: ${locks.map(({ name, scope }) => `${name} on ${scopeWords(scope)}`).join(', ')}.`,
    remedy: 'Ask its owner to remove it for the time of the change.',
  }),
  'locks-not-checked': () => ({
    title: 'Locks were not checked',
    text: 'Reading them takes Microsoft.Authorization/locks/read. A read-only lock would stop the run.',
    remedy: '',
  }),
  'bot-allowed': () => pass('The bot may make every change'),
  'bot-not-allowed': ({ actions, dataActions }) => ({
    title: 'The bot doesn’t have permission to make this change.',
    text: `Its identity lacks ${[...actions, ...dataActions.map((name) => `${name} (a data action)`)].join(', ')}.`,
    remedy: rolesRemedy([...actions, ...dataActions]),
  }),
  'rights-not-checked': () => ({
    title: 'The bot’s own rights were not checked',
    text: 'Reading them takes Microsoft.Authorization/permissions/read. A missing right would stop the run.',
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
