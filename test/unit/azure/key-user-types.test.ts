import { keysNamedBy, keyUserTypes } from '../../../src/azure/key-users.ts';

const [vaultUri, keyName, keyVersion] = ['https://kv.vault.azure.net', 'cmk', '0123456789abcdef0123456789abcdef'];
const address = `${vaultUri}/keys/${keyName}`;
const parts = { keyName, keyVaultUri: vaultUri, keyVersion };
const follows = { vaultUri, keyName, keyVersion: null };
const pinned = { vaultUri, keyName, keyVersion };

const encryption = (keyVaultProperties: unknown) => ({ encryption: { keyVaultProperties } });
const healthData = {
  encryption: { customerManagedKeyEncryption: { keyEncryptionKeyUrl: `${address}/${keyVersion}` } },
};

/** As each provider writes it. */
const shapes: Readonly<Record<string, readonly [properties: object, keys: readonly object[]]>> = {
  'Microsoft.AppConfiguration/configurationStores': [encryption({ keyIdentifier: address }), [follows]],
  'Microsoft.Automation/automationAccounts': [encryption({ keyName, keyvaultUri: vaultUri }), [follows]],
  'Microsoft.Batch/batchAccounts': [encryption({ keyIdentifier: address }), [follows]],
  'Microsoft.CognitiveServices/accounts': [encryption(parts), [pinned]],
  'Microsoft.Compute/diskEncryptionSets': [{ activeKey: { keyUrl: `${address}/${keyVersion}` } }, [pinned]],
  'Microsoft.ContainerRegistry/registries': [encryption({ keyIdentifier: address, identity: 'x' }), [follows]],
  'Microsoft.Databricks/workspaces': [
    {
      encryption: {
        entities: { managedServices: { keyVaultProperties: parts }, managedDisk: { keyVaultProperties: parts } },
      },
    },
    [pinned, pinned],
  ],
  'Microsoft.DataFactory/factories': [{ encryption: { keyName, vaultBaseUrl: vaultUri } }, [follows]],
  'Microsoft.DBforMySQL/flexibleServers': [{ dataEncryption: { primaryKeyURI: address } }, [follows]],
  'Microsoft.DBforPostgreSQL/flexibleServers': [
    { dataEncryption: { primaryKeyURI: address, geoBackupKeyURI: `${address}/${keyVersion}` } },
    [follows, pinned],
  ],
  'Microsoft.DocumentDB/databaseAccounts': [{ keyVaultKeyUri: address }, [follows]],
  'Microsoft.EventHub/namespaces': [encryption([parts, parts]), [pinned, pinned]],
  'Microsoft.HealthBot/healthBots': [{ keyVaultProperties: parts }, [pinned]],
  'Microsoft.HealthcareApis/workspaces/dicomservices': [healthData, [pinned]],
  'Microsoft.HealthcareApis/workspaces/fhirservices': [healthData, [pinned]],
  'Microsoft.Kusto/clusters': [{ keyVaultProperties: parts }, [pinned]],
  'Microsoft.MachineLearningServices/workspaces': [
    encryption({ keyIdentifier: address, keyVaultArmId: 'x' }),
    [follows],
  ],
  'Microsoft.OperationalInsights/clusters': [{ keyVaultProperties: { ...parts, keyVersion: '' } }, [follows]],
  'Microsoft.RecoveryServices/vaults': [encryption({ keyUri: address }), [follows]],
  'Microsoft.ServiceBus/namespaces': [encryption([parts]), [pinned]],
  'Microsoft.Sql/servers': [{ keyId: `${address}/${keyVersion}` }, [pinned]],
  'Microsoft.Storage/storageAccounts': [
    { encryption: { keyvaultproperties: { keyname: keyName, keyvaulturi: vaultUri } } },
    [follows],
  ],
  'Microsoft.Synapse/workspaces': [{ encryption: { cmk: { key: { name: 'k', keyVaultUrl: address } } } }, [follows]],
};

test('every type has its shape here', () => {
  const types = Object.keys(shapes).map((type) => type.toLowerCase());
  expect(keyUserTypes.map(({ type }) => type)).toEqual(types.sort());
});

describe.each(Object.entries(shapes))('%s', (type, [properties, keys]) => {
  test('names its key', () => expect(keysNamedBy(type, properties)).toEqual(keys));
  test.each([[{}], [null], [{ encryption: null }], [{ encryption: { keySource: 'Microsoft.Storage' } }]])(
    'names none in %j',
    (without) => {
      expect(keysNamedBy(type, without)).toEqual([]);
    },
  );
});

test('a type that is not listed names none', () => {
  expect(keysNamedBy('Microsoft.Web/sites', { keyVaultProperties: parts })).toEqual([]);
});
