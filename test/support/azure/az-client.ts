import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { repository, surroundings } from '../processes/surroundings.ts';
import type { RunningAzure } from './local-azure.ts';
import { bot, careId, owner, tenantId } from './local-azure-names.ts';

/**
 * What an operator types into `az`, area by area and in order, and what the real Azure would be seen to do: `shows` what is
 * printed, `refuses` what is said when it is not done. `{names}` are filled in.
 */
const shows = (line: string, says = /^/) => ({ line, ends: 'well', says });
const refuses = (line: string, says: RegExp) => ({ line, ends: 'refused', says });

const group = '-g rg-care-prod';
const agentType = '--resource-type Microsoft.HealthBot/healthBots';
const care = '/subscriptions/{care}';
/** Built in: `Azure Health Bots should use customer-managed keys to encrypt data at rest`. */
const auditsKeys = '4d080fa5-a6d2-4f98-ba9c-f482d0d335c0';
const inGroup = `${care}/resourceGroups/rg-care-prod`;
const agents = `${inGroup}/providers/Microsoft.HealthBot/healthBots`;
const vault = `${inGroup}/providers/Microsoft.KeyVault/vaults/kv-care-prod`;
const officer = 'Key Vault Crypto Officer';
const encryption = 'Key Vault Crypto Service Encryption User';
const places = [
  shows('az cloud show', /"Local"/),
  shows('az account show', /"tenantId": "10000000-/),
  shows('az account list', /Care production[\s\S]*Research/),
  shows('az group show -n rg-care-prod', /"provisioningState": "Succeeded"/),
  refuses('az group show -n rg-nowhere', /ResourceGroupNotFound/),
  shows('az provider show -n Microsoft.HealthBot', /"registrationState": "Registered"/),
  shows('az provider register -n Microsoft.HealthBot'),
];

const resources = [
  shows(`az resource list ${agentType}`, /ward-agent/),
  shows(`az resource show ${group} ${agentType} -n triage-agent-prod`, /"provisioningState": "Succeeded"/),
  shows(`az resource show --ids ${agents}/triage-agent-prod --api-version 2025-11-01`, /"C1"/),
  refuses(`az resource show ${group} ${agentType} -n nobody`, /ResourceNotFound/),
  refuses(`az resource show --ids ${agents}/triage-agent-prod --api-version 2019-01-01`, /InvalidResourceType/),
  shows(`az resource update --ids ${agents}/triage-agent-prod --set tags.floor=3`, /"floor": "3"/),
];

const vaults = [
  shows('az keyvault list', /kv-care-prod[\s\S]*kv-hospital-keys/),
  shows('az keyvault show -n kv-care-prod', /"enableRbacAuthorization": true/),
  refuses(`az keyvault show -n kv-nobody ${group}`, /ResourceNotFound/),
  shows('az keyvault update -n kv-care-prod --enable-purge-protection true', /"enablePurgeProtection": true/),
  refuses('az keyvault update -n kv-hospital-keys --enable-purge-protection false', /enablePurgeProtection/),
  shows(
    `az keyvault set-policy -n kv-policy-keys ${group} --object-id {bot} --key-permissions get wrapKey unwrapKey`,
    /wrapKey/,
  ),
  shows(`az keyvault delete-policy -n kv-policy-keys ${group} --object-id {bot}`, /kv-policy-keys/),
  shows(`az keyvault update -n kv-policy-keys ${group} --public-network-access Disabled`, /Disabled/),
];

const keys = [
  shows('az keyvault key show --vault-name kv-care-prod -n cmk-triage-agent', /"kty": "RSA"/),
  refuses('az keyvault key show --vault-name kv-lab -n cmk-lab', /Forbidden/),
  refuses('az keyvault key show --vault-name kv-care-prod -n nobody', /KeyNotFound/),
  shows('az keyvault key create --vault-name kv-care-prod -n az-key --kty RSA --size 3072', /az-key/),
  shows('az keyvault key create --vault-name kv-care-prod -n az-curve --kty EC --curve P-256', /P-256/),
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

const roles = [
  shows(`az role definition list --name '${officer}'`, /14b46e9e/),
  shows('az role definition list --custom-role-only true', /CMK bot/),
  shows('az role assignment list --all', /CMK bot/),
  shows(`az role assignment list --scope ${vault} --include-inherited`, /CMK bot grants[\s\S]*Key Vault Administrator/),
  shows('az role assignment list --assignee {bot} --all', /CMK bot grants/),
  shows(
    `az role assignment create --assignee-object-id {bot} --assignee-principal-type ServicePrincipal --role '${encryption}' --scope ${vault}/keys/az-key`,
    /e147488a/,
  ),
  shows(
    `az role assignment create --assignee-object-id {bot} --assignee-principal-type ServicePrincipal --role '${encryption}' --scope ${vault}/keys/az-key`,
    /e147488a/,
  ),
  refuses(
    `az role assignment create --assignee-object-id 99999999-0000-4000-8000-000000000000 --assignee-principal-type ServicePrincipal --role '${encryption}' --scope ${vault}`,
    /PrincipalNotFound/,
  ),
  refuses(
    `az role assignment create --assignee-object-id {bot} --assignee-principal-type ServicePrincipal --role 'No such role' --scope ${vault}`,
    /doesn't exist/,
  ),
  shows(`az role assignment delete --assignee {bot} --role '${encryption}' --scope ${vault}/keys/az-key`),
  shows(`az role assignment list --scope ${vault}/keys/az-key`, /^\[\]$/m),
];

const locksAndPolicies = [
  shows('az lock list', /"keep-keys"/),
  shows(
    `az lock create -n stay --lock-type CanNotDelete ${group} --resource-type Microsoft.KeyVault/vaults --resource kv-care-prod`,
    /CanNotDelete/,
  ),
  shows('az lock list', /"stay"/),
  refuses(`az keyvault delete -n kv-care-prod ${group}`, /ScopeLocked/),
  shows(`az lock delete -n stay ${group} --resource-type Microsoft.KeyVault/vaults --resource kv-care-prod`),
  shows(`az policy assignment create -n no-agents --policy ${auditsKeys} --scope ${inGroup}`, /no-agents/),
];

const directory = [
  shows('az ad sp show --id {bot}', /CMK bot/),
  shows('az ad group show -g 60000000-0000-4000-8000-0000000000c1', /Key custodians/),
  shows('az ad group member list -g 60000000-0000-4000-8000-0000000000c1', /displayName/),
  refuses('az ad sp show --id 99999999-0000-4000-8000-000000000000', /does not exist|not found/i),
];

/** In the order in which they are typed. */
export const azCommands = [places, resources, vaults, keys, roles, locksAndPolicies, directory].flat();

/** What a command did: as a person sees it. */
export interface AzOutcome {
  readonly endedWell: boolean;
  readonly printed: string;
  readonly said: string;
}

/** Names below localhost lead to this machine; where the system knows none of them, az is told. */
const names = `import socket
known = socket.getaddrinfo
def find(host, *more, **named):
    host = host.decode() if isinstance(host, bytes) else host
    return known('127.0.0.1' if str(host).endswith('.localhost') else host, *more, **named)
socket.getaddrinfo = find
`;

/** A line's words; quoted ones stay together. */
const wordsOf = (line: string, filled: Readonly<Record<string, string>>): readonly string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)]
    .map(([, quoted, bare]) => quoted ?? bare ?? '')
    .map((word) => word.replaceAll(/\{(\w+)\}/g, (whole, name: string) => filled[name] ?? whole));

const execute = (program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<AzOutcome> =>
  new Promise((resolve) => {
    execFile(program, args, { env, cwd: repository, maxBuffer: 2 ** 26 }, (error, printed, said) =>
      resolve({ endedWell: error === null, printed, said }),
    );
  });

/** The command line client of Azure, as it is, on one local Azure. */
export class AzClient {
  private readonly program: string;
  private readonly env: NodeJS.ProcessEnv;
  private readonly filled: Record<string, string>;

  constructor(program: string, azure: RunningAzure) {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'cmk-az-'));
    mkdirSync(path.join(folder, 'names'));
    writeFileSync(path.join(folder, 'names', 'sitecustomize.py'), names);
    this.program = program;
    this.env = {
      ...surroundings(),
      HOME: folder,
      PYTHONPATH: path.join(folder, 'names'),
      AZURE_CONFIG_DIR: path.join(folder, 'az'),
      REQUESTS_CA_BUNDLE: path.join(azure.dataDir, 'ca.pem'),
      AZURE_CORE_INSTANCE_DISCOVERY: 'false',
      AZURE_CORE_COLLECT_TELEMETRY: 'false',
      AZURE_CORE_ONLY_SHOW_ERRORS: 'true',
      AZURE_EXTENSION_USE_DYNAMIC_INSTALL: 'no',
      NO_PROXY: 'localhost,127.0.0.1',
    };
    const { id, secret } = owner;
    this.filled = { care: careId, tenant: tenantId, bot: bot.id, owner: id, secret, url: azure.url };
  }

  run(line: string): Promise<AzOutcome> {
    const [, ...args] = wordsOf(line, this.filled);
    return execute(this.program, args, this.env);
  }

  script(file: string, ...args: readonly string[]): Promise<AzOutcome> {
    const env = { ...this.env, PATH: `${path.dirname(this.program)}:${process.env.PATH ?? ''}` };
    return execute('bash', [file, ...args], env);
  }

  /** As docs/develop/simulator.md tells a person to. */
  async signIn(): Promise<void> {
    for (const line of [
      'az cloud register -n Local --endpoint-resource-manager {url}',
      'az cloud set -n Local',
      'az login --service-principal -u {owner} -p {secret} -t {tenant}',
      'az account set --subscription {care}',
    ]) {
      const { endedWell, said } = await this.run(line);
      // Without its cloud az would go on to the real one.
      if (!endedWell) throw new Error(`${line}: ${said}`);
    }
  }
}
