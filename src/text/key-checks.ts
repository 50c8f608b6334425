/** Texts for checks of keys: whether one is usable, can be created, is the request's own, or has an old version to disable. */

import type { FactOf } from '../domain/check.ts';
import { joinList } from '../domain/strings.ts';
import { type CheckWords, lines } from '../domain/words.ts';
import { utcDay, utcMinute } from './instants.ts';
import { doubtfulKeyRemedy, doubtfulKeyWords, otherKeyRemedy } from './keys.ts';
import { roleTaskCommand, roleTaskTitle, roleTaskWords } from './permission-remedies.ts';
import { shortVersion } from './places.ts';
import { countOf, type WordsByCode } from './words.ts';

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

export const keyChecks = {
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
