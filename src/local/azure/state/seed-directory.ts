import { localGroups, localPeople, localTenantId, requester, secondApprover, teamMember } from '../../people.ts';
import { groupScope, vaultId } from '../arm/ids.ts';
import { hostPrincipalId } from '../identity/host-principal.ts';
import type { RoleAssignment, RoleDefinition, ServicePrincipal, User, UserGroup } from './schema-directory.ts';
import { logWorkspace, lookAlikeName, seededAt, subscriptions } from './seed-places.ts';

export const ownerPrincipalId = '50000000-0000-4000-8000-000000000001';
const botRoleId = '70000000-0000-4000-8000-000000000001';
const botGrantsRoleId = '70000000-0000-4000-8000-000000000002';
const botLogsRoleId = '70000000-0000-4000-8000-000000000003';

export const roles = {
  owner: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
  keyVaultAdministrator: '00482a5a-887f-4fb3-b363-3b7fe8e74483',
  cryptoServiceEncryptionUser: 'e147488a-f6f5-4113-8e2d-b22465e65bf6',
} as const;

export const principal = (
  id: string,
  displayName: string,
  more: Partial<Pick<ServicePrincipal, 'appId' | 'kind' | 'secret' | 'graphPermissions'>> = {},
): ServicePrincipal => ({
  id,
  appId: id,
  displayName,
  kind: 'ManagedIdentity',
  secret: null,
  secretEndsAt: null,
  graphPermissions: [],
  replicatedAt: seededAt,
  ...more,
});

export const seedPrincipals = (): ServicePrincipal[] => [
  principal(ownerPrincipalId, 'Owner', {
    kind: 'Application',
    secret: 'local',
    graphPermissions: ['Directory.Read.All', 'Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All'],
  }),
  principal(hostPrincipalId, 'CMK bot', {
    kind: 'Application',
    secret: 'local-bot',
    graphPermissions: ['User.Read.All', 'GroupMember.Read.All'],
  }),
];

export const seedUsers = (): User[] =>
  localPeople.map((person) => ({
    id: person.id,
    displayName: person.name,
    mail: person.email,
    userType: person.homeTenantId === localTenantId ? 'Member' : 'Guest',
  }));

/** Who looks after the hospital's keys. */
const custodians: UserGroup = {
  id: '60000000-0000-4000-8000-0000000000c1',
  displayName: 'Key custodians',
  memberIds: [secondApprover.id, teamMember.id],
};

export const seedGroups = (): UserGroup[] => [
  ...localGroups.map((group) => ({ id: group.id, displayName: group.name, memberIds: [...group.memberIds] })),
  custodians,
];

const role = (
  id: string,
  roleName: string,
  rights: { readonly actions?: string[]; readonly notActions?: string[]; readonly dataActions?: string[] },
): RoleDefinition => ({
  id,
  roleName,
  description: roleName,
  type: [botRoleId, botGrantsRoleId, botLogsRoleId].includes(id) ? 'CustomRole' : 'BuiltInRole',
  permissions: [
    {
      actions: rights.actions ?? [],
      notActions: rights.notActions ?? [],
      dataActions: rights.dataActions ?? [],
      notDataActions: [],
    },
  ],
  assignableScopes: ['/'],
});

const keyReadAndWrap = [
  'Microsoft.KeyVault/vaults/keys/read',
  'Microsoft.KeyVault/vaults/keys/wrap/action',
  'Microsoft.KeyVault/vaults/keys/unwrap/action',
];

const cryptoUser = [
  ...keyReadAndWrap,
  'Microsoft.KeyVault/vaults/keys/update/action',
  'Microsoft.KeyVault/vaults/keys/encrypt/action',
  'Microsoft.KeyVault/vaults/keys/decrypt/action',
  'Microsoft.KeyVault/vaults/keys/sign/action',
  'Microsoft.KeyVault/vaults/keys/verify/action',
];

/**
 * All a bot needs that reads inventories, protects vaults, makes keys and sets keys; nothing else. Written here a second time,
 * because this server shares nothing with the product: a test compares both lists with `infra/custom-role.json`.
 */
const botActions = [
  'Microsoft.Resources/subscriptions/read',
  'Microsoft.Resources/subscriptions/resources/read',
  'Microsoft.HealthBot/healthBots/read',
  'Microsoft.HealthBot/healthBots/write',
  'Microsoft.KeyVault/vaults/read',
  'Microsoft.KeyVault/vaults/write',
  'Microsoft.KeyVault/vaults/keys/read',
  'Microsoft.KeyVault/vaults/keys/write',
  'Microsoft.KeyVault/vaults/accessPolicies/write',
  'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action',
  'Microsoft.Authorization/roleAssignments/read',
  'Microsoft.Authorization/roleDefinitions/read',
  'Microsoft.Authorization/permissions/read',
  'Microsoft.Authorization/locks/read',
];

/** Of one table in a workspace, as Microsoft's page on access to tables has them. */
const botLogActions = [
  'Microsoft.OperationalInsights/workspaces/read',
  'Microsoft.OperationalInsights/workspaces/query/read',
  'Microsoft.OperationalInsights/workspaces/query/AZKVAuditLogs/read',
];

/** A list of its own: what the bot gains must not go to the built-in roles above. */
const botDataActions = [
  'Microsoft.KeyVault/vaults/keys/read',
  'Microsoft.KeyVault/vaults/keys/wrap/action',
  'Microsoft.KeyVault/vaults/keys/unwrap/action',
  'Microsoft.KeyVault/vaults/keys/create/action',
];

const assignments = 'Microsoft.Authorization/roleAssignments';

/** The right to give one role, to service principals only; Azure's own form of such a condition. */
const onlyEncryptionUser = `((!(ActionMatches{'${assignments}/write'})) OR (@Request[${assignments}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${roles.cryptoServiceEncryptionUser}} AND @Request[${assignments}:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal'}))`;

const contributorNotActions = [
  'Microsoft.Authorization/*/Delete',
  'Microsoft.Authorization/*/Write',
  'Microsoft.Authorization/elevateAccess/Action',
];

/** Built-in roles by Azure's own ids (Microsoft's list of built-in roles), and the bot's custom one. */
export const seedRoleDefinitions = (): RoleDefinition[] => [
  role(roles.owner, 'Owner', { actions: ['*'] }),
  role('b24988ac-6180-42a0-ab88-20f7382dd24c', 'Contributor', { actions: ['*'], notActions: contributorNotActions }),
  role('acdd72a7-3385-48ef-bd42-f606fba81ae7', 'Reader', { actions: ['*/read'] }),
  role(roles.keyVaultAdministrator, 'Key Vault Administrator', { dataActions: ['Microsoft.KeyVault/vaults/*'] }),
  role('14b46e9e-c2b7-41b4-b07b-48a6ebf60603', 'Key Vault Crypto Officer', {
    dataActions: ['Microsoft.KeyVault/vaults/keys/*', 'Microsoft.KeyVault/vaults/keyrotationpolicies/*'],
  }),
  role(roles.cryptoServiceEncryptionUser, 'Key Vault Crypto Service Encryption User', { dataActions: keyReadAndWrap }),
  role('12338af0-0e69-4776-bea7-57ae8d297424', 'Key Vault Crypto User', { dataActions: cryptoUser }),
  role('4633458b-17de-408a-b874-0445c86b69e6', 'Key Vault Secrets User', {
    dataActions: [
      'Microsoft.KeyVault/vaults/secrets/getSecret/action',
      'Microsoft.KeyVault/vaults/secrets/readMetadata/action',
    ],
  }),
  role('b86a8fe4-44ce-4948-aee5-eccb2c155cd7', 'Key Vault Secrets Officer', {
    dataActions: ['Microsoft.KeyVault/vaults/secrets/*'],
  }),
  role('21090545-7ca7-4776-b22c-e363652d74d2', 'Key Vault Reader', {
    actions: ['Microsoft.KeyVault/vaults/read'],
    dataActions: ['Microsoft.KeyVault/vaults/*/read'],
  }),
  role('f25e0fa2-a7c8-4377-a976-54943a77a395', 'Key Vault Contributor', { actions: ['Microsoft.KeyVault/*'] }),
  role('8b54135c-b56d-4d72-a534-26097cfdc8d8', 'Key Vault Data Access Administrator', {
    actions: ['Microsoft.Authorization/roleAssignments/*', 'Microsoft.KeyVault/vaults/*/read'],
  }),
  role(botRoleId, 'CMK bot', { actions: botActions, dataActions: botDataActions }),
  role(botGrantsRoleId, 'CMK bot grants', { actions: [`${assignments}/write`] }),
  role(botLogsRoleId, 'CMK bot logs', { actions: botLogActions }),
];

export const assignment = (
  n: number,
  scope: string,
  roleDefinitionId: string,
  principalId: string,
): RoleAssignment => ({
  name: `80000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  scope,
  roleDefinitionId,
  principalId,
  principalType: 'ServicePrincipal',
  description: null,
  condition: null,
  conditionVersion: null,
  createdOn: seededAt,
  createdBy: ownerPrincipalId,
  effectiveAt: seededAt,
});

const constrained = (grant: RoleAssignment): RoleAssignment => ({
  ...grant,
  condition: onlyEncryptionUser,
  conditionVersion: '2.0',
});

const lookAlike = vaultId({
  subscriptionId: subscriptions.research,
  resourceGroup: 'rg-research',
  name: lookAlikeName,
});

/** The bot holds its roles on every subscription but one. */
export const seedRoleAssignments = (): RoleAssignment[] => [
  assignment(1, '/', roles.owner, ownerPrincipalId),
  assignment(2, '/', roles.keyVaultAdministrator, ownerPrincipalId),
  assignment(3, `/subscriptions/${subscriptions.care}`, botRoleId, hostPrincipalId),
  assignment(4, `/subscriptions/${subscriptions.research}`, botRoleId, hostPrincipalId),
  constrained(assignment(5, `/subscriptions/${subscriptions.care}`, botGrantsRoleId, hostPrincipalId)),
  constrained(assignment(6, `/subscriptions/${subscriptions.research}`, botGrantsRoleId, hostPrincipalId)),
  {
    ...assignment(7, groupScope(subscriptions.care, 'rg-care-prod'), roles.keyVaultAdministrator, custodians.id),
    principalType: 'Group',
  },
  assignment(10, logWorkspace.id, botLogsRoleId, hostPrincipalId),
  // The one who asks owns the vault that looks like the hospital's.
  ...[roles.owner, roles.keyVaultAdministrator].map(
    (role, n): RoleAssignment => ({
      ...assignment(8 + n, lookAlike, role, requester.id),
      principalType: 'User',
    }),
  ),
];
