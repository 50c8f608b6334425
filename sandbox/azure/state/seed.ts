/** The first state of the Azure simulator. */

import {
  type LocalGroup,
  localGroups,
  localPeople,
  localTenantId,
  requester,
  secondApprover,
  teamMember,
} from '../../people.ts';
import { newEtag, newOperationId } from '../agents/operations.ts';
import { accountType, agentId, groupScope, keyId, resourceId, subscriptionScope, vaultId } from '../arm/ids.ts';
import { vaultUri } from '../key-vault/vault-body.ts';
import { AgentContent, AgentOperation, type HealthBot, type KeyVaultProperties } from './agents.ts';
import { createdBy } from './fields.ts';
import { RoleAssignment, ServicePrincipal, User, UserGroup } from './principals.ts';
import {
  hostPrincipalId,
  type OtherResource,
  SimulatorState,
  type UserAssignedIdentity,
  type Workspace,
} from './schema.ts';
import {
  care,
  careTest,
  finance,
  lookAlike,
  north,
  ownerPrincipalId,
  type Place,
  research,
  seededAt,
  subscriptions,
} from './seed-places.ts';
import { botRoles, roles, seedRoleDefinitions } from './seed-roles.ts';
import { keyInUse, seedVaults } from './seed-vaults.ts';

/** The workspace that gets the logs of all vaults. */
const logWorkspace: Workspace = {
  id: `${groupScope(subscriptions.care, 'rg-care-prod')}/providers/Microsoft.OperationalInsights/workspaces/log-care`,
  customerId: 'a0000000-0000-4000-8000-000000000001',
};

const principal = (
  id: string,
  displayName: string,
  more: Partial<Pick<ServicePrincipal, 'appId' | 'kind' | 'secret' | 'graphPermissions'>> = {},
): ServicePrincipal =>
  ServicePrincipal.parse({
    id,
    appId: id,
    displayName,
    kind: 'ManagedIdentity',
    graphPermissions: [],
    replicatedAt: seededAt,
    ...more,
  });

const seedPrincipals = (): ServicePrincipal[] => [
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
  principal(principals.virtualVisit, 'virtual-visit-agent'),
  principal(principals.ward, 'ward-agent'),
  principal(principals.wellness, 'wellness-agent'),
  principal(principals.visitorShared, 'id-visitor'),
];

const seedUsers = (): User[] =>
  localPeople.map(({ id, name, email, homeTenantId }) =>
    User.parse({ id, displayName: name, mail: email, userType: homeTenantId === localTenantId ? 'Member' : 'Guest' }),
  );

/** The hospital's key custodians. */
const custodians: LocalGroup = {
  id: '60000000-0000-4000-8000-0000000000c1',
  name: 'Key custodians',
  memberIds: [secondApprover.id, teamMember.id],
};

const seedGroups = (): UserGroup[] =>
  [...localGroups, custodians].map(({ name, ...group }) => UserGroup.parse({ ...group, displayName: name }));

/** Azure's own form of a condition that allows one role, for service principals only. */
const onlyEncryptionUser = `((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${roles.cryptoServiceEncryptionUser}} AND @Request[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal'}))`;

const assignment = (n: number, scope: string, roleDefinitionId: string, principalId: string): RoleAssignment =>
  RoleAssignment.parse({
    name: `80000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    scope,
    roleDefinitionId,
    principalId,
    createdOn: seededAt,
    createdBy: ownerPrincipalId,
    effectiveAt: seededAt,
  });

const constrained = (grant: RoleAssignment) => ({ ...grant, condition: onlyEncryptionUser, conditionVersion: '2.0' });

/** The bot has its roles on every subscription except one. */
export const seedRoleAssignments = (): RoleAssignment[] => [
  assignment(1, '/', roles.owner, ownerPrincipalId),
  assignment(2, '/', roles.keyVaultAdministrator, ownerPrincipalId),
  assignment(3, `/subscriptions/${subscriptions.care}`, botRoles.main, hostPrincipalId),
  assignment(4, `/subscriptions/${subscriptions.research}`, botRoles.main, hostPrincipalId),
  constrained(assignment(5, `/subscriptions/${subscriptions.care}`, botRoles.grants, hostPrincipalId)),
  constrained(assignment(6, `/subscriptions/${subscriptions.research}`, botRoles.grants, hostPrincipalId)),
  {
    ...assignment(7, groupScope(subscriptions.care, 'rg-care-prod'), roles.keyVaultAdministrator, custodians.id),
    principalType: 'Group',
  },
  assignment(10, logWorkspace.id, botRoles.logs, hostPrincipalId),
  // The requester owns the vault whose name looks like the hospital's.
  ...[roles.owner, roles.keyVaultAdministrator].map(
    (role, n): RoleAssignment => ({ ...assignment(8 + n, lookAlike, role, requester.id), principalType: 'User' }),
  ),
];

/** With these, the bot can read storage accounts, and put them under keys. */
const accountAssignments = (): RoleAssignment[] =>
  [subscriptions.care, subscriptions.research].map((id, n) =>
    assignment(11 + n, subscriptionScope(id), botRoles.storage, hostPrincipalId),
  );

const identityOf = (n: number): string => `90000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** Principals of the seeded identities. */
const principals = {
  virtualVisit: identityOf(1),
  ward: identityOf(2),
  wellness: identityOf(3),
  visitorShared: identityOf(4),
} as const;

const visitorIdentity: UserAssignedIdentity = {
  id: `${groupScope(subscriptions.care, 'rg-care-prod')}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-visitor`,
  location: 'westeurope',
  principalId: principals.visitorShared,
  clientId: principals.visitorShared,
};

const system = (principalId: string): AgentContent['identity'] => ({
  type: 'SystemAssigned',
  principalId,
  userAssignedIds: [],
});

export const newAgent = (
  name: string,
  place: Place,
  createdAt: string,
  content: Partial<AgentContent> = {},
): HealthBot => ({
  ...place,
  name,
  etag: newEtag(),
  provisioningState: 'Succeeded',
  content: AgentContent.parse(content),
  systemData: createdBy(ownerPrincipalId, new Date(createdAt)),
});

/** `triage-agent-prod` is the first by name, and has no problems. */
const seedAgents = (keyInUse: KeyVaultProperties): HealthBot[] => [
  newAgent('triage-agent-prod', care, '2024-05-14T09:30:00.000Z', { sku: 'C1', tags: { environment: 'production' } }),
  newAgent('triage-agent-test', careTest, '2025-01-20T14:05:00.000Z', { sku: 'F0', tags: { environment: 'test' } }),
  newAgent('vaccination-agent', care, '2021-06-03T07:45:00.000Z'),
  newAgent('virtual-visit-agent', care, '2023-09-11T10:00:00.000Z', {
    identity: system(principals.virtualVisit),
    keyVaultProperties: keyInUse,
  }),
  newAgent('visitor-agent', care, '2024-08-27T12:20:00.000Z', {
    identity: { type: 'UserAssigned', principalId: null, userAssignedIds: [visitorIdentity.id] },
  }),
  { ...newAgent('waiting-list-agent', care, '2025-03-18T16:40:00.000Z'), provisioningState: 'Accepted' },
  newAgent('ward-agent', north, '2024-02-06T11:10:00.000Z', { identity: system(principals.ward) }),
  newAgent('wages-agent', finance, '2024-10-01T08:00:00.000Z'),
  newAgent('wellness-agent', research, '2025-06-30T09:00:00.000Z', {
    sku: 'PES',
    identity: system(principals.wellness),
  }),
  newAgent('x-ray-agent', research, '2022-11-15T13:30:00.000Z'),
];

/** An operation that never ends, for the agent that stays `Accepted`. */
const seedOperations = (agents: readonly HealthBot[]): AgentOperation[] =>
  agents
    .filter((one) => one.provisioningState === 'Accepted')
    .map((one) =>
      AgentOperation.parse({
        id: newOperationId(),
        agentId: agentId(one),
        location: one.location,
        startTime: seededAt,
        dueAt: null,
        before: one.content,
      }),
    );

/** None of these identities has access to a key. */
const resource = (n: number, type: string, name: string, properties: OtherResource['properties'], more = {}) => {
  const principalId = `60000000-0000-4000-8000-0000000009${String(n).padStart(2, '0')}`;
  const identity = { type: 'SystemAssigned' as const, principalId, userAssignedIds: [] };
  return { ...care, id: resourceId(type, { ...care, name }), name, type, identity, properties, ...more };
};

const account = { kind: 'StorageV2', sku: { name: 'Standard_LRS', tier: 'Standard' } };

/** One of each way in which a type names its key (resource type definitions, Azure/bicep-types-az). */
const seedOtherResources = ({ keyVaultUri, keyName, keyVersion }: KeyVaultProperties) => {
  const address = `${keyVaultUri.replace(/\/$/, '')}/keys/${keyName}`;
  const keyvaultproperties = { keyname: keyName, keyvaulturi: keyVaultUri };
  const underKey = { keySource: 'Microsoft.Keyvault', keyvaultproperties };
  return [
    resource(1, accountType, 'stcareimaging', { encryption: underKey }, account),
    resource(2, 'Microsoft.Sql/servers', 'sql-care', { keyId: `${address}/${keyVersion}` }),
    resource(3, 'Microsoft.Compute/diskEncryptionSets', 'des-care', {
      activeKey: { keyUrl: `${address}/${keyVersion}` },
      rotationToLatestKeyVersionEnabled: true,
    }),
    resource(4, 'Microsoft.DocumentDB/databaseAccounts', 'cosmos-care', { keyVaultKeyUri: address }),
    resource(5, 'Microsoft.AppConfiguration/configurationStores', 'appcs-care', {
      encryption: { keyVaultProperties: { keyIdentifier: address } },
    }),
    resource(6, 'Microsoft.ServiceBus/namespaces', 'sb-care', {
      encryption: { keySource: 'Microsoft.KeyVault', keyVaultProperties: [{ keyName, keyVaultUri, keyVersion: '' }] },
    }),
    resource(7, accountType, 'stcarelogs', { encryption: { keySource: 'Microsoft.Storage' } }, account),
  ];
};

/** Returns a fresh state. Key material is new each time, and one key expires in two years; IDs and names are fixed. */
export const seedState = async (port: number, now: Date, accounts: boolean): Promise<SimulatorState> => {
  const vaults = (await seedVaults(now)).map((vault) => ({ ...vault, port: port + vault.n }));
  const vault = vaults.find(({ name }) => name === keyInUse.vault);
  const key = vault?.keys.find(({ name }) => name === keyInUse.key);
  if (vault === undefined || key === undefined) throw new Error(`no seeded vault has the key ${keyInUse.key}`);
  const properties: KeyVaultProperties = {
    keyName: key.name,
    keyVaultUri: vaultUri(vault),
    keyVersion: key.versions[0]?.version ?? null,
    userIdentity: null,
  };
  const agents = seedAgents(properties);
  const otherResources = seedOtherResources(properties);
  const identities = otherResources.map(({ name, identity }) => principal(identity.principalId, name));
  const grant = assignment(5, keyId(vault, key.name), roles.cryptoServiceEncryptionUser, principals.virtualVisit);
  return SimulatorState.parse({
    tenantId: localTenantId,
    port,
    subscriptions: [
      { id: subscriptions.care, displayName: 'Care production' },
      { id: subscriptions.research, displayName: 'Research' },
      { id: subscriptions.finance, displayName: 'Finance' },
    ],
    resourceGroups: [care, north, careTest, research, finance].map((one) => ({ ...one, name: one.resourceGroup })),
    principals: [...seedPrincipals(), ...identities],
    users: seedUsers(),
    groups: seedGroups(),
    roleDefinitions: seedRoleDefinitions(),
    roleAssignments: [...seedRoleAssignments(), grant, ...(accounts ? accountAssignments() : [])],
    locks: [{ name: 'keep-keys', scope: vaultId(vault), level: 'CanNotDelete', notes: 'Keys in use' }],
    userAssignedIdentities: [visitorIdentity],
    workspaces: [logWorkspace],
    agents,
    operations: seedOperations(agents),
    vaults,
    otherResources,
    faults: [],
  });
};
