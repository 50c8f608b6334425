/** Shell commands to copy. */
import { processVariables, type Variables } from '../../config/env.ts';
import { isSecretSetting } from '../../config/settings/table.ts';
import { grantCondition } from '../../text/permission-remedies.ts';

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

export const command = (...words: readonly string[]): string => words.map(quoted).join(' ');

/** Settings that the deployment with azd makes itself. A test compares the list with infra. */
export const deploymentSettings: readonly string[] = [
  'PORT',
  'CMK_LISTEN',
  'MicrosoftAppType',
  'MicrosoftAppId',
  'MicrosoftAppTenantId',
  'AZURE_CLIENT_ID',
  'DATABASE_URL',
  'CMK_DATABASE_SIGN_IN',
  'CMK_DATABASE_OWNER_URL',
  'CMK_DATABASE_OWNER_CLIENT_ID',
  'CMK_SEAL_KEY_SECRET',
  'CMK_LOG_KEY_SECRET',
  'CMK_ANCHOR',
  'CMK_PUBLIC_URL',
];

/** Secrets that azd stores in the vault. */
export const azdSecrets: readonly string[] = [
  'CMK_STEP_UP_APP_SECRET',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'CMK_ALERT_WEBHOOK',
  'CMK_ALERT_WEBHOOK_SECRET',
];

export const readSecret = (variable: string): string => `read -rs ${variable} && export ${variable}`;

/** By default, azd compares only its own values with its last deployment, and skips one that changes none of them. */
const deployAgain = 'azd provision --no-state';

function changeWithAzd(variable: string): string {
  if (deploymentSettings.includes(variable)) return deployAgain;
  if (azdSecrets.includes(variable)) return `${readSecret(variable)} && azd up`;
  const named = variable === 'CMK_POLICY_FILE' ? 'CMK_POLICY' : variable;
  return `${command('azd', 'env', 'set', named, 'VALUE')} && ${deployAgain}`;
}

function changeInContainerApp(app: string, variable: string): string {
  const place = command('--name', app, '--resource-group', 'GROUP');
  const set = `az containerapp update ${place} --set-env-vars ${variable}`;
  if (!isSecretSetting(variable)) return `${set}=VALUE`;
  const secret = variable.toLowerCase().replaceAll('_', '-');
  const stored = `az containerapp secret set ${place} --secrets "${secret}=$${variable}"`;
  return `${readSecret(variable)} && ${stored} && ${set}=secretref:${secret}`;
}

/**
 * Returns the command that changes one setting. Azure Container Apps sets `CONTAINER_APP_NAME`, and the deployment with azd sets
 * `AZURE_ENV_NAME`. Elsewhere, the command asks for the value, checks it, and writes it to `.env`.
 */
export function changeSetting(variable: string): string {
  const { CONTAINER_APP_NAME: app, AZURE_ENV_NAME: environment } = processVariables();
  if (app === undefined) return command('cmk-bot', 'setup', '--set', variable);
  return environment === undefined ? changeInContainerApp(app, variable) : changeWithAzd(variable);
}

/** Returns the command that takes the owner of the tables from the bot, with the owner's managed identity if it has one. */
export function removeOwner(ownerClientId: string | null, variables: Variables = processVariables()): string {
  const { CONTAINER_APP_NAME: app, AZURE_ENV_NAME: environment } = variables;
  const variable = 'CMK_DATABASE_OWNER_URL';
  if (app === undefined) return command('cmk-bot', 'setup', '--set', `${variable}=`);
  if (environment !== undefined) return `azd env set CMK_MIGRATE false && ${deployAgain}`;
  const place = command('--name', app, '--resource-group', 'GROUP');
  const removed = `az containerapp update ${place} --remove-env-vars ${variable}`;
  if (ownerClientId === null) return removed;
  return `${removed} && az containerapp identity remove ${place} --user-assigned OWNER_IDENTITY`;
}

export const whoGivesRoles = (scope: string): string => `Owner or User Access Administrator of ${scope}`;

export const botRole = 'CMK bot';
const grantsRole = 'CMK bot grants';

/** `scope`: as a word for a shell. */
const giveRole = (role: string, objectId: string, scope: string): string =>
  `${command('az', 'role', 'assignment', 'create', '--role', role, '--assignee-object-id', objectId)} --assignee-principal-type ServicePrincipal --scope ${scope}`;

export const giveBotRole = (objectId: string, scope: string): string => giveRole(botRole, objectId, quoted(scope));

export const giveGrantsRole = (objectId: string, scope: string): string =>
  `${giveRole(grantsRole, objectId, quoted(scope))} --condition ${grantCondition} --condition-version 2.0`;

/**
 * Returns the command that lets an identity query one table of the workspace, in any subscription: it creates the role, or adds the
 * subscription to it. `objectId`: as a word for a shell.
 */
export const giveLogsRole = (objectId: string, workspaceId: string): string =>
  `bash infra/grant-azure.sh --yes --workspace "$(az account list --query '[].id' -o tsv | xargs -I% az monitor log-analytics ` +
  `workspace list --subscription % --query "[?customerId=='${workspaceId}'].id" -o tsv)" ${objectId}`;

const filledRole = (file: string, subscriptions: readonly string[]): string => {
  const scopes = subscriptions.map((id) => `"/subscriptions/${id}"`).join(',');
  return `sed 's#"/subscriptions/0.*0"#${scopes}#' ${file}`;
};

export const updateBotRole = (subscriptions: readonly string[]): string =>
  `az role definition update --role-definition "$(${filledRole('infra/custom-role.json', subscriptions)})"`;

/** Ids of application permissions, the same in every tenant (Microsoft Graph permissions reference). */
export const graphPermissionIds = {
  'GroupMember.Read.All': '98830695-27a2-44f7-8c18-0c3ebc9698f6',
  'User.Read.All': 'df021288-bdef-4463-88db-98f22de89214',
} as const;

const graphAppId = '00000003-0000-0000-c000-000000000000';

/**
 * Returns the command that grants an application permission of Microsoft Graph, including consent. Works for managed identities
 * too.
 */
export const giveGraphPermission = (graph: string, objectId: string, appRoleId: string): string => {
  const body = `{"principalId":"${objectId}","resourceId":"$(az ad sp show --id ${graphAppId} --query id -o tsv)","appRoleId":"${appRoleId}"}`;
  const uri = `${graph}/v1.0/servicePrincipals/${objectId}/appRoleAssignments`;
  return `${command('az', 'rest', '--method', 'POST', '--uri', uri)} --body "${body.replaceAll('"', '\\"')}"`;
};

export const newSecret = (appId: string): string =>
  `az ad app credential reset --id ${quoted(appId)} --append --years 1 --query password -o tsv`;

/** Synchronizes the machine's clock with a time server (systemd). */
export const setClock = [[command('timedatectl', 'set-ntp', 'true')], 'root on this machine'] as const;

/**
 * Returns the command that runs a statement as the tables' owner. The address isn't printed, because it can contain a password.
 */
export const asOwner = (statement: string): string =>
  `psql "$CMK_DATABASE_OWNER_URL" -v ON_ERROR_STOP=1 -c ${quoted(statement)}`;
