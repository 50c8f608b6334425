/** The first state of the Azure simulator. */

import mainRole from '../../../infra/custom-role.json' with { type: 'json' };
import grantsRole from '../../../infra/custom-role-grants.json' with { type: 'json' };
import logsRole from '../../../infra/custom-role-logs.json' with { type: 'json' };
import storageRole from '../../../infra/custom-role-storage-account.json' with { type: 'json' };
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
import { newKeyVersion, wantedVersion } from '../key-vault/keys.ts';
import { openAcls, vaultUri } from '../key-vault/vault-body.ts';
import { AgentContent, AgentOperation, type HealthBot, type KeyVaultProperties } from './agents.ts';
import { createdBy } from './fields.ts';
import {
  type Permission,
  RoleAssignment,
  type RoleDefinition,
  ServicePrincipal,
  User,
  UserGroup,
} from './principals.ts';
import {
  hostPrincipalId,
  type OtherResource,
  SimulatorState,
  type UserAssignedIdentity,
  type Workspace,
} from './schema.ts';
import { type AccessPolicy, type KeyVersion, Vault, type VaultKey } from './vaults.ts';

/** Default creation time of everything seeded. */
const seededAt = '2024-03-04T08:00:00.000Z';

/** A researcher's vault: one letter different from the hospital's `kv-hospital-keys`. */
const lookAlikeName = 'kv-hospita1-keys';

const subscriptions = {
  care: '40000000-0000-4000-8000-000000000001',
  research: '40000000-0000-4000-8000-000000000002',
  finance: '40000000-0000-4000-8000-000000000003',
} as const;

/** The workspace that gets the logs of all vaults. */
const logWorkspace: Workspace = {
  id: `${groupScope(subscriptions.care, 'rg-care-prod')}/providers/Microsoft.OperationalInsights/workspaces/log-care`,
  customerId: 'a0000000-0000-4000-8000-000000000001',
};

// Built-in roles and the bot's custom roles, which are those of `infra`. Built-in ones have Azure's own IDs and
// exactly Azure's permissions (`azure/built-in-roles-raw.json` of iann0036/iam-dataset, 2026-08-22; the same in
// maciejporebski/azure-rbac-change-tracking).

export const roles = {
  owner: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
  keyVaultAdministrator: '00482a5a-887f-4fb3-b363-3b7fe8e74483',
  cryptoServiceEncryptionUser: 'e147488a-f6f5-4113-8e2d-b22465e65bf6',
} as const;

const botRoles = {
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

const ownerPrincipalId = '50000000-0000-4000-8000-000000000001';
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

interface Place {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly location: string;
}

export const care: Place = {
  subscriptionId: subscriptions.care,
  resourceGroup: 'rg-care-prod',
  location: 'westeurope',
};
const careTest: Place = { ...care, resourceGroup: 'rg-care-test' };
const north: Place = { ...care, resourceGroup: 'rg-care-north', location: 'northeurope' };
const research: Place = { ...care, subscriptionId: subscriptions.research, resourceGroup: 'rg-research' };
const finance: Place = { ...care, subscriptionId: subscriptions.finance, resourceGroup: 'rg-finance' };
const lookAlike = vaultId({ ...research, name: lookAlikeName });

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

interface KeySpec {
  readonly kty?: KeyVersion['kty'];
  readonly keySize?: number;
  readonly keyOps?: readonly string[];
  readonly enabled?: boolean;
  readonly exp?: string;
  readonly createdAt?: string;
}

const wrapOnly = ['wrapKey', 'unwrapKey'];

const version = ({ kty = 'RSA', keySize, keyOps = wrapOnly, enabled, exp, createdAt = seededAt }: KeySpec) => {
  const attributes = { enabled, exp: exp === undefined ? null : Date.parse(exp) / 1000 };
  const asked = { kty, keySize, keyOps: kty.startsWith('EC') ? null : keyOps, attributes };
  return newKeyVersion(wantedVersion(asked), new Date(createdAt));
};

/** One entry for each version, oldest first. */
const key = async (name: string, ...specs: readonly KeySpec[]): Promise<VaultKey> => ({
  name,
  versions: await Promise.all((specs.length === 0 ? [{}] : specs).map(version)),
  deletedAt: null,
});

const vault = async (
  n: number,
  name: string,
  more: Partial<Vault>,
  keys: readonly Promise<VaultKey>[],
): Promise<Vault> =>
  Vault.parse({
    n,
    port: 0,
    subscriptionId: subscriptions.care,
    resourceGroup: 'rg-care-prod',
    name,
    location: 'westeurope',
    tenantId: localTenantId,
    enablePurgeProtection: true,
    systemData: createdBy(ownerPrincipalId, new Date(seededAt)),
    ...more,
    keys: await Promise.all(keys),
  });

const ownerPolicy = (): AccessPolicy => ({
  tenantId: localTenantId,
  objectId: ownerPrincipalId,
  applicationId: null,
  permissions: { keys: ['all'], secrets: [], certificates: [], storage: [] },
  keysBefore: [],
  effectiveAt: seededAt,
});

/** Today in two years, ISO 8601: the key is usable, whenever the state is seeded. */
const inTwoYears = (now: Date): string =>
  new Date(Date.UTC(now.getUTCFullYear() + 2, now.getUTCMonth(), now.getUTCDate())).toISOString();

/** A usable key, and one key for each reason that makes a key unusable. */
const careKeys = (now: Date): Promise<VaultKey>[] => [
  key('cmk-triage-agent', { keySize: 3072, exp: inTwoYears(now) }),
  key('curve-signing', { kty: 'EC' }),
  key('disabled-wrapping', { enabled: false }),
  key('expired-wrapping', { exp: '2023-12-31T00:00:00Z' }),
  key('signing-only', { keyOps: ['sign', 'verify'] }),
];

/** Rotated a year after it was created; its agent stayed on the older version. */
const keyInUse = { vault: 'kv-hospital-keys', key: 'cmk-virtual-visit' } as const;

/** The first vault lacks only purge protection; each other one has another problem. Ports are set later. */
const seedVaults = (now: Date): Promise<Vault[]> =>
  Promise.all([
    vault(1, 'kv-care-prod', { enablePurgeProtection: false }, careKeys(now)),
    vault(2, keyInUse.vault, { sku: 'premium' }, [
      key(keyInUse.key, {}, { createdAt: '2025-03-04T08:00:00.000Z' }),
      key('hospital-data', { kty: 'RSA-HSM' }),
    ]),
    vault(3, 'kv-care-north', { resourceGroup: 'rg-care-north', location: 'northeurope' }, [key('cmk-north')]),
    vault(4, 'kv-policy-keys', { enableRbacAuthorization: false, accessPolicies: [ownerPolicy()] }, [
      key('cmk-policy'),
    ]),
    vault(5, 'kv-lab', { ...research, networkAcls: { ...openAcls, defaultAction: 'Deny' } }, [key('cmk-lab')]),
    vault(6, 'kv-legacy', { ...research, enableSoftDelete: false, enablePurgeProtection: false }, [key('cmk-legacy')]),
    // Another owner's vault: one letter different from the hospital's.
    vault(7, lookAlikeName, research, [key(keyInUse.key)]),
  ]);

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
