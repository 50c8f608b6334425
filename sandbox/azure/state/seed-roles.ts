/**
 * Built-in roles and the bot's custom roles, which are those of `infra`.
 * Built-in ones have Azure's own IDs and exactly Azure's permissions (`azure/built-in-roles-raw.json` of
 * iann0036/iam-dataset, 2026-08-22; the same in maciejporebski/azure-rbac-change-tracking).
 */
import mainRole from '../../../infra/custom-role.json' with { type: 'json' };
import grantsRole from '../../../infra/custom-role-grants.json' with { type: 'json' };
import logsRole from '../../../infra/custom-role-logs.json' with { type: 'json' };
import { subscriptionScope } from '../arm/ids.ts';
import type { Permission, RoleDefinition } from './schema-directory.ts';
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
].map(({ id, file }) => custom(id, file.Name, { actions: file.Actions, dataActions: file.DataActions }));

const keys = 'Microsoft.KeyVault/vaults/keys';
const secrets = 'Microsoft.KeyVault/vaults/secrets';
const assignments = 'Microsoft.Authorization/roleAssignments';

/** Actions of all Key Vault roles, besides data actions. Only the reader lacks deployments. */
const readingVaults = [
  'Microsoft.Authorization/*/read',
  'Microsoft.Insights/alertRules/*',
  'Microsoft.Resources/subscriptions/resourceGroups/read',
  'Microsoft.Support/*',
  'Microsoft.KeyVault/checkNameAvailability/read',
  'Microsoft.KeyVault/deletedVaults/read',
  'Microsoft.KeyVault/locations/*/read',
  'Microsoft.KeyVault/vaults/*/read',
  'Microsoft.KeyVault/operations/read',
];
const deployments = 'Microsoft.Resources/deployments/*';
const managingVaults = [...readingVaults, deployments];

/** The eight roles that the Data Access Administrator can assign and remove. */
const assignableByDataAccess = [
  '00482a5a-887f-4fb3-b363-3b7fe8e74483',
  'a4417e6f-fecd-4de8-b567-7b0420556985',
  '14b46e9e-c2b7-41b4-b07b-48a6ebf60603',
  'e147488a-f6f5-4113-8e2d-b22465e65bf6',
  '12338af0-0e69-4776-bea7-57ae8d297424',
  '21090545-7ca7-4776-b22c-e363652d74d2',
  'b86a8fe4-44ce-4948-aee5-eccb2c155cd7',
  '4633458b-17de-408a-b874-0445c86b69e6',
].join(', ');
const onlyRoles = (verb: 'write' | 'delete', attribute: '@Request' | '@Resource'): string =>
  `((!(ActionMatches{'${assignments}/${verb}'})) OR (${attribute}[${assignments}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals{${assignableByDataAccess}}))`;

const forResources: readonly RoleDefinition[] = [
  builtIn(roles.owner, 'Owner', { actions: ['*'] }),
  builtIn('b24988ac-6180-42a0-ab88-20f7382dd24c', 'Contributor', {
    actions: ['*'],
    notActions: [
      'Microsoft.Authorization/*/Delete',
      'Microsoft.Authorization/*/Write',
      'Microsoft.Authorization/elevateAccess/Action',
      'Microsoft.Blueprint/blueprintAssignments/write',
      'Microsoft.Blueprint/blueprintAssignments/delete',
      'Microsoft.Compute/galleries/share/action',
      'Microsoft.Purview/consents/write',
      'Microsoft.Purview/consents/delete',
      'Microsoft.Resources/deploymentStacks/manageDenySetting/action',
      'Microsoft.Subscription/cancel/action',
      'Microsoft.Subscription/enable/action',
    ],
  }),
  builtIn('acdd72a7-3385-48ef-bd42-f606fba81ae7', 'Reader', { actions: ['*/read'] }),
  builtIn('18d7d88d-d35e-4fb5-a5c3-7773c20a72d9', 'User Access Administrator', {
    actions: ['*/read', 'Microsoft.Authorization/*', 'Microsoft.Support/*'],
  }),
  builtIn('f25e0fa2-a7c8-4377-a976-54943a77a395', 'Key Vault Contributor', {
    actions: [
      'Microsoft.Authorization/*/read',
      'Microsoft.Insights/alertRules/*',
      'Microsoft.KeyVault/*',
      deployments,
      'Microsoft.Resources/subscriptions/resourceGroups/read',
      'Microsoft.Support/*',
    ],
    notActions: [
      'Microsoft.KeyVault/locations/deletedVaults/purge/action',
      'Microsoft.KeyVault/hsmPools/*',
      'Microsoft.KeyVault/managedHsms/*',
    ],
  }),
  builtIn('8b54135c-b56d-4d72-a534-26097cfdc8d8', 'Key Vault Data Access Administrator', {
    actions: [
      `${assignments}/write`,
      `${assignments}/delete`,
      'Microsoft.Authorization/*/read',
      deployments,
      'Microsoft.Resources/subscriptions/resourceGroups/read',
      'Microsoft.Resources/subscriptions/read',
      'Microsoft.Management/managementGroups/read',
      'Microsoft.Support/*',
      'Microsoft.KeyVault/vaults/*/read',
    ],
    condition: `${onlyRoles('write', '@Request')} AND ${onlyRoles('delete', '@Resource')}`,
    conditionVersion: '2.0',
  }),
];

const forData: readonly RoleDefinition[] = [
  builtIn(roles.keyVaultAdministrator, 'Key Vault Administrator', {
    actions: managingVaults,
    dataActions: ['Microsoft.KeyVault/vaults/*'],
  }),
  builtIn('14b46e9e-c2b7-41b4-b07b-48a6ebf60603', 'Key Vault Crypto Officer', {
    actions: managingVaults,
    dataActions: [`${keys}/*`, 'Microsoft.KeyVault/vaults/keyrotationpolicies/*'],
  }),
  builtIn(roles.cryptoServiceEncryptionUser, 'Key Vault Crypto Service Encryption User', {
    actions: [
      'Microsoft.EventGrid/eventSubscriptions/write',
      'Microsoft.EventGrid/eventSubscriptions/read',
      'Microsoft.EventGrid/eventSubscriptions/delete',
    ],
    dataActions: [`${keys}/read`, `${keys}/wrap/action`, `${keys}/unwrap/action`],
  }),
  builtIn('12338af0-0e69-4776-bea7-57ae8d297424', 'Key Vault Crypto User', {
    dataActions: [
      `${keys}/read`,
      `${keys}/update/action`,
      `${keys}/backup/action`,
      `${keys}/encrypt/action`,
      `${keys}/decrypt/action`,
      `${keys}/wrap/action`,
      `${keys}/unwrap/action`,
      `${keys}/sign/action`,
      `${keys}/verify/action`,
    ],
  }),
  builtIn('4633458b-17de-408a-b874-0445c86b69e6', 'Key Vault Secrets User', {
    dataActions: [`${secrets}/getSecret/action`, `${secrets}/readMetadata/action`],
  }),
  builtIn('b86a8fe4-44ce-4948-aee5-eccb2c155cd7', 'Key Vault Secrets Officer', {
    actions: managingVaults,
    dataActions: [`${secrets}/*`],
  }),
  builtIn('21090545-7ca7-4776-b22c-e363652d74d2', 'Key Vault Reader', {
    actions: readingVaults,
    dataActions: ['Microsoft.KeyVault/vaults/*/read', `${secrets}/readMetadata/action`],
  }),
];

export const seedRoleDefinitions = (): RoleDefinition[] => structuredClone([...forResources, ...forData, ...ofBot]);
