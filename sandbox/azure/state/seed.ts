import { localTenantId } from '../../people.ts';
import { groupScope, keyId, vaultId } from '../arm/ids.ts';
import { vaultUri } from '../key-vault/vault-body.ts';
import { type OtherResource, SimulatorState } from './schema.ts';
import type { KeyVaultProperties } from './schema-agents.ts';
import {
  principals,
  seedAgentPrincipals,
  seedAgents,
  seedOperations,
  seedUserAssignedIdentities,
} from './seed-agents.ts';
import { assignment, seedGroups, seedPrincipals, seedRoleAssignments, seedUsers } from './seed-directory.ts';
import { logWorkspace, seedResourceGroups, seedSubscriptions, subscriptions } from './seed-places.ts';
import { roles, seedRoleDefinitions } from './seed-roles.ts';
import { keyInUse, seedVaults } from './seed-vaults.ts';

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

/** Returns a fresh state. Key material is new each time, and one key expires in two years; IDs and names are fixed. */
export const seedState = async (port: number, now: Date): Promise<SimulatorState> => {
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
  const grant = assignment(5, keyId(vault, key.name), roles.cryptoServiceEncryptionUser, principals.virtualVisit);
  return SimulatorState.parse({
    tenantId: localTenantId,
    port,
    subscriptions: seedSubscriptions(),
    resourceGroups: seedResourceGroups(),
    principals: [...seedPrincipals(), ...seedAgentPrincipals()],
    users: seedUsers(),
    groups: seedGroups(),
    roleDefinitions: seedRoleDefinitions(),
    roleAssignments: [...seedRoleAssignments(), grant],
    locks: [{ name: 'keep-keys', scope: vaultId(vault), level: 'CanNotDelete', notes: 'Keys in use' }],
    userAssignedIdentities: seedUserAssignedIdentities(),
    workspaces: [logWorkspace],
    agents,
    operations: seedOperations(agents),
    vaults,
    otherResources: seedOtherResources(properties),
    faults: [],
  });
};
