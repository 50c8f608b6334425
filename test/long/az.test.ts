import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { vaultUri } from '../../sandbox/azure/key-vault/vault-body.ts';
import { type AzureState, newestIn, vaultIn } from '../support/azure/azure-state.ts';
import { changeState, discard, http, type RunningAzure, startAzure } from '../support/azure/local-azure.ts';
import { bot, careId, owner, researchId, tenantId } from '../support/azure/local-azure-names.ts';
import { grantsRole, mainRole, role } from '../support/azure/role-files.ts';
import { repository, surroundings } from '../support/processes/surroundings.ts';

/** Azure's own command line client, which knows nothing of this server, does what an operator would do with it. */

/** What the real Azure would be seen to do: `shows` what is printed, `refuses` what is said when it is not done. */
const shows = (line: string, says = /^/) => ({ line, isDone: true, says });
const refuses = (line: string, says: RegExp) => ({ line, isDone: false, says });

const group = '-g rg-care-prod';
const agentType = '--resource-type Microsoft.HealthBot/healthBots';
const inGroup = '/subscriptions/{care}/resourceGroups/rg-care-prod';
const agent = `${inGroup}/providers/Microsoft.HealthBot/healthBots/triage-agent-prod`;
const vaults = `${inGroup}/providers/Microsoft.KeyVault/vaults`;
const vault = `${vaults}/kv-care-prod`;
const encryption = 'Key Vault Crypto Service Encryption User';
const update = `az storage account update ${group}`;
const ownKey = `${update} -n stcareimaging --encryption-key-source Microsoft.Keyvault --encryption-key-vault {keys} --encryption-key-name hospital-data`;
const give = 'az role assignment create --assignee-principal-type ServicePrincipal';
const giveBot = `${give} --assignee-object-id {bot} --scope ${vault}/keys/az-key`;
/** In the order in which an operator types them, each area once. `{names}` are filled in. */
const azCommands = [
  shows('az account list', /Care production[\s\S]*Research/),
  shows('az provider register -n Microsoft.HealthBot'),
  shows(`az resource list ${agentType}`, /ward-agent/),
  refuses(`az resource show ${group} ${agentType} -n nobody`, /ResourceNotFound/),
  refuses(`az resource show --ids ${agent} --api-version 2019-01-01`, /InvalidResourceType/),
  shows(`az resource update --ids ${agent} --set tags.floor=3`, /"floor": "3"/),
  shows('az keyvault update -n kv-care-prod --enable-purge-protection true', /"enablePurgeProtection": true/),
  refuses('az keyvault update -n kv-hospital-keys --enable-purge-protection false', /enablePurgeProtection/),
  shows(
    `az keyvault set-policy -n kv-policy-keys ${group} --object-id {bot} --key-permissions get wrapKey unwrapKey`,
    /wrapKey/,
  ),
  refuses('az keyvault key show --vault-name kv-lab -n cmk-lab', /Forbidden/),
  shows('az keyvault key create --vault-name kv-care-prod -n az-key --kty RSA --size 3072', /az-key/),
  shows('az keyvault key delete --vault-name kv-care-prod -n az-key', /recoveryId/),
  refuses(
    'az keyvault key create --vault-name kv-care-prod -n az-key --kty RSA',
    /ObjectIsDeletedButRecoverable|deleted/i,
  ),
  refuses('az keyvault key purge --vault-name kv-care-prod -n az-key', /Forbidden|purge/i),
  shows('az keyvault key recover --vault-name kv-care-prod -n az-key', /az-key/),
  shows(`az role assignment list --scope ${vault} --include-inherited`, /CMK bot grants[\s\S]*Key Vault Administrator/),
  shows(`${giveBot} --role '${encryption}'`, /e147488a/),
  refuses(`${giveBot} --role 'No such role'`, /doesn't exist/),
  shows(`az role assignment delete --assignee {bot} --role '${encryption}' --scope ${vault}/keys/az-key`),
  shows(`az role assignment list --scope ${vault}/keys/az-key`, /^\[\]$/m),
  shows('az storage account list', /stcareimaging[\s\S]*stcarelogs/),
  shows('az storage account show -n stcarelogs', /"keySource": "Microsoft.Storage"/),
  shows(`${update} -n stcarelogs --assign-identity`, /"principalId": "[0-9a-f-]{36}"/),
  refuses(`${ownKey} --encryption-key-version {version}`, /KeyVaultAuthenticationFailure/),
  shows(
    `${give} --assignee-object-id {account} --role '${encryption}' --scope ${vaults}/kv-hospital-keys/keys/hospital-data`,
  ),
  shows(`${ownKey} --encryption-key-version {version}`, /"keyVersion": "[0-9a-f]{32}"/),
  shows(`${ownKey} --encryption-key-version ''`, /"keyVersion": ""/),
  shows(`${update} -n stcareimaging --encryption-key-source Microsoft.Storage`, /"keyVaultProperties": null/),
  shows(
    `az lock create -n stay --lock-type CanNotDelete ${group} --resource-type Microsoft.KeyVault/vaults --resource kv-care-prod`,
    /CanNotDelete/,
  ),
  refuses(`az keyvault delete -n kv-care-prod ${group}`, /ScopeLocked/),
  shows('az ad group member list -g 60000000-0000-4000-8000-0000000000c1', /displayName/),
  refuses('az ad sp show --id 99999999-0000-4000-8000-000000000000', /does not exist|not found/i),
];

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

const execute = (program: string, args: readonly string[], env: NodeJS.ProcessEnv) =>
  new Promise<Readonly<{ endedWell: boolean; printed: string; said: string }>>((resolve) => {
    execFile(program, args, { env, cwd: repository, maxBuffer: 2 ** 26 }, (error, printed, said) =>
      resolve({ endedWell: error === null, printed, said }),
    );
  });

const program = process.env.CMK_AZ ?? '';
/** The command line client of Azure, as it is, on one local Azure. */
class AzClient {
  private readonly env: NodeJS.ProcessEnv;
  readonly filled: Record<string, string>;

  constructor(azure: RunningAzure) {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'cmk-az-'));
    writeFileSync(path.join(folder, 'sitecustomize.py'), names);
    this.env = {
      ...surroundings(),
      HOME: folder,
      PYTHONPATH: folder,
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

  run(line: string) {
    return execute(program, wordsOf(line, this.filled).slice(1), this.env);
  }

  script(file: string, ...args: readonly string[]) {
    return execute('bash', [file, ...args], {
      ...this.env,
      PATH: `${path.dirname(program)}:${process.env.PATH ?? ''}`,
    });
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

if (program === '')
  process.stdout.write('not run: it needs az, whose place CMK_AZ names (docs/develop/simulator.md)\n');
const test = program === '' ? globalThis.test.skip : globalThis.test;

let azure: RunningAzure;
let az: AzClient;
beforeEach(async () => {
  if (program === '') return;
  azure = await startAzure();
  az = new AzClient(azure);
  await az.signIn();
});
afterEach(async () => {
  if (program !== '') await discard(azure);
});

const stateNow = async (): Promise<AzureState> => (await http(azure, 'GET', '/simulator/state')).body;
/** Runs a script of `infra`, which prints these words and complains of nothing. */
async function prints(words: string, script: string, ...args: readonly string[]): Promise<string> {
  const { said, printed } = await az.script(script, ...args);
  expect([said, printed]).toEqual(['', expect.stringContaining(words)]);
  return printed;
}

test('az does what it does with the real Azure', async () => {
  const state = await stateNow();
  const account = state.otherResources.find(({ name }) => name === 'stcareimaging')?.identity?.principalId ?? '';
  const { version } = newestIn(state, 'kv-hospital-keys', 'hospital-data');
  Object.assign(az.filled, { account, version, keys: vaultUri(vaultIn(state, 'kv-hospital-keys')) });
  const unexpected: string[] = [];
  for (const { line, isDone, says } of azCommands) {
    const { endedWell, printed, said } = await az.run(line);
    const words = endedWell ? printed : said;
    if (endedWell !== isDone || !says.test(words)) unexpected.push(`${line}: ${words.trim().slice(0, 400)}`);
  }
  expect(unexpected).toEqual([]);
}, 3_600_000);

test('infra/grant-graph.sh gives what is missing by az, reads it back, and then finds nothing to do', async () => {
  await changeState(azure, (state: AzureState) => {
    for (const one of state.principals) if (one.id === bot.id) one.graphPermissions = ['User.Read.All'];
  });
  const shown = await prints('GroupMember.Read.All is missing.', 'infra/grant-graph.sh', bot.id);
  expect(shown).toContain('Nothing was changed. --yes does it.');
  await prints('read back', 'infra/grant-graph.sh', '--yes', bot.id);
  await prints('Nothing to do.', 'infra/grant-graph.sh', '--yes', bot.id);
}, 600_000);

test('infra/grant-azure.sh makes the roles, gives them, and finds nothing to do when repeated', async () => {
  const needed = [mainRole, grantsRole, role('custom-role-storage-account.json')] as const;
  // As in a tenant that never saw the bot, and with a default subscription that is none of the scopes.
  await changeState(azure, (state: AzureState) => {
    state.roleAssignments = state.roleAssignments.filter((one) => one.principalId !== bot.id);
    state.roleDefinitions = state.roleDefinitions.filter((one) => one.type === 'BuiltInRole');
  });
  await az.run(`az account set --subscription ${researchId}`);
  const group = `/subscriptions/${careId}/resourceGroups/rg-care-prod`;
  const script = ['infra/grant-azure.sh', '--kind', 'storage-account', bot.id, group] as const;
  await prints('Nothing was changed. --yes does it.', ...script);
  await prints('read back', ...script, '--yes');
  const { roleAssignments, roleDefinitions } = await stateNow();
  const held = roleAssignments
    .filter(({ principalId }) => principalId === bot.id)
    .map(({ roleDefinitionId, scope, condition }) => [
      roleDefinitions.find(({ id }) => id === roleDefinitionId)?.roleName,
      scope,
      condition !== null,
    ]);
  expect(held).toEqual(needed.map(({ Name }, n) => [Name, group, n === 1]));
  for (const { Name, Actions, DataActions } of needed)
    expect(roleDefinitions.find(({ roleName }) => roleName === Name)).toMatchObject({
      permissions: [{ actions: Actions, notActions: [], dataActions: DataActions, notDataActions: [] }],
      assignableScopes: [`/subscriptions/${careId}`],
    });
  await prints('Nothing to do.', ...script, '--yes');
}, 1_800_000);
