/**
 * What an operator types into `az`, area by area and in order, and what the real Azure would be seen to do: `shows` what is
 * printed, `refuses` what is said when it is not done. `{names}` are filled in. `unlike` says why the local Azure does otherwise.
 */
export interface AzCommand {
  readonly line: string;
  readonly ends: 'well' | 'refused';
  readonly says: RegExp;
  readonly unlike?: string;
}

const shows = (line: string, says = /^/, unlike?: string): AzCommand => command({ line, ends: 'well', says }, unlike);
const refuses = (line: string, says: RegExp, unlike?: string): AzCommand =>
  command({ line, ends: 'refused', says }, unlike);
const command = (done: AzCommand, unlike: string | undefined): AzCommand =>
  unlike === undefined ? done : { ...done, unlike };

const group = '-g rg-care-prod';
const agentType = '--resource-type Microsoft.HealthBot/healthBots';
const vaultType = '--resource-type Microsoft.KeyVault/vaults';
const care = '/subscriptions/{care}';
/** Built in: `Azure Health Bots should use customer-managed keys to encrypt data at rest`. */
const auditsKeys = '4d080fa5-a6d2-4f98-ba9c-f482d0d335c0';
const inGroup = `${care}/resourceGroups/rg-care-prod`;
const agents = `${inGroup}/providers/Microsoft.HealthBot/healthBots`;
const vault = `${inGroup}/providers/Microsoft.KeyVault/vaults/kv-care-prod`;
const officer = 'Key Vault Crypto Officer';
const encryption = 'Key Vault Crypto Service Encryption User';
const rest = (method: string, path: string, version: string, more = ''): string =>
  `az rest --method ${method} --url ${path}?api-version=${version} ${more}`.trim();

const places: readonly AzCommand[] = [
  shows('az cloud show', /"Local"/),
  shows('az account show', /"tenantId": "10000000-/),
  shows('az account list', /Care production[\s\S]*Research/),
  shows('az account set --subscription {care}'),
  shows('az account get-access-token --resource https://management.azure.com', /accessToken/),
  shows('az account get-access-token --resource https://vault.azure.net', /accessToken/),
  shows('az account get-access-token --resource https://storage.azure.com', /accessToken/),
  refuses('az account get-access-token --resource https://nobody.example', /AADSTS500011/),
  shows('az group list', /rg-care-prod/),
  shows('az group show -n rg-care-prod', /"provisioningState": "Succeeded"/),
  shows('az group exists -n rg-care-prod', /true/),
  shows('az group exists -n rg-nowhere', /false/),
  refuses('az group show -n rg-nowhere', /ResourceGroupNotFound/),
  shows('az provider show -n Microsoft.HealthBot', /"registrationState": "Registered"/),
  shows('az provider show -n Microsoft.KeyVault', /2026-02-01/),
  shows('az provider register -n Microsoft.HealthBot'),
  refuses('az provider show -n Microsoft.Nothing', /InvalidResourceNamespace/),
  shows(rest('get', '/subscriptions', '2022-12-01'), /Finance/),
  shows(rest('get', '/tenants', '2022-12-01'), /10000000-/),
];

const resources: readonly AzCommand[] = [
  shows('az resource list', /triage-agent-prod[\s\S]*kv-care-prod/),
  shows(`az resource list ${group}`, /virtual-visit-agent/),
  shows(`az resource list ${agentType}`, /ward-agent/),
  shows(`az resource list ${vaultType}`, /kv-hospital-keys/),
  shows('az resource list --name triage-agent-prod', /"name": "triage-agent-prod"/),
  shows('az resource list --tag environment=production', /triage-agent-prod/),
  shows('az resource list --tag environment=nothing', /^\[\]$/m),
  shows('az resource list --location northeurope', /ward-agent/),
  shows(`az resource show ${group} ${agentType} -n triage-agent-prod`, /"provisioningState": "Succeeded"/),
  shows(`az resource show --ids ${agents}/triage-agent-prod --api-version 2025-11-01`, /"C1"/),
  refuses(`az resource show ${group} ${agentType} -n nobody`, /ResourceNotFound/),
  refuses(`az resource show --ids ${agents}/triage-agent-prod --api-version 2019-01-01`, /InvalidResourceType/),
  shows(`az resource tag --ids ${agents}/triage-agent-prod --tags environment=production ward=7`, /"ward": "7"/),
  shows(`az resource update --ids ${agents}/triage-agent-prod --set tags.floor=3`, /"floor": "3"/),
  // It knows no 201, with which the real provider answers a change as well (recorded).
  refuses(`az resource patch --ids ${agents}/triage-agent-prod -p {"tags":{"floor":"4"}} --is-full-object`, /Created/),
  shows(`az resource show ${group} ${vaultType} -n kv-care-prod`, /"vaultUri"/),
  shows(`az resource list --query [].type`, /Microsoft\.KeyVault\/vaults/),
];

const agentCommands: readonly AzCommand[] = [
  shows(rest('get', `${care}/providers/Microsoft.HealthBot/healthBots`, '2025-11-01'), /vaccination-agent/),
  shows(rest('get', agents, '2025-11-01'), /visitor-agent/),
  shows(rest('get', `${agents}/triage-agent-prod`, '2025-11-01'), /botManagementPortalLink/),
  shows(rest('get', `${agents}/triage-agent-prod`, '2020-12-08'), /"name": "triage-agent-prod"/),
  shows(
    rest('put', `${agents}/new-agent`, '2025-11-01', '--body {"location":"westeurope","sku":{"name":"F0"}}'),
    /new-agent/,
  ),
  shows(rest('patch', `${agents}/new-agent`, '2025-11-01', '--body {"sku":{"name":"C1"}}'), /new-agent/),
  shows(
    rest('patch', `${agents}/new-agent`, '2025-11-01', '--body {"identity":{"type":"SystemAssigned"}}'),
    /new-agent/,
  ),
  shows(rest('get', `${agents}/new-agent`, '2025-11-01'), /"principalId"/),
  refuses(
    rest('put', `${agents}/triage-agent-prod`, '2025-11-01', '--body {"location":"northeurope","sku":{"name":"C1"}}'),
    /InvalidResourceLocation/,
  ),
  refuses(rest('patch', `${agents}/new-agent`, '2025-11-01', '--body {"sku":{"name":"Z9"}}'), /Bad Request|Invalid/i),
  refuses(rest('get', `${agents}/nobody`, '2025-11-01'), /ResourceNotFound/),
  shows(rest('post', `${agents}/new-agent/listSecrets`, '2025-11-01'), /^/, 'secrets of agents are not simulated'),
  shows(rest('delete', `${agents}/new-agent`, '2025-11-01')),
  refuses(rest('get', `${agents}/new-agent`, '2025-11-01'), /ResourceNotFound/),
  refuses(
    rest('get', '/subscriptions/00000000-0000-4000-8000-000000000000/resources', '2021-04-01'),
    // It looks among its own before it asks anybody.
    /Subscription .* not found/,
  ),
];

const vaults: readonly AzCommand[] = [
  shows('az keyvault list', /kv-care-prod[\s\S]*kv-hospital-keys/),
  shows(`az keyvault list ${group}`, /kv-policy-keys/),
  shows('az keyvault show -n kv-care-prod', /"enableRbacAuthorization": true/),
  shows(`az keyvault show -n kv-care-prod ${group}`, /"vaultUri"/),
  refuses(`az keyvault show -n kv-nobody ${group}`, /ResourceNotFound/),
  shows('az keyvault update -n kv-care-prod --enable-purge-protection true', /"enablePurgeProtection": true/),
  refuses('az keyvault update -n kv-hospital-keys --enable-purge-protection false', /enablePurgeProtection/),
  shows(`az keyvault update -n kv-policy-keys ${group} --set tags.owner=care`, /"owner": "care"/),
  shows(
    `az keyvault set-policy -n kv-policy-keys ${group} --object-id {bot} --key-permissions get wrapKey unwrapKey`,
    /wrapKey/,
  ),
  shows(`az keyvault delete-policy -n kv-policy-keys ${group} --object-id {bot}`, /kv-policy-keys/),
  shows(`az keyvault network-rule list -n kv-care-prod ${group}`),
  shows(`az keyvault network-rule add -n kv-policy-keys ${group} --ip-address 10.1.2.0/24`, /10\.1\.2\.0\/24/),
  shows(`az keyvault network-rule remove -n kv-policy-keys ${group} --ip-address 10.1.2.0/24`, /kv-policy-keys/),
  shows(`az keyvault update -n kv-policy-keys ${group} --public-network-access Disabled`, /Disabled/),
];

const keys: readonly AzCommand[] = [
  shows('az keyvault key show --vault-name kv-care-prod -n cmk-triage-agent', /"kty": "RSA"/),
  refuses('az keyvault key show --vault-name kv-lab -n cmk-lab', /Forbidden/),
  refuses('az keyvault key show --vault-name kv-care-prod -n nobody', /KeyNotFound/),
  shows('az keyvault key create --vault-name kv-care-prod -n az-key --kty RSA --size 3072', /az-key/),
  shows('az keyvault key create --vault-name kv-hospital-keys -n az-hsm --kty RSA-HSM', /RSA-HSM/),
  refuses('az keyvault key create --vault-name kv-care-prod -n az-hsm --kty RSA-HSM', /HSM|BadParameter/i),
  shows('az keyvault key create --vault-name kv-care-prod -n az-curve --kty EC --curve P-256', /P-256/),
  shows(
    'az keyvault key create --vault-name kv-care-prod -n az-key --kty RSA --ops wrapKey unwrapKey encrypt decrypt sign verify',
    /az-key/,
  ),
  shows('az keyvault key download --vault-name kv-care-prod -n az-key -f {folder}/az-key.pem'),
  shows('az keyvault key delete --vault-name kv-care-prod -n az-curve', /recoveryId/),
  refuses('az keyvault key show --vault-name kv-care-prod -n az-curve', /KeyNotFound/),
  shows('az keyvault key show-deleted --vault-name kv-care-prod -n az-curve', /scheduledPurgeDate/),
  refuses(
    'az keyvault key create --vault-name kv-care-prod -n az-curve --kty EC',
    /ObjectIsDeletedButRecoverable|deleted/i,
  ),
  refuses('az keyvault key purge --vault-name kv-care-prod -n az-curve', /Forbidden|purge/i),
  shows('az keyvault key recover --vault-name kv-care-prod -n az-curve', /az-curve/),
];

const roles: readonly AzCommand[] = [
  shows('az role definition list', /Key Vault Crypto Officer/),
  shows(`az role definition list --name {q}${officer}{q}`, /14b46e9e/),
  shows('az role definition list --custom-role-only true', /CMK bot/),
  shows(
    'az role definition show --name 14b46e9e-c2b7-41b4-b07b-48a6ebf60603 --scope /subscriptions/{care}',
    /Crypto Officer/,
  ),
  shows('az role assignment list', /"roleDefinitionName"/),
  shows('az role assignment list --all', /CMK bot/),
  shows(`az role assignment list --scope ${vault}`),
  shows(`az role assignment list --scope ${vault} --include-inherited`, /CMK bot grants[\s\S]*Key Vault Administrator/),
  shows('az role assignment list --assignee {bot} --all', /CMK bot grants/),
  shows(
    `az role assignment create --assignee-object-id {bot} --assignee-principal-type ServicePrincipal --role {q}${encryption}{q} --scope ${vault}/keys/az-key`,
    /e147488a/,
  ),
  shows(
    `az role assignment create --assignee-object-id {bot} --assignee-principal-type ServicePrincipal --role {q}${encryption}{q} --scope ${vault}/keys/az-key`,
    /e147488a/,
  ),
  refuses(
    `az role assignment create --assignee-object-id 99999999-0000-4000-8000-000000000000 --assignee-principal-type ServicePrincipal --role {q}${encryption}{q} --scope ${vault}`,
    /PrincipalNotFound/,
  ),
  refuses(
    `az role assignment create --assignee-object-id {bot} --assignee-principal-type ServicePrincipal --role {q}No such role{q} --scope ${vault}`,
    /doesn't exist/,
  ),
  shows(`az role assignment delete --assignee {bot} --role {q}${encryption}{q} --scope ${vault}/keys/az-key`),
  shows(`az role assignment list --scope ${vault}/keys/az-key`, /^\[\]$/m),
  shows(rest('get', `${vault}/providers/Microsoft.Authorization/permissions`, '2022-04-01'), /"actions"/),
  // Of applications it shows the app's id there.
  shows('az role assignment list --query [].principalName', /50000000-0000-4000-8000-000000000002/),
];

const locksAndPolicies: readonly AzCommand[] = [
  shows('az lock list', /"keep-keys"/),
  shows(
    `az lock create -n stay --lock-type CanNotDelete ${group} --resource-type Microsoft.KeyVault/vaults --resource kv-care-prod`,
    /CanNotDelete/,
  ),
  shows('az lock list', /"stay"/),
  refuses(`az keyvault delete -n kv-care-prod ${group}`, /ScopeLocked/),
  shows(`az lock delete -n stay ${group} --resource-type Microsoft.KeyVault/vaults --resource kv-care-prod`),
  shows(`az group lock list ${group}`, /^\[/m),
  shows(`az policy assignment create -n no-agents --policy ${auditsKeys} --scope ${inGroup}`, /no-agents/),
];

const directory: readonly AzCommand[] = [
  shows('az ad sp show --id {bot}', /CMK bot/),
  shows('az ad sp list --display-name CMK', /CMK bot/),
  shows('az ad user list', /displayName/),
  shows('az ad group list', /Key custodians/),
  shows('az ad group show -g 60000000-0000-4000-8000-0000000000c1', /Key custodians/),
  shows('az ad group member list -g 60000000-0000-4000-8000-0000000000c1', /displayName/),
  refuses('az ad sp show --id 99999999-0000-4000-8000-000000000000', /does not exist|not found/i),
];

const search: readonly AzCommand[] = [
  shows(graph('resources | where type == {s}microsoft.healthbot/healthbots{s} | project name'), /triage-agent-prod/),
  shows(graph('resources | project name, type'), /kv-care-prod/),
  refuses(graph('resources | where nothing == 1'), /Bad Request|InvalidQuery|BadRequest/),
  refuses(graph('resources | joins nothing'), /Bad Request|InvalidQuery|BadRequest/),
];

function graph(query: string): string {
  return `az rest --method post --url /providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01 --body {q}{"query":"${query}"}{q}`;
}

/** In the order in which they are typed. */
export const azCommands: Readonly<Record<string, readonly AzCommand[]>> = {
  'signing in, subscriptions, groups, providers': places,
  resources,
  agents: agentCommands,
  vaults,
  keys,
  'roles and rights': roles,
  'locks and policies': locksAndPolicies,
  directory,
  'Resource Graph': search,
};
