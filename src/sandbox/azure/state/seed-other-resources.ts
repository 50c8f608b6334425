import { groupScope } from '../arm/ids.ts';
import type { OtherResource } from './schema.ts';
import type { KeyVaultProperties } from './schema-agents.ts';
import { subscriptions } from './seed-places.ts';

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
export const seedOtherResources = ({ keyVaultUri, keyName, keyVersion }: KeyVaultProperties): OtherResource[] => {
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
