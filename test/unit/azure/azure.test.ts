import { seedRoleDefinitions } from '../../../sandbox/azure/state/seed-roles.ts';
import { allowedBy } from '../../../src/azure/arm/permissions.ts';
import { openCloud } from '../../../src/azure/clouds.ts';
import { templateOf } from '../../../src/azure/connection/call-tracing.ts';
import { powersOfPolicy, powersOfRole } from '../../../src/azure/key-vault/key-powers.ts';
import { openPortal } from '../../../src/azure/portal.ts';
import { RenewableCredential } from '../../../src/azure/sign-in/renewable-credential.ts';
import { ArmId, KeyName, KeyVersion } from '../../../src/domain/ids.ts';
import { keysNamedIn } from '../../../src/domain/resource-kind.ts';
import { readableKinds } from '../../../src/operations/resources/registry.ts';
import { link } from '../../../src/teams/cards/plain-text.ts';

const tenant = '30000000-0000-4000-8000-000000000001';
const group = '/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups';
const agent = ArmId.parse(`${group}/rg-care/providers/Microsoft.HealthBot/healthBots/triage`);
const name = KeyName.parse('cmk-triage');
const version = KeyVersion.parse('5'.repeat(32));
const of = (cloud: 'public' | 'usgovernment' | 'china') => openPortal(openCloud({ name: cloud }), tenant);

it.each([
  ['public', 'https://portal.azure.com', 'vault.azure.net'],
  ['china', 'https://portal.azure.cn', 'vault.azure.cn'],
] as const)('leads to the portal of the %s cloud', (cloud, origin, suffix) => {
  expect(of(cloud)?.resource(agent)).toBe(`${origin}/#@${tenant}/resource${agent}`);
  expect(of(cloud)?.key(`https://KV-care.${suffix}/`, name, version)).toBe(
    `${origin}/#@${tenant}/asset/Microsoft_Azure_KeyVault/Key/https://KV-care.${suffix}/keys/cmk-triage/${'5'.repeat(32)}`,
  );
});

it.each([
  'https://kv-care.vault.azure.cn/',
  'https://kv-care.vault.azure.net.example.com/',
  'https://kv-care.vault.azure.net/x)](https://example.com',
  '',
])('leads to no key of the vault at %p', (uri) => expect(of('public')?.key(uri, name, version)).toBeNull());

it('ends no link early, whatever a group is called', () => {
  const odd = ArmId.parse(`${group}/Pflege (Süd)]*'!/providers/Microsoft.HealthBot/healthBots/triage`);
  const url = of('public')?.resource(odd) ?? '';
  expect(url).toContain('/Pflege%20%28S%C3%BCd%29%5D%2A%27%21/');
  expect(link('Resource', url)).toBe(`[Resource](${url})`);
});

it.each(['http://portal.azure.com/x', 'https://portal.azure.com/x)'])('makes no link to %p', (url) =>
  expect(() => link('Resource', url)).toThrow('not an address'),
);

const id = '40000000-0000-4000-8000-000000000001';
const arm = 'https://management.azure.com';

it.each([
  [
    `${arm}/subscriptions/${id}/resourceGroups/rg-ward/providers/Microsoft.HealthBot/healthBots/ward-agent?api-version=1`,
    '/subscriptions/{id}/resourceGroups/{name}/providers/Microsoft.HealthBot/healthBots/{name}',
  ],
  [
    `${arm}/subscriptions/${id}/resourcegroups/providers/providers/Microsoft.KeyVault/vaults/keys/keys/vaults/versions`,
    '/subscriptions/{id}/resourcegroups/{name}/providers/Microsoft.KeyVault/vaults/{name}/keys/{name}/versions',
  ],
  ['https://graph.microsoft.com/v1.0/users/nurse@hospital.org?$select=id', '/v1.0/users/{name}'],
  [
    'https://kv-ward.vault.azure.net/keys/ward-key/0123456789abcdef0123456789abcdef/wrapkey?api-version=7.5',
    '/keys/{name}/{id}/wrapkey',
  ],
])('what is told of the address of a call %s', (url, template) => expect(templateOf(url)).toBe(template));

const none = { actions: [], notActions: [], dataActions: [], notDataActions: [] };
const assign = 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action';

// What Azure's Managed Identity Operator and Key Vault Reader have (built-in roles, 2026-08-22).
it.each([
  ['Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action', assign],
  ['Microsoft.KeyVault/vaults/*/read', 'Microsoft.KeyVault/vaults/read'],
  ['Microsoft.KeyVault/vaults/*/read', 'Microsoft.KeyVault/vaults/keys/versions/read'],
  ['microsoft.keyvault/VAULTS/*/READ', 'Microsoft.KeyVault/vaults/keys/read'],
])('a star between two slashes of an action is something or nothing: %s gives %s', (pattern, name) => {
  expect(allowedBy([{ ...none, actions: [pattern] }]).action(name)).toBe(true);
  expect(allowedBy([{ ...none, dataActions: [pattern] }]).dataAction(name)).toBe(true);
});

describe('powers over a key', () => {
  const role = (
    change: Partial<Record<keyof typeof none, string[]>>,
    access: 'role-assignments' | 'access-policies' = 'role-assignments',
  ) => powersOfRole([{ ...none, ...change }], access);
  const keys = 'Microsoft.KeyVault/vaults/keys';

  it.each([
    ['Owner', ['delete', 'purge', 'give-access'], ['delete', 'purge', 'give-access']],
    ['Reader', [], []],
    ['Key Vault Administrator', ['copy', 'change', 'delete', 'purge'], []],
    ['Key Vault Crypto Officer', ['copy', 'change', 'delete', 'purge'], []],
    ['Key Vault Crypto Service Encryption User', [], []],
    ['CMK bot', ['change', 'give-access'], ['give-access']],
  ])(
    'what Azure’s own roles let somebody do to a key %s: %j, and %j where the vault grants by access policy',
    (name, byRole, byPolicy) => {
      const permissions = seedRoleDefinitions().find(({ roleName }) => roleName === name)?.permissions ?? [];
      expect(permissions).not.toEqual([]);
      expect(powersOfRole(permissions, 'role-assignments')).toEqual(byRole);
      expect(powersOfRole(permissions, 'access-policies')).toEqual(byPolicy);
    },
  );

  describe('a role of one’s own', () => {
    it('counts whichever action is enough, by name or by wildcard, in any case', () => {
      expect(role({ dataActions: [`${keys}/backup/action`] })).toEqual(['copy']);
      expect(role({ dataActions: ['microsoft.keyvault/VAULTS/keys/*/action'] })).toEqual(['copy', 'change', 'purge']);
      expect(role({ actions: ['Microsoft.Resources/subscriptions/resourceGroups/*'] })).toEqual(['delete']);
      expect(role({ actions: ['Microsoft.Authorization/*/write'] })).toEqual(['give-access']);
      expect(role({ actions: ['*/delete'] })).toEqual(['delete']);
    });

    it.each([
      'Microsoft.Authorization/elevateAccess/action',
      'Microsoft.Authorization/roleAssignmentScheduleRequests/write',
      'Microsoft.Authorization/roleEligibilityScheduleRequests/write',
    ])('counts %s as a way to give access', (name) => expect(role({ actions: [name] })).toEqual(['give-access']));

    it('does not count what it takes out again', () => {
      expect(
        role({ dataActions: [`${keys}/*`], notDataActions: [`${keys}/backup/action`, `${keys}/release/*`] }),
      ).toEqual(['change', 'delete', 'purge']);
      expect(
        role({ actions: ['*'], notActions: ['Microsoft.KeyVault/*', 'Microsoft.Authorization/*', '*/delete'] }),
      ).toEqual([]);
    });

    it('of data actions nothing is heeded in a vault that grants by access policy, whose policies are then what counts', () => {
      expect(role({ dataActions: [`${keys}/*`] }, 'access-policies')).toEqual([]);
      expect(role({ actions: ['Microsoft.KeyVault/vaults/accessPolicies/write'] }, 'access-policies')).toEqual([
        'give-access',
      ]);
      expect(role({ actions: ['Microsoft.KeyVault/vaults/accessPolicies/write'] })).toEqual([]);
    });
  });

  it.each([
    [['get', 'wrapKey', 'unwrapKey'], []],
    [['Get', 'List', 'Backup'], ['copy']],
    [['release'], ['copy']],
    [['update', 'import'], ['change']],
    [
      ['delete', 'purge'],
      ['delete', 'purge'],
    ],
    [['all'], ['copy', 'change', 'delete', 'purge']],
    [[], []],
  ])('what an access policy lets somebody do to a key %j: %j', (permissions, wanted) =>
    expect(powersOfPolicy(permissions)).toEqual(wanted),
  );
});

describe('types that use keys', () => {
  const vaultUri = 'https://kv.vault.azure.net';
  const keyName = 'cmk';
  const keyVersion = '0123456789abcdef0123456789abcdef';
  const address = `${vaultUri}/keys/${keyName}`;
  const parts = { keyName, keyVaultUri: vaultUri, keyVersion };
  const follows = { vaultUri, keyName, keyVersion: null };
  const pinned = { vaultUri, keyName, keyVersion };
  /** An account that went back to Microsoft's key still names its own. */
  const account = { keyvaultproperties: { keyname: keyName, keyvaulturi: vaultUri } };
  const encryption = (keyVaultProperties: unknown) => ({ encryption: { keyVaultProperties } });

  it.each<[string, object, readonly object[]]>([
    ['Microsoft.Sql/servers', { keyId: `${address}/${keyVersion}` }, [pinned]],
    ['Microsoft.EventHub/namespaces', encryption([parts, parts]), [pinned, pinned]],
    ['Microsoft.OperationalInsights/clusters', { keyVaultProperties: { ...parts, keyVersion: '' } }, [follows]],
    [
      'Microsoft.DBforPostgreSQL/flexibleServers',
      { dataEncryption: { primaryKeyURI: address, geoBackupKeyURI: `${address}/${keyVersion}` } },
      [follows, pinned],
    ],
    ['Microsoft.Storage/storageAccounts', { encryption: { keySource: 'Microsoft.Keyvault', ...account } }, [follows]],
  ])('%s names its key, and none where it has none', (type, properties, keys) => {
    const kind = readableKinds.find((one) => one.type === type) ?? { type, noun: '', keyAt: [] };
    expect(keysNamedIn(kind, properties).keys).toEqual(keys);
    const encryption = { keySource: 'Microsoft.Storage', ...account };
    for (const without of [{}, null, { encryption: null }, { encryption }])
      expect(keysNamedIn(kind, without).keys).toEqual([]);
  });
});

it('replaces a refused token once, whoever still has it', async () => {
  let asked = 0;
  let signIns = 0;
  const credential = new RenewableCredential(() => {
    signIns += 1;
    const signIn = signIns;
    const getToken = async () => {
      asked += 1;
      return { token: `token ${asked} of sign-in ${signIn}`, expiresOnTimestamp: Date.now() + 3_600_000 };
    };
    return { getToken };
  });
  const tokenFor = async (scope: string) => (await credential.getToken(scope))?.token ?? 'none';
  const graph = await tokenFor('graph');
  const arm = await tokenFor('arm');
  expect(credential.latest(graph)).toBe(graph);
  expect(await credential.replace(graph)).toBe('token 3 of sign-in 2');
  expect(await credential.replace(graph)).toBe('token 3 of sign-in 2');
  expect(credential.latest(graph)).toBe('token 3 of sign-in 2');
  expect(credential.latest(arm)).toBe(arm);
});
