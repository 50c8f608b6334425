/**
 * Which right Azure asks for, call by call: written from Microsoft's own pages and lists, and of nothing that the Azure simulator
 * says. Paths have `{}` for one segment and `{*}` for any number of them, also none. Case does not count.
 */

/** Where a row comes from. */
const sources = {
  list: 'Microsoft’s list of provider operations (2025-12-24): what it says of the operation is this call',
  path: 'Azure Resource Manager asks for NAMESPACE/TYPE/…/VERB of the path (Microsoft, How Azure RBAC works); the name is listed',
  keys: 'Key Vault’s REST reference (7.5) names the key permission, Microsoft’s page on moving from access policies the data action',
  filtered: 'Azure shows what the caller may read, and refuses nothing',
  unlisted: 'no operation is listed for it',
} as const;

export type Kind = 'action' | 'data-action';

export interface OfficialCall {
  readonly method: string;
  readonly path: string;
  /** Null: no right of a role is asked for. */
  readonly right: string | null;
  readonly kind: Kind;
  readonly source: keyof typeof sources;
}

type Source = OfficialCall['source'];
const arm = (method: string, path: string, right: string | null, source: Source = 'path'): OfficialCall => ({
  ...{ kind: 'action', method, path, right, source },
});
const vault = (method: string, path: string, right: string): OfficialCall => ({
  ...{ kind: 'data-action', method, path, right, source: 'keys' },
});

const inSubscription = (path: string): string => `/subscriptions/{}/${path}`;
const inGroup = (path: string): string => `/subscriptions/{}/resourceGroups/{}/${path}`;
const authorization = (type: string): string => `{*}/providers/Microsoft.Authorization/${type}`;
const vaultProvider = (path: string): string => inSubscription(`providers/Microsoft.KeyVault/${path}`);

const agents = 'providers/Microsoft.HealthBot/healthBots';
const bots = 'providers/Microsoft.BotService/botServices';
const vaults = 'providers/Microsoft.KeyVault/vaults';
const keys = inGroup(`${vaults}/{}/keys`);

/** What has a scope in front of it. */
const extensions = [
  'roleAssignments',
  'roleDefinitions',
  'denyAssignments',
  'locks',
  'policyAssignments',
  'policyExemptions',
] as const;

const policyToken = inSubscription('providers/Microsoft.Authorization/acquirePolicyToken');
const policyDefinitions = inSubscription('providers/Microsoft.Authorization/policyDefinitions');

const onAuthorization: readonly OfficialCall[] = [
  ...extensions.flatMap((type) => [
    arm('GET', authorization(type), `Microsoft.Authorization/${type}/read`),
    arm('GET', authorization(`${type}/{}`), `Microsoft.Authorization/${type}/read`),
    arm('PUT', authorization(`${type}/{}`), `Microsoft.Authorization/${type}/write`),
    arm('DELETE', authorization(`${type}/{}`), `Microsoft.Authorization/${type}/delete`),
  ]),
  // "Policy token", listed as a read although it is a POST.
  arm('POST', policyToken, 'Microsoft.Authorization/acquirePolicyToken/read', 'list'),
  arm('GET', authorization('permissions'), 'Microsoft.Authorization/permissions/read'),
  // Built-in definitions are every tenant's.
  arm('GET', '/providers/Microsoft.Authorization/policyDefinitions', null, 'filtered'),
  arm('GET', '/providers/Microsoft.Authorization/policyDefinitions/{}', null, 'filtered'),
  arm('GET', policyDefinitions, 'Microsoft.Authorization/policyDefinitions/read'),
  arm('GET', `${policyDefinitions}/{}`, 'Microsoft.Authorization/policyDefinitions/read'),
  arm('PUT', `${policyDefinitions}/{}`, 'Microsoft.Authorization/policyDefinitions/write'),
  arm('DELETE', `${policyDefinitions}/{}`, 'Microsoft.Authorization/policyDefinitions/delete'),
];

const onAgents: readonly OfficialCall[] = [
  arm('GET', inSubscription(agents), 'Microsoft.HealthBot/healthBots/read', 'list'),
  arm('GET', inGroup(agents), 'Microsoft.HealthBot/healthBots/read', 'list'),
  arm('GET', inGroup(`${agents}/{}`), 'Microsoft.HealthBot/healthBots/read', 'list'),
  arm('PUT', inGroup(`${agents}/{}`), 'Microsoft.HealthBot/healthBots/write', 'list'),
  arm('PATCH', inGroup(`${agents}/{}`), 'Microsoft.HealthBot/healthBots/write', 'list'),
  arm('DELETE', inGroup(`${agents}/{}`), 'Microsoft.HealthBot/healthBots/delete', 'list'),
  arm('GET', '/providers/Microsoft.HealthBot/locations/{}/operationStatuses/{}', null, 'unlisted'),
  arm('GET', inSubscription(bots), 'Microsoft.BotService/botServices/read'),
  arm('GET', inGroup(`${bots}/{}`), 'Microsoft.BotService/botServices/read'),
  arm('PATCH', inGroup(`${bots}/{}`), 'Microsoft.BotService/botServices/write'),
  arm('GET', inGroup(`${bots}/{}/channels/{}`), 'Microsoft.BotService/botServices/channels/read'),
  arm('PUT', inGroup(`${bots}/{}/channels/{}`), 'Microsoft.BotService/botServices/channels/write'),
];

const deletedVault = vaultProvider('locations/{}/deletedVaults/{}');
const operationResult = vaultProvider('locations/{}/operationResults/{}');

const onVaults: readonly OfficialCall[] = [
  arm('GET', inSubscription(vaults), 'Microsoft.KeyVault/vaults/read', 'list'),
  arm('GET', inGroup(vaults), 'Microsoft.KeyVault/vaults/read', 'list'),
  arm('GET', inGroup(`${vaults}/{}`), 'Microsoft.KeyVault/vaults/read', 'list'),
  arm('PUT', inGroup(`${vaults}/{}`), 'Microsoft.KeyVault/vaults/write', 'list'),
  arm('PATCH', inGroup(`${vaults}/{}`), 'Microsoft.KeyVault/vaults/write', 'list'),
  arm('DELETE', inGroup(`${vaults}/{}`), 'Microsoft.KeyVault/vaults/delete', 'list'),
  arm('PUT', inGroup(`${vaults}/{}/accessPolicies/{}`), 'Microsoft.KeyVault/vaults/accessPolicies/write', 'list'),
  // "List the keys in a specified vault, or read the current version of a specified key", of one version something else.
  arm('GET', keys, 'Microsoft.KeyVault/vaults/keys/read', 'list'),
  arm('GET', `${keys}/{}`, 'Microsoft.KeyVault/vaults/keys/read', 'list'),
  arm('PUT', `${keys}/{}`, 'Microsoft.KeyVault/vaults/keys/write', 'list'),
  arm('GET', `${keys}/{}/versions`, 'Microsoft.KeyVault/vaults/keys/versions/read', 'list'),
  arm('GET', `${keys}/{}/versions/{}`, 'Microsoft.KeyVault/vaults/keys/versions/read', 'list'),
  arm('GET', vaultProvider('deletedVaults'), 'Microsoft.KeyVault/deletedVaults/read'),
  arm('GET', deletedVault, 'Microsoft.KeyVault/locations/deletedVaults/read', 'list'),
  arm('POST', `${deletedVault}/purge`, 'Microsoft.KeyVault/locations/deletedVaults/purge/action', 'list'),
  arm('GET', operationResult, 'Microsoft.KeyVault/locations/operationResults/read', 'list'),
  arm('POST', vaultProvider('checkNameAvailability'), 'Microsoft.KeyVault/checkNameAvailability/read', 'list'),
  arm('GET', vaultProvider('managedHSMs'), 'Microsoft.KeyVault/managedHSMs/read'),
  arm('GET', inGroup('providers/Microsoft.KeyVault/managedHSMs'), 'Microsoft.KeyVault/managedHSMs/read'),
  arm('GET', vaultProvider('deletedManagedHSMs'), 'Microsoft.KeyVault/deletedManagedHsms/read'),
];

const resources = 'Microsoft.Resources/subscriptions';
const activityLog = inSubscription('providers/Microsoft.Insights/eventtypes/management/values');

const onSubscriptions: readonly OfficialCall[] = [
  arm('GET', '/tenants', null, 'filtered'),
  arm('GET', '/subscriptions', null, 'filtered'),
  arm('GET', '/subscriptions/{}', `${resources}/read`, 'list'),
  arm('GET', inSubscription('resources'), `${resources}/resources/read`, 'list'),
  arm('GET', inGroup('resources'), `${resources}/resourcegroups/resources/read`, 'list'),
  arm('GET', inSubscription('resourceGroups'), `${resources}/resourceGroups/read`, 'list'),
  arm('GET', '/subscriptions/{}/resourceGroups/{}', `${resources}/resourceGroups/read`, 'list'),
  arm('GET', activityLog, 'Microsoft.Insights/eventtypes/values/read', 'list'),
  arm('GET', inSubscription('locations'), `${resources}/locations/read`, 'list'),
  arm('GET', inSubscription('providers'), `${resources}/providers/read`, 'list'),
  arm('GET', inSubscription('providers/{}'), `${resources}/providers/read`, 'list'),
];

const data = 'Microsoft.KeyVault/vaults';

const inVault: readonly OfficialCall[] = [
  vault('GET', '/keys', `${data}/keys/read`),
  vault('GET', '/keys/{}/rotationpolicy', `${data}/keyrotationpolicies/read`),
  vault('PUT', '/keys/{}/rotationpolicy', `${data}/keyrotationpolicies/write`),
  vault('GET', '/keys/{}', `${data}/keys/read`),
  vault('GET', '/keys/{}/{}', `${data}/keys/read`),
  vault('PUT', '/keys/{}', `${data}/keys/import/action`),
  vault('PATCH', '/keys/{}', `${data}/keys/update/action`),
  vault('PATCH', '/keys/{}/{}', `${data}/keys/update/action`),
  vault('DELETE', '/keys/{}', `${data}/keys/delete`),
  vault('POST', '/keys/restore', `${data}/keys/restore/action`),
  ...(['create', 'backup', 'rotate'] as const).map((use) =>
    vault('POST', `/keys/{}/${use}`, `${data}/keys/${use}/action`),
  ),
  ...(['encrypt', 'decrypt', 'sign', 'verify'] as const).flatMap((use) => [
    vault('POST', `/keys/{}/${use}`, `${data}/keys/${use}/action`),
    vault('POST', `/keys/{}/{}/${use}`, `${data}/keys/${use}/action`),
  ]),
  ...(['wrap', 'unwrap'] as const).flatMap((use) => [
    vault('POST', `/keys/{}/${use}Key`, `${data}/keys/${use}/action`),
    vault('POST', `/keys/{}/{}/${use}Key`, `${data}/keys/${use}/action`),
  ]),
  vault('GET', '/deletedkeys', `${data}/keys/read`),
  vault('GET', '/deletedkeys/{}', `${data}/keys/read`),
  vault('DELETE', '/deletedkeys/{}', `${data}/keys/purge/action`),
  vault('POST', '/deletedkeys/{}/recover', `${data}/keys/recover/action`),
  vault('GET', '/secrets/{}', `${data}/secrets/getSecret/action`),
  vault('GET', '/secrets/{}/{}', `${data}/secrets/getSecret/action`),
  vault('PUT', '/secrets/{}', `${data}/secrets/setSecret/action`),
];

/** The first row that fits is the call's. */
export const officialCalls: readonly OfficialCall[] = [
  ...onAuthorization,
  ...onAgents,
  ...onVaults,
  ...onSubscriptions,
  ...inVault,
];

const shapeOf = (path: string): RegExp => {
  const source = path
    .split('/')
    .map((part) => ({ '{}': '[^/]+', '{*}': '(?:.*)' })[part] ?? part.replaceAll('.', '\\.'))
    .join('/');
  return new RegExp(`^${source.replace(/^\(\?:\.\*\)\//, '(?:/.+)?/')}/?$`, 'i');
};
const shaped = officialCalls.map((call) => ({ call, shape: shapeOf(call.path) }));

/** The row about a call. */
export const officialCall = (method: string, path: string): OfficialCall | undefined =>
  shaped.find(({ call, shape }) => call.method === method && shape.test(`/${path}`.replace(/^\/+/, '/')))?.call;
