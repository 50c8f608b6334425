/**
 * Kinds whose keys the bot reads and never writes: one row each. Source: resource type definitions (Azure/bicep-types-az,
 * 2026-08-20).
 */
import type { KeyPlace } from '../../domain/resource-kind.ts';

const of = (type: string, noun: string, ...keyAt: readonly string[]): KeyPlace => ({
  type: `Microsoft.${type}`,
  noun,
  keyAt,
});

const following = (kind: KeyPlace): KeyPlace => ({ ...kind, follows: true });

const keyVaultProperties = 'encryption.keyVaultProperties';
const healthData = 'encryption.customerManagedKeyEncryption.keyEncryptionKeyUrl';
const dataEncryption = ['dataEncryption.primaryKeyURI', 'dataEncryption.geoBackupKeyURI'];
const managed = 'encryption.entities.managed';

export const readOnlyKinds: readonly KeyPlace[] = [
  of('AppConfiguration/configurationStores', 'App Configuration store', keyVaultProperties),
  of('Automation/automationAccounts', 'Automation account', keyVaultProperties),
  of('Batch/batchAccounts', 'Batch account', keyVaultProperties),
  of('CognitiveServices/accounts', 'AI services account', keyVaultProperties),
  {
    ...of('Compute/diskEncryptionSets', 'disk encryption set', 'activeKey'),
    rotatesBy: 'rotationToLatestKeyVersionEnabled',
  },
  following(of('ContainerRegistry/registries', 'container registry', keyVaultProperties)),
  of(
    'Databricks/workspaces',
    'Databricks workspace',
    `${managed}Services.keyVaultProperties`,
    `${managed}Disk.keyVaultProperties`,
  ),
  following(of('DataFactory/factories', 'data factory', 'encryption')),
  of('DBforMySQL/flexibleServers', 'MySQL server', ...dataEncryption),
  of('DBforPostgreSQL/flexibleServers', 'PostgreSQL server', ...dataEncryption),
  following(of('DocumentDB/databaseAccounts', 'Cosmos DB account', 'keyVaultKeyUri')),
  following(of('EventHub/namespaces', 'Event Hubs namespace', keyVaultProperties)),
  of('HealthcareApis/workspaces/dicomservices', 'DICOM service', healthData),
  of('HealthcareApis/workspaces/fhirservices', 'FHIR service', healthData),
  of('Kusto/clusters', 'Data Explorer cluster', 'keyVaultProperties'),
  of('MachineLearningServices/workspaces', 'Machine Learning workspace', keyVaultProperties),
  following(of('OperationalInsights/clusters', 'Log Analytics cluster', 'keyVaultProperties')),
  of('RecoveryServices/vaults', 'Recovery Services vault', keyVaultProperties),
  following(of('ServiceBus/namespaces', 'Service Bus namespace', keyVaultProperties)),
  // Its flag `autoRotationEnabled` is in the encryption protector, which Resource Graph doesn't list.
  { ...of('Sql/servers', 'SQL server', 'keyId'), rotatesBy: null },
  of('Synapse/workspaces', 'Synapse workspace', 'encryption.cmk.key'),
];
