/**
 * Built-in roles and the bot's custom roles, which are those of `infra`. Built-in ones have Azure's own IDs and exactly Azure's
 * permissions (`azure/built-in-roles-raw.json` of iann0036/iam-dataset, 2026-08-22; the same in
 * maciejporebski/azure-rbac-change-tracking).
 */

import mainRole from '../../../infra/custom-role.json' with { type: 'json' };
import grantsRole from '../../../infra/custom-role-grants.json' with { type: 'json' };
import logsRole from '../../../infra/custom-role-logs.json' with { type: 'json' };
import storageRole from '../../../infra/custom-role-storage-account.json' with { type: 'json' };
import { subscriptionScope } from '../arm/ids.ts';
import type { Permission, RoleDefinition } from './principals.ts';
import { subscriptions } from './seed-places.ts';

export const roles = {
  owner: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
  keyVaultAdministrator: '00482a5a-887f-4fb3-b363-3b7fe8e74483',
  cryptoServiceEncryptionUser: 'e147488a-f6f5-4113-8e2d-b22465e65bf6',
} as const;

export const botRoles = {
  main: '70000000-0000-4000-8000-000000000001',
  grants: '70000000-0000-4000-8000-000000000002',
  logs: '70000000-0000-4000-8000-000000000003',
  /** Assigned with the option `accounts`. */
  storage: '70000000-0000-4000-8000-000000000004',
} as const;

const roleOf =
  (type: RoleDefinition['type'], assignableScopes: string[]) =>
  (id: string, roleName: string, rights: Partial<Permission>): RoleDefinition => ({
    id,
    roleName,
    description: roleName,
    type,
    permissions: [{ actions: [], notActions: [], dataActions: [], notDataActions: [], ...rights }],
    assignableScopes,
  });
const builtIn = roleOf('BuiltInRole', ['/']);

/** As `infra/grant-azure.sh` creates them: assignable in the subscriptions that the bot acts in. */
const custom = roleOf('CustomRole', [subscriptionScope(subscriptions.care), subscriptionScope(subscriptions.research)]);
const ofBot = [
  { id: botRoles.main, file: mainRole },
  { id: botRoles.grants, file: grantsRole },
  { id: botRoles.logs, file: logsRole },
  { id: botRoles.storage, file: storageRole },
].map(({ id, file }) => custom(id, file.Name, { actions: file.Actions, dataActions: file.DataActions }));

const keys = 'Microsoft.KeyVault/vaults/keys';
const secrets = 'Microsoft.KeyVault/vaults/secrets';
const assignments = 'Microsoft.Authorization/roleAssignments';

/** Splits a list of names at white space. */
const names = (text: string): string[] => text.split(/\s+/).filter((name) => name !== '');

/** Actions of all Key Vault roles, besides data actions. Only the reader lacks deployments. */
const readingVaults = `Microsoft.Authorization/*/read Microsoft.Insights/alertRules/*
  Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/*
  Microsoft.KeyVault/checkNameAvailability/read Microsoft.KeyVault/deletedVaults/read
  Microsoft.KeyVault/locations/*/read Microsoft.KeyVault/vaults/*/read Microsoft.KeyVault/operations/read`;
const deployments = 'Microsoft.Resources/deployments/*';
const managingVaults = `${readingVaults} ${deployments}`;

/** The eight roles that the Data Access Administrator can assign and remove. */
const assignableByDataAccess = names(`
  00482a5a-887f-4fb3-b363-3b7fe8e74483 a4417e6f-fecd-4de8-b567-7b0420556985 14b46e9e-c2b7-41b4-b07b-48a6ebf60603
  e147488a-f6f5-4113-8e2d-b22465e65bf6 12338af0-0e69-4776-bea7-57ae8d297424 21090545-7ca7-4776-b22c-e363652d74d2
  b86a8fe4-44ce-4948-aee5-eccb2c155cd7 4633458b-17de-408a-b874-0445c86b69e6`).join(', ');
const onlyRoles = (verb: 'write' | 'delete', attribute: '@Request' | '@Resource'): string =>
  `((!(ActionMatches{'${assignments}/${verb}'})) OR (${attribute}[${assignments}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals{${assignableByDataAccess}}))`;

const dataAccessAdministrator = '8b54135c-b56d-4d72-a534-26097cfdc8d8';
const onlyAssignable = `${onlyRoles('write', '@Request')} AND ${onlyRoles('delete', '@Resource')}`;

/** ID, name, actions, actions that it lacks, and data actions. */
const builtInRoles = `
8e3af657-a8ff-443c-a75c-2fe8c4bcb635 | Owner | * | |
b24988ac-6180-42a0-ab88-20f7382dd24c | Contributor | * | Microsoft.Authorization/*/Delete
  Microsoft.Authorization/*/Write Microsoft.Authorization/elevateAccess/Action
  Microsoft.Blueprint/blueprintAssignments/write Microsoft.Blueprint/blueprintAssignments/delete
  Microsoft.Compute/galleries/share/action Microsoft.Purview/consents/write Microsoft.Purview/consents/delete
  Microsoft.Resources/deploymentStacks/manageDenySetting/action Microsoft.Subscription/cancel/action
  Microsoft.Subscription/enable/action |
acdd72a7-3385-48ef-bd42-f606fba81ae7 | Reader | */read | |
18d7d88d-d35e-4fb5-a5c3-7773c20a72d9 | User Access Administrator | */read Microsoft.Authorization/* Microsoft.Support/* | |
f25e0fa2-a7c8-4377-a976-54943a77a395 | Key Vault Contributor | Microsoft.Authorization/*/read
  Microsoft.Insights/alertRules/* Microsoft.KeyVault/* ${deployments} Microsoft.Resources/subscriptions/resourceGroups/read
  Microsoft.Support/* | Microsoft.KeyVault/locations/deletedVaults/purge/action Microsoft.KeyVault/hsmPools/*
  Microsoft.KeyVault/managedHsms/* |
8b54135c-b56d-4d72-a534-26097cfdc8d8 | Key Vault Data Access Administrator | ${assignments}/write
  ${assignments}/delete Microsoft.Authorization/*/read ${deployments} Microsoft.Resources/subscriptions/resourceGroups/read
  Microsoft.Resources/subscriptions/read Microsoft.Management/managementGroups/read Microsoft.Support/*
  Microsoft.KeyVault/vaults/*/read | |
00482a5a-887f-4fb3-b363-3b7fe8e74483 | Key Vault Administrator | ${managingVaults} | | Microsoft.KeyVault/vaults/*
14b46e9e-c2b7-41b4-b07b-48a6ebf60603 | Key Vault Crypto Officer | ${managingVaults} | | ${keys}/*
  Microsoft.KeyVault/vaults/keyrotationpolicies/*
e147488a-f6f5-4113-8e2d-b22465e65bf6 | Key Vault Crypto Service Encryption User | Microsoft.EventGrid/eventSubscriptions/write
  Microsoft.EventGrid/eventSubscriptions/read Microsoft.EventGrid/eventSubscriptions/delete | | ${keys}/read
  ${keys}/wrap/action ${keys}/unwrap/action
12338af0-0e69-4776-bea7-57ae8d297424 | Key Vault Crypto User | | | ${keys}/read ${keys}/update/action ${keys}/backup/action
  ${keys}/encrypt/action ${keys}/decrypt/action ${keys}/wrap/action ${keys}/unwrap/action ${keys}/sign/action
  ${keys}/verify/action
4633458b-17de-408a-b874-0445c86b69e6 | Key Vault Secrets User | | | ${secrets}/getSecret/action ${secrets}/readMetadata/action
b86a8fe4-44ce-4948-aee5-eccb2c155cd7 | Key Vault Secrets Officer | ${managingVaults} | | ${secrets}/*
21090545-7ca7-4776-b22c-e363652d74d2 | Key Vault Reader | ${readingVaults} | | Microsoft.KeyVault/vaults/*/read
  ${secrets}/readMetadata/action
`
  .trim()
  .split(/\n(?! )/)
  .map((row): RoleDefinition => {
    const [id = '', name = '', actions = '', notActions = '', dataActions = ''] = row.split(/\s*\|\s*/);
    const limits = id === dataAccessAdministrator ? { condition: onlyAssignable, conditionVersion: '2.0' } : {};
    const rights = { actions: names(actions), notActions: names(notActions), dataActions: names(dataActions) };
    return builtIn(id, name, { ...rights, ...limits });
  });

export const seedRoleDefinitions = (): RoleDefinition[] => structuredClone([...builtInRoles, ...ofBot]);
