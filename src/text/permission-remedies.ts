/**
 * Remedies for missing permissions of the bot.
 * Each names the product's role that includes the permission, never a wider one, and who can assign it. The roles are
 * those of infra/custom-role*.json.
 */

import type { RoleTask } from '../domain/check.ts';
import type { Failure } from '../domain/failure.ts';
import { joinList } from '../domain/strings.ts';
import { kinds } from '../operations/resources/registry.ts';
import { scopeWords, shortVersion } from './places.ts';

/** Match action and scope in the texts of ARM's `AuthorizationFailed` and a vault's `ForbiddenByRbac`. */
const action = /(?:perform action|Action:) '([^']+)'/;
const scope = /(?:over scope|Resource:) '(\/[^']+)'/;
/** The same for `LinkedAuthorizationFailed`, which names the allowed action first. */
const linked = /not have permission to perform action(?:\(s\))? '([^']+)' on the linked scope(?:\(s\))? '(\/[^']+)'/;

interface MissingPermission {
  readonly action: string;
  readonly scope: string | null;
}

/** Returns the missing permission and its scope, if Azure's text names one. */
export function missingRightIn(message: string): MissingPermission | null {
  const [, linkedAction, linkedScope] = linked.exec(message) ?? [];
  if (linkedAction !== undefined) return { action: linkedAction, scope: linkedScope ?? null };
  const missed = action.exec(message)?.[1];
  return missed === undefined ? null : { action: missed, scope: scope.exec(message)?.[1] ?? null };
}

const assigners = 'an Owner or User Access Administrator';
const assignsRoles = /^Microsoft\.Authorization\/roleAssignments\/(write|delete)$/i;

/** By action; the first match. The role that assigns roles has a condition, without which it could assign any role. */
const roles: readonly (readonly [of: RegExp, role: string])[] = [
  [assignsRoles, 'CMK bot grants'],
  [/^Microsoft\.OperationalInsights\//i, 'CMK bot logs'],
  ...kinds.map(({ type, role }) => [new RegExp(`^${type}/`, 'i'), role] as const),
  [/./, 'CMK bot'],
];
const grantsRole = 'CMK bot grants';
/** The text of infra/grant-condition.txt, as one word for a shell. */
export const grantCondition =
  "'((!(ActionMatches{'\\''Microsoft.Authorization/roleAssignments/write'\\''})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {e147488a-f6f5-4113-8e2d-b22465e65bf6} AND @Request[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {'\\''ServicePrincipal'\\''}))'";
const condition = ` --condition ${grantCondition} --condition-version 2.0`;
/** The bot's object ID, as ARM names the caller; characters that a shell would read are in no such text. */
const caller = /with object id '([0-9a-f-]{36})'/i;
const plainScope = /^\/[\w./() -]+$/;

/** The command that gives the bot the missing role, for those who can assign it. Null if Azure's text doesn't name all of it. */
export function assignmentCommand(failure: Failure): string | null {
  if (failure.source !== 'azure' || failure.code !== 'AuthorizationFailed') return null;
  const { message } = failure;
  const objectId = caller.exec(message)?.[1];
  const missed = missingRightIn(message);
  const at = missed?.scope?.replace(/\/providers\/Microsoft\.Authorization\/.*$/i, '');
  if (objectId === undefined || missed === null || at === undefined || !plainScope.test(at)) return null;
  if (conditionNotMet.test(message)) return null;
  const grants = assignsRoles.test(missed.action);
  const role = grants ? grantsRole : roleFor(missed.action);
  return `az role assignment create --role "${role}" --assignee-object-id ${objectId} --assignee-principal-type ServicePrincipal --scope "${at}"${grants ? condition : ''}`;
}

const roleFor = (missed: string): string => roles.find(([of]) => of.test(missed))?.[1] ?? 'CMK bot';

const roleWords = (role: string): string =>
  `the role “${role}”${role === grantsRole ? ' (condition: infra/grant-condition.txt in the bot’s source code)' : ''}`;

/** What the bot can't do, followed by a scope; the first match. */
const deeds: readonly (readonly [of: RegExp, words: string])[] = [
  [assignsRoles, 'assign roles on'],
  [/^Microsoft\.ManagedIdentity\/.*\/assign\/action$/i, 'use'],
  [/^Microsoft\.OperationalInsights\//i, 'query'],
  [/\/keys\/(create\/action|write)$/i, 'create keys in'],
  [/\/accessPolicies\/write$/i, 'change the access policies of'],
  [/\/(un)?wrap\/action$/i, 'try'],
  [/\/read$/i, 'read'],
  [/./, 'change'],
];

function cannot({ action: missed, scope: at }: MissingPermission): string {
  const thing = at === null ? 'this resource' : scopeWords(at);
  const deed = deeds.find(([of]) => of.test(missed))?.[1] ?? 'change';
  const words = deed === 'create keys in' && thing.startsWith('key ') ? 'create' : deed;
  const reads = /^Microsoft\.Authorization\/(\w+)\/read$/i.exec(missed)?.[1];
  const things: Readonly<Record<string, string>> = {
    roleassignments: 'role assignments of ',
    roledefinitions: 'role definitions at ',
    locks: 'locks on ',
    permissions: 'its own permissions on ',
  };
  return `The bot can’t ${words} ${things[reads?.toLowerCase() ?? ''] ?? ''}${thing}.`;
}

/** Azure Resource Manager's text if the condition of a role assignment might be the cause. */
const conditionNotMet = /ABAC condition/i;
/** A vault names the deny assignment that refused the call; `null` if none did. */
const vaultDenied = /DenyAssignmentId: '?[0-9a-f]{8}-/i;

const denied =
  'A deny assignment blocks this, whatever roles the bot has. Azure creates deny assignments for managed applications, deployment stacks, and blueprints. Ask the owner of the one that created it to exclude the bot’s identity or to make this change (portal: Access control (IAM), Deny assignments), and then select Retry.';

/** For `DenyAssignmentAuthorizationFailed`. */
export const deniedRemedy = denied;

/** For `AuthorizationFailed` and related codes. */
export function roleRemedy(message: string): string {
  if (vaultDenied.test(message)) return denied;
  const missed = missingRightIn(message);
  if (missed === null) {
    return `Ask ${assigners} to check that the bot’s identity has the role “CMK bot”, and then select Retry.`;
  }
  const role = roleFor(missed.action);
  if (conditionNotMet.test(message) && assignsRoles.test(missed.action)) {
    return `${cannot(missed)} Either its identity doesn’t have the role “${role}”, or the condition isn’t fulfilled. Ask ${assigners} to compare both with infra/grant-condition.txt, and then select Retry. Don’t assign the role without the condition.`;
  }
  return `${cannot(missed)} Ask ${assigners} to assign ${roleWords(role)} to the bot’s identity, and then select Retry.`;
}

/** For a vault that refuses by its access policies. */
export const policyRemedy =
  'The vault’s access policies don’t give the bot’s identity the permission that Azure names. Ask the vault’s owner to add that key permission for it and no other, and then select Retry.';

/** For permissions that a check found missing. */
export const rolesRemedy = (missed: readonly string[]): string => {
  const named = [...new Set(missed.map(roleFor))];
  return `Ask ${assigners} to assign ${joinList(named.map(roleWords))} to the bot’s identity.`;
};

/** Built-in role in a vault with role-based access; in a vault with access policies, the key permission. */
const doers: Readonly<Record<RoleTask['task'], Readonly<Record<RoleTask['by'], string>>>> = {
  'recover-key': {
    'role-assignments': 'A Key Vault Crypto Officer',
    'access-policies': 'Someone with the key permission Recover',
  },
  'enable-key-version': {
    'role-assignments': 'A Key Vault Crypto Officer',
    'access-policies': 'Someone with the key permission Update',
  },
  'disable-key-version': {
    'role-assignments': 'A Key Vault Crypto Officer',
    'access-policies': 'Someone with the key permission Update',
  },
};

const roleTasks: Readonly<Record<RoleTask['task'], (task: RoleTask) => string>> = {
  'recover-key': ({ keyName }) => `recover key ${keyName}`,
  'enable-key-version': ({ keyName, keyVersion }) => `enable version ${shortVersion(keyVersion)} of key ${keyName}`,
  'disable-key-version': ({ keyName, keyVersion }) => `disable version ${shortVersion(keyVersion)} of key ${keyName}`,
};

const setEnabled = ({ vault, keyName, keyVersion }: RoleTask, enabled: boolean): string =>
  `az keyvault key set-attributes --vault-name ${vault} --name ${keyName} --version ${keyVersion} --enabled ${enabled}`;

/** For an Azure command line. */
const commands: Readonly<Record<RoleTask['task'], (task: RoleTask) => string>> = {
  'recover-key': ({ vault, keyName }) => `az keyvault key recover --vault-name ${vault} --name ${keyName}`,
  'enable-key-version': (task) => setEnabled(task, true),
  'disable-key-version': (task) => setEnabled(task, false),
};

/** Recovering and enabling helps at once. Disabling is what the approval is for. */
export const roleTaskWords = ({ task }: RoleTask): string =>
  `The bot has no permission for this. ${
    task === 'disable-key-version'
      ? 'The command must run after the approval. The bot waits for it and checks the version.'
      : 'It waits for the command, before or after the approval, and checks the key.'
  }`;

export const roleTaskCommand = (task: RoleTask): string => commands[task.task](task);

/** `A Key Vault Crypto Officer must recover key cmk-triage` */
export const roleTaskTitle = (task: RoleTask): string =>
  `${doers[task.task][task.by]} must ${roleTasks[task.task](task)}`;

/** Who does it, in the text of an effect: `by a Key Vault Crypto Officer`. */
export const byRoleWords = 'done by a role of the vault, not by the bot';
