/** Texts for every outcome of a check, from its facts. */

import type { Check, CheckCode, CheckOf, FactOf } from '../domain/check.ts';
import { armIdParts } from '../domain/ids.ts';
import { type CustomerKey, hasFailed, sameKeyName, sameVaultUri } from '../domain/observed.ts';
import { environmentRule } from '../domain/policy/rules.ts';
import { joinList } from '../domain/strings.ts';
import { type CheckWords, lines, wordsFor } from '../domain/words.ts';
import { subscriptionWords } from './control.ts';
import { utcDay, utcMinute } from './instants.ts';
import {
  doubtfulKeyRemedy,
  doubtfulKeyWords,
  identityName,
  keyWords,
  otherKeyRemedy,
  ownIdentityRemedy,
} from './keys.ts';
import { rolesRemedy, roleTaskCommand, roleTaskTitle, roleTaskWords } from './permission-remedies.ts';
import { regionWords, scopeWords, shortVersion } from './places.ts';
import { countOf, type WordsByCode } from './words.ts';

// Texts for checks of keys: whether one is usable, can be created, is the request's own, or has an old version to
// disable.

/** Built-in roles that can recover a deleted key. A vault with access policies has its own permission for it. */
const recoverers =
  'Ask a Key Vault Crypto Officer or Key Vault Administrator (with access policies: someone with the Recover permission) to recover the deleted key';

function missingKeyWords({ deleted, now }: FactOf<'key-missing'>): CheckWords {
  const title = 'The key no longer exists.';
  if (deleted === 'deleted') {
    return lines`The key is deleted. It can be recovered.\n\n${recoverers}. Or choose another key.`;
  }
  if (now) {
    return lines`The key was deleted and created again.
      The approved version no longer exists. The key of that name has version ${shortVersion(now)}.
      Choose a version that exists.`;
  }
  if (deleted === 'not-checked') {
    return lines`${title}
      The bot couldn’t read deleted keys, so it doesn’t know whether the key can be recovered.
      ${recoverers}, if it is one. Or choose another key.`;
  }
  return lines`${title}\n\nChoose another key, or create a new one.`;
}

const logReasons: Readonly<Record<FactOf<'vault-log-needed'>['why'], (told: string) => string>> = {
  'not-configured': () => 'No workspace is configured (CMK_LOGS_WORKSPACE).',
  'no-rows': () => 'The workspace has no rows of this vault.',
  'not-readable': (code) => `Azure says ${code}.`,
  'too-short': (first) => `The log begins on ${utcMinute(first)}. It must cover at least a day.`,
  'too-old': (last) => `The last row is of ${utcMinute(last)}. Since then, the vault has logged nothing.`,
};

function newVersionWords({ since, until }: FactOf<'new-version-used'>): CheckWords {
  if (since === null || until === null)
    return lines`The log shows no use of the current version by the resource.
      The resource might still need the old version.
      Check again once the resource used its key. Microsoft doesn’t say how often it does.`;
  return lines`The resource began to use the current version less than a day ago.
    First use: ${utcMinute(since)}. Azure might use the old version for up to a day.
    Request this after ${utcMinute(until)}.`;
}

const userWords: Readonly<Record<FactOf<'old-version-used'>['users'][number]['how'], (last: string) => string>> = {
  declares: () => 'declares it',
  used: (last) => `used it last on ${last}`,
  'used-undeclared': (last) => `used it last on ${last}, and no listed resource declares that`,
  refused: (last) => `was refused on ${last} when it called with it`,
};

const keyChecks = {
  'key-fit': ({ type, size }) => lines`The key fits: ${type} ${size}, enabled, allows wrap and unwrap`,
  'key-new': ({ type, size }) => lines`A new key will be created: ${type} ${size}`,
  'key-made': ({ name }) => lines`This request created key ${name}`,
  'key-version-new': ({ type, size }) => lines`A new version will be created: ${type} ${size}`,
  'key-missing': missingKeyWords,
  'approved-key-gone': ({
    vault,
    name,
    version,
    inUse,
  }) => lines`Version ${shortVersion(version)} of key ${name} is gone for good.
    Vault ${vault} has no deleted key of that name to recover. ${
      inUse
        ? 'The resource can’t decrypt its data without this key.'
        : 'The resource doesn’t use it now, but older data might need it.'
    }
    Ask the vault’s owner to restore a backup. Without one, data under this key is lost. Command: az keyvault key restore --vault-name ${vault} --file BACKUP_FILE`,
  'role-needed': (task) => lines`${roleTaskTitle(task)}\n${roleTaskWords(task)} Command: ${roleTaskCommand(task)}`,
  'key-name-taken': ({ name }) =>
    lines`The vault already has a key named ${name}.\n\nChoose that key, or another name.`,
  'key-of-others': ({ name }) => lines`Nothing shows that this request created key ${name}.
    It was created or imported in another way, and a copy of it might exist.
    ${otherKeyRemedy}`,
  'key-doubtful': ({ name, doubt }) => lines`${doubtfulKeyWords(name, doubt)}\n\n${doubtfulKeyRemedy}`,
  'key-not-rsa': ({ type }) => lines`A key of type ${type} can’t wrap.\n\nChoose an RSA key.`,
  'key-size-unfit': ({ size }) =>
    lines`Azure doesn’t accept a key of ${size} bits.\n\nChoose a key with 2048, 3072 or 4096 bits.`,
  'key-disabled': lines`The key is disabled.\n\nEnable it in the vault, or choose another.`,
  'key-not-yet-valid': ({ from }) => lines`The key is not valid yet.
    It is valid from ${utcDay(from)}.
    Set an earlier activation date in the vault, or choose another key.`,
  'key-expired': ({ at }) => lines`The key has expired.
    It expired on ${utcDay(at)}.
    Set a later expiration date in the vault, or choose another key.`,
  'key-expires': ({ at }) => lines`The key expires\nRotate it before ${utcDay(at)}.`,
  'key-cannot-wrap': ({ missing }) =>
    lines`The key doesn’t allow ${joinList(missing)}.\n\nAdd it to the key’s permitted operations in the vault, or choose another key.`,
  'key-hsm-needs-premium': lines`This vault can’t hold RSA-HSM keys.
    Its tier is standard.
    Choose RSA, or a premium vault.`,
  'key-name-deleted': ({ name }) => lines`A deleted key still has the name ${name}.
    The vault keeps deleted keys for a while, and their names with them.
    Choose another name, or recover that key.`,
  'key-name-not-checked': ({ name }) => lines`The bot couldn’t check whether a deleted key has the name ${name}
    The check needs network access and the data action Microsoft.KeyVault/vaults/keys/read (access policy: get).`,
  'old-version-unfit': ({ version, why }) =>
    lines`Version ${shortVersion(version)} ${why === 'missing' ? 'doesn’t exist' : 'is already disabled'}.\n\nChoose a version that is enabled.`,
  'vault-log-needed': ({ why, told }) => lines`The vault’s log can’t show whether the old version is used.
    ${logReasons[why](told ?? '')}
    Ask an operator to set up usage checks: docs/install/protect-further.md#usage-checks.`,
  'new-version-used': (fact, outcome) =>
    outcome === 'pass'
      ? lines`The resource uses the current version since ${utcMinute(fact.since ?? '')}`
      : newVersionWords(fact),
  'old-version-used': ({ version, users, since }) =>
    users.length === 0
      ? lines`No listed resource declares version ${shortVersion(version)}${since === undefined ? '' : `, and the log since ${utcMinute(since)} shows no caller that needs it`}`
      : lines`Version ${shortVersion(version)} is still used.
        ${joinList(users.map(({ name, how, last }) => `${name} ${userWords[how](utcMinute(last ?? ''))}`))}.
        Move each to the current version, and check again a day later. A use that nothing declares blocks until the log doesn’t have it any more.`,
  'declared-not-read': ({ subscriptions, types }) => lines`Not every resource could be read
    Not read: ${joinList([
      ...(subscriptions === 0 ? [] : [countOf(subscriptions, 'subscription', 'subscriptions')]),
      ...(types === 0 ? [] : [countOf(types, 'resource type', 'resource types')]),
    ])}. A resource there might need the old version. /cmk-status key=NAME shows what.`,
} satisfies Partial<WordsByCode>;

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
