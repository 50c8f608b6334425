/** Where each type of resource names its customer-managed key (resource type definitions, Azure/bicep-types-az, 2026-08-20). */
import { z } from 'zod';

interface KeyUserType {
  readonly type: string;
  readonly noun: string;
  /** Paths below `properties`. Each holds an address of a key, an object that names one, or a list of these. */
  readonly at: readonly string[];
}

const of = (type: string, noun: string, ...at: readonly string[]): KeyUserType => ({
  type: `microsoft.${type}`,
  noun,
  at,
});

const keyVaultProperties = 'encryption.keyVaultProperties';
const healthData = 'encryption.customerManagedKeyEncryption.keyEncryptionKeyUrl';

export const keyUserTypes: readonly KeyUserType[] = [
  of('appconfiguration/configurationstores', 'App Configuration store', keyVaultProperties),
  of('automation/automationaccounts', 'Automation account', keyVaultProperties),
  of('batch/batchaccounts', 'Batch account', keyVaultProperties),
  of('cognitiveservices/accounts', 'AI services account', keyVaultProperties),
  of('compute/diskencryptionsets', 'disk encryption set', 'activeKey'),
  of('containerregistry/registries', 'container registry', keyVaultProperties),
  of(
    'databricks/workspaces',
    'Databricks workspace',
    'encryption.entities.managedServices.keyVaultProperties',
    'encryption.entities.managedDisk.keyVaultProperties',
  ),
  of('datafactory/factories', 'data factory', 'encryption'),
  of('dbformysql/flexibleservers', 'MySQL server', 'dataEncryption.primaryKeyURI', 'dataEncryption.geoBackupKeyURI'),
  of(
    'dbforpostgresql/flexibleservers',
    'PostgreSQL server',
    'dataEncryption.primaryKeyURI',
    'dataEncryption.geoBackupKeyURI',
  ),
  of('documentdb/databaseaccounts', 'Cosmos DB account', 'keyVaultKeyUri'),
  of('eventhub/namespaces', 'Event Hubs namespace', keyVaultProperties),
  of('healthbot/healthbots', 'healthcare agent service', 'keyVaultProperties'),
  of('healthcareapis/workspaces/dicomservices', 'DICOM service', healthData),
  of('healthcareapis/workspaces/fhirservices', 'FHIR service', healthData),
  of('kusto/clusters', 'Data Explorer cluster', 'keyVaultProperties'),
  of('machinelearningservices/workspaces', 'Machine Learning workspace', keyVaultProperties),
  of('operationalinsights/clusters', 'Log Analytics cluster', 'keyVaultProperties'),
  of('recoveryservices/vaults', 'Recovery Services vault', keyVaultProperties),
  of('servicebus/namespaces', 'Service Bus namespace', keyVaultProperties),
  of('sql/servers', 'SQL server', 'keyId'),
  of('storage/storageaccounts', 'storage account', 'encryption.keyvaultproperties'),
  of('synapse/workspaces', 'Synapse workspace', 'encryption.cmk.key'),
];

/** Members of `properties` that the paths begin with. */
export const keyUserRoots: readonly string[] = [
  ...new Set(keyUserTypes.flatMap(({ at }) => at.map((path) => path.split('.')[0] ?? ''))),
];

export interface NamedKey {
  readonly vaultUri: string;
  readonly keyName: string;
  readonly keyVersion: string | null;
}

/** `https://VAULT/keys/NAME/VERSION` */
function fromAddress(address: string): readonly NamedKey[] {
  const [, vaultUri, keyName, keyVersion] = /^(https:\/\/[^/]+)\/keys\/([^/?]+)(?:\/([^/?]+))?/i.exec(address) ?? [];
  return vaultUri === undefined || keyName === undefined ? [] : [{ vaultUri, keyName, keyVersion: keyVersion ?? null }];
}

const Members = z.record(z.string(), z.unknown());
const addresses = ['keyidentifier', 'keyuri', 'keyurl', 'keyvaulturl'];

/** Providers spell the same member in different ways. */
function fromObject(value: unknown): readonly NamedKey[] {
  const members = Object.entries(Members.safeParse(value).data ?? {}).map(([name, one]) => [name.toLowerCase(), one]);
  const text = new Map(members.flatMap(([name, one]) => (typeof one === 'string' ? [[String(name), one]] : [])));
  const address = addresses.map((name) => text.get(name)).find((one) => one);
  if (address !== undefined) return fromAddress(address);
  const vaultUri = text.get('keyvaulturi') ?? text.get('vaultbaseurl');
  const keyName = text.get('keyname');
  return vaultUri && keyName ? [{ vaultUri, keyName, keyVersion: text.get('keyversion') || null }] : [];
}

const keysIn = (value: unknown): readonly NamedKey[] => {
  if (Array.isArray(value)) return value.flatMap(keysIn);
  return typeof value === 'string' ? fromAddress(value) : fromObject(value);
};

const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((found, name) => Members.safeParse(found).data?.[name], value);

export const keysNamedBy = (type: string, properties: unknown): readonly NamedKey[] =>
  (keyUserTypes.find((one) => one.type === type.toLowerCase())?.at ?? []).flatMap((path) =>
    keysIn(at(properties, path)),
  );
