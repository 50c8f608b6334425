import { localTenantId } from '../../people.ts';
import { groupScope, keyId } from '../arm/ids.ts';
import { vaultUri } from '../key-vault/vault-body.ts';
import { type OtherResource, Settings, type SimulatorState } from './schema.ts';
import type { KeyVaultProperties } from './schema-agents.ts';
import type { Vault, VaultKey } from './schema-vaults.ts';
import {
  principals,
  seedAgentPrincipals,
  seedAgents,
  seedOperations,
  seedUserAssignedIdentities,
} from './seed-agents.ts';
import { assignment, seedGroups, seedPrincipals, seedRoleAssignments, seedUsers } from './seed-directory.ts';
import { seedResourceGroups, seedSubscriptions, seedWorkspaces, subscriptions } from './seed-places.ts';
import { roles, seedRoleDefinitions } from './seed-roles.ts';
import { keyInUseName, seedVaults } from './seed-vaults.ts';

/** Object ids of their system-assigned identities. None has access to a key. */
const identity = (n: number) => ({
  type: 'SystemAssigned',
  principalId: `60000000-0000-4000-8000-0000000009${String(n).padStart(2, '0')}`,
});

const resource = (
  n: number,
  type: string,
  name: string,
  properties: Readonly<Record<string, unknown>>,
): OtherResource => {
  const [subscriptionId, resourceGroup] = [subscriptions.care, 'rg-care-prod'];
  const id = `${groupScope(subscriptionId, resourceGroup)}/providers/${type}/${name}`;
  return { id, name, type, location: 'westeurope', subscriptionId, resourceGroup, identity: identity(n), properties };
};

/** One of each way in which a type names its key (resource type definitions, Azure/bicep-types-az). */
const seedOtherResources = ({ keyVaultUri, keyName, keyVersion }: KeyVaultProperties): OtherResource[] => {
  const address = `${keyVaultUri.replace(/\/$/, '')}/keys/${keyName}`;
  return [
    resource(1, 'Microsoft.Storage/storageAccounts', 'stcareimaging', {
      encryption: {
        keySource: 'Microsoft.Keyvault',
        keyvaultproperties: { keyname: keyName, keyvaulturi: keyVaultUri },
      },
    }),
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
    resource(7, 'Microsoft.Storage/storageAccounts', 'stcarelogs', { encryption: { keySource: 'Microsoft.Storage' } }),
  ];
};

const keyInUse = (vaults: readonly Vault[]): { readonly vault: Vault; readonly key: VaultKey } => {
  for (const vault of vaults) {
    const key = vault.keys.find((one) => one.name === keyInUseName);
    if (key !== undefined) return { vault, key };
  }
  throw new Error(`no seeded vault has the key ${keyInUseName}`);
};

/** Returns a fresh state. Key material is new each time, and one key expires in two years; IDs and names are fixed. */
export const seedState = async (port: number, now: Date): Promise<SimulatorState> => {
  const vaults = (await seedVaults(now)).map((vault) => ({ ...vault, port: port + vault.n }));
  const used = keyInUse(vaults);
  const properties: KeyVaultProperties = {
    keyName: used.key.name,
    keyVaultUri: vaultUri(used.vault),
    keyVersion: used.key.versions[0]?.version ?? null,
    userIdentity: null,
  };
  const agents = seedAgents(properties);
  const grant = assignment(
    5,
    keyId(used.vault, used.key.name),
    roles.cryptoServiceEncryptionUser,
    principals.virtualVisit,
  );
  return {
    tenantId: localTenantId,
    port,
    latency: 'realistic',
    settings: Settings.parse({}),
    subscriptions: seedSubscriptions(),
    resourceGroups: seedResourceGroups(),
    principals: [...seedPrincipals(), ...seedAgentPrincipals()],
    users: seedUsers(),
    groups: seedGroups(),
    roleDefinitions: seedRoleDefinitions(),
    roleAssignments: [...seedRoleAssignments(), grant],
    denyAssignments: [],
    unregistered: [],
    locks: [
      {
        name: 'keep-keys',
        scope: keyId(used.vault, '').replace(/\/keys\/$/, ''),
        level: 'CanNotDelete',
        notes: 'Keys in use',
      },
    ],
    policyDefinitions: [],
    policyAssignments: [],
    policyExemptions: [],
    userAssignedIdentities: seedUserAssignedIdentities(),
    botServices: [],
    workspaces: seedWorkspaces(),
    agentCalls: [],
    agents,
    operations: seedOperations(agents),
    vaults,
    otherResources: seedOtherResources(properties),
    deletedVaults: [],
    lostData: [],
    changes: [],
    faults: [],
    circumstances: [],
    teamsSessions: [],
  };
};
