/** Texts for every outcome of a check, from its facts. */

import type { Check, CheckCode, CheckOf } from '../domain/check.ts';
import { armIdParts } from '../domain/ids.ts';
import { type CustomerKey, hasFailed, sameKeyName, sameVaultUri } from '../domain/observed.ts';
import { environmentRule } from '../domain/policy/rules.ts';
import { joinList } from '../domain/strings.ts';
import { type CheckWords, lines, wordsFor } from '../domain/words.ts';
import { subscriptionWords } from './control.ts';
import { utcDay } from './instants.ts';
import { keyChecks } from './key-checks.ts';
import { identityName, keyWords, ownIdentityRemedy } from './keys.ts';
import { rolesRemedy } from './permission-remedies.ts';
import { regionWords, scopeWords, shortVersion } from './places.ts';
import type { WordsByCode } from './words.ts';

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

const ruleWords = (rule: string): string => (rule === environmentRule ? 'The bot’s configuration' : `Rule ${rule}`);

const words: WordsByCode = {
  'created-after-cutoff': ({ day, cutoff }) => lines`Created on ${utcDay(day)}, after ${utcDay(cutoff)}`,
  'created-before-cutoff': ({ day, cutoff }) => lines`The resource is too old.
    It was created on ${utcDay(day)}. Customer-managed keys need a resource that was created after ${utcDay(cutoff)}.
    Create a new resource and move to it.`,
  'created-unknown': ({ cutoff }) => lines`Azure doesn’t say when the resource was created.
    Customer-managed keys need a resource that was created after ${utcDay(cutoff)}.
    Ask Azure support for its creation date.`,
  'provisioning-settled': lines`No operation is running on the resource`,
  'provisioning-unsettled': ({ provisioningState: state }) =>
    hasFailed(state)
      ? lines`The last operation on the resource failed
        Azure state: ${state}. You can continue: a successful change also resets this state.`
      : lines`Another operation is running on the resource.
        Azure says ${state}.
        Wait until it’s done, and then try again.`,
  'microsoft-managed': (_fact, outcome) =>
    outcome === 'pass'
      ? lines`The resource uses a Microsoft-managed key`
      : lines`The resource uses a Microsoft-managed key.
        It has no version to rotate.
        Use /enable-cmk to set a customer-managed key.`,
  'customer-managed': ({ key }) => lines`The resource uses ${keyWords(key)}`,
  'key-moved': ({ key, expected }) => lines`The resource was changed to another key or version.
    ${isSameKey(key, expected) ? `It uses version ${versionOf(key)}. The request expects version ${versionOf(expected)}.` : `It uses ${keyWords(key)}. The request expects ${keyWords(expected)}.`}
    Create another request for the current key.`,
  'key-user-identity': ({ identity }) => lines`The resource uses its key through a user-assigned identity.
    It’s ${identityName(identity)}. The bot supports only the system-assigned identity.
    ${ownIdentityRemedy}`,
  'old-version-disabled': ({ key }) => lines`The version in use is disabled
    ${keyWords(key)} is disabled. Azure might need it for the change, and the resource can’t return to it.`,
  'old-version-unknown': ({ key }) => lines`The bot couldn’t read the version in use
    The bot can’t read ${keyWords(key)}, so it doesn’t know whether the resource can return to it.`,
  'already-under-this-key': (_fact, outcome) =>
    outcome === 'warn'
      ? lines`The resource shows this key, but the change failed
        The operation that set it failed. It will be set again.`
      : lines`The resource already uses this key.\nNo change is needed.`,
  'already-under-another-key': ({ key }) => lines`The resource already uses a customer-managed key.
    It uses ${keyWords(key)}.
    Use /rotate-cmk to change the key or version.`,
  'nothing-to-repair': lines`Nothing needs repair.
    The resource uses the approved key and has access to it. The version is enabled, and purge protection is on.`,
  'identity-replaced': ({ approved, now, hasAccess }) => lines`The resource has another identity than the approved one
    Its object ID is ${now}, not ${approved}. ${hasAccess ? 'It already has access to the key.' : 'It has no access to the key yet.'}`,
  'repair-outdated': ({ key, expected }) => lines`The resource’s key changed after this repair was requested.
    It uses ${currentKeyWords(key)}. The request expects ${currentKeyWords(expected)}.
    Request the repair again with /repair-cmk.`,
  'same-tenant': lines`Vault and resource are in the same tenant`,
  'other-tenant': ({ tenantId }) => lines`The vault is in another tenant.
    Its tenant is ${tenantId}. The resource’s identity has no access there.
    Choose a vault in this tenant.`,
  'same-region': ({ region }) => lines`Vault and resource are in ${regionWords(region)}`,
  'other-region': ({ resource, vault }) => lines`The vault is in another region
    Resource in ${regionWords(resource)}, vault in ${regionWords(vault)}. If that region is unavailable, the resource can’t access its data.`,
  'same-subscription': lines`Vault and resource are in the same subscription`,
  'other-subscription': ({ resource, vault }) => lines`The vault is in another subscription
    Vault in ${subscriptionWords(vault)}, resource in ${subscriptionWords(resource)}. Check that it’s the intended vault: names can look alike.${[resource, vault].some(({ name }) => name === null) ? ' The bot can’t read their names.' : ''}`,
  'vault-not-permitted': ({ rule, vault, sameSubscription }) => lines`The approval policy doesn’t allow vault ${vault}.
    ${sameSubscription ? `${ruleWords(rule)} allows only other vaults for this resource.` : `It’s in another subscription than the resource. ${ruleWords(rule)} doesn’t allow that.`}
    Choose another vault, or ask an operator to allow this one in the approval policy.`,
  'controllers-known': ({ count }) => lines`Identities with control over the key: ${count}`,
  'controllers-not-checked': ({ unseen }) => lines`The bot couldn’t check who has control over the key
    The bot doesn’t have permission to read ${joinList(unseen.map((one) => unseenWords[one]))}. Other people and apps might back up or delete the key.`,
  'controllers-not-named': lines`Some names of identities with control over the key are missing
    Microsoft Graph didn’t return all names or group sizes. The object IDs are shown instead.`,
  'key-not-shared': lines`No other resource uses this key, and no name resembles one in use`,
  'key-shared': ({ key, resource, id, subscription }) => lines`${resource} already uses this key
    It is in ${subscriptionWords(subscription)}, resource group ${armIdParts(id).resourceGroup}. If ${key} is disabled, expires, or is deleted, that resource is affected, too.`,
  'name-alike': ({ of, name, other }) => lines`The ${of === 'vault' ? 'key vault' : 'key'} name resembles another one
    ${`Requested: ${name}. In use by other resources: ${other}. ${differenceWords(name, other)}`.trim()}`,
  'other-resources-not-checked': lines`Other resources weren’t checked
    The bot couldn’t list the resources. Another resource might use this key or a similar name.`,
  'key-used-undeclared': ({ users }) => lines`Others use this key, and no listed resource declares that
    ${joinList(users.map(({ name, last }) => `${name}, last on ${utcDay(last)}`))}. It might be a backup, a person, or another tenant. /cmk-status key=NAME shows more.`,
  'key-origin-unknown': lines`Existing key, not created by this request\nCopies or backups of it might exist.`,
  'key-must-be-new': ({ rule }) => lines`The approval policy requires a new key.
    ${ruleWords(rule)} doesn’t allow existing keys or versions: copies of them might exist.
    Choose a new key, or a new version of the key in use.`,
  'vault-reachable': lines`The vault’s firewall lets the resource in`,
  'vault-firewalled': ({ needs }) => lines`The vault’s firewall blocks the resource.
    ${needs === 'trusted' ? 'It doesn’t admit trusted services' : 'The resource isn’t a Key Vault trusted service'}.
    Choose a vault that allows ${needs === 'trusted' ? 'trusted services, or ' : ''}access from all networks, or ask the vault owner which one to use.`,
  'soft-delete-on': lines`Soft delete is on`,
  'soft-delete-will-be-on': lines`Soft delete is off\nIt will be turned on, and can’t be turned off again.`,
  'purge-protection-on': lines`Purge protection is on`,
  'purge-protection-will-be-on': lines`Purge protection will be turned on`,
  ...keyChecks,
  'no-lock': lines`No lock stops the changes`,
  locked: ({ locks }) => lines`A lock stops the changes.
    Read-only: ${locks.map(({ name, scope }) => `${name} on ${scopeWords(scope)}`).join(', ')}.
    Ask its owner to remove it during the change.`,
  'locks-not-checked': lines`The bot couldn’t check locks
    It lacks Microsoft.Authorization/locks/read. A read-only lock would stop the run.`,
  'bot-allowed': lines`The bot has all permissions it needs`,
  'bot-not-allowed': ({ actions, dataActions }) => lines`The bot doesn’t have permission to make this change.
    Its identity lacks ${[...actions, ...dataActions.map((name) => `${name} (a data action)`)].join(', ')}.
    ${rolesRemedy([...actions, ...dataActions])}`,
  'rights-not-checked': lines`The bot couldn’t check its own permissions
    It lacks Microsoft.Authorization/permissions/read. A missing permission would stop the run.`,
  'vault-rights-not-checked': ({ actions }) => lines`The bot’s rights in the vault were not checked
    The vault grants by access policy. Without ${actions.join(', ')} the run would stop before it changes the resource.`,
};

/** For a union of codes, the compiler would require the facts of all of them; a single code has its own. */
const rendered = <C extends CheckCode>({ code, fact, outcome }: CheckOf<C>): CheckWords =>
  wordsFor<[typeof fact, typeof outcome], CheckWords>(words[code], fact, outcome);

/** Returns a check's texts. Plain text, not escaped for cards. */
export const checkWords = (check: Check): CheckWords => rendered(check);

/** Another open request for the resource, which blocks like a check. */
export const openRequestWords = (id: string): CheckWords => lines`Request ${id} is open for this resource.
  A resource can have one open request.
  Wait until it ends, or cancel it. Then try again.`;
