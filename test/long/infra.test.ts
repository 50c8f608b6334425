import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe } from '@jest/globals';
import { z } from 'zod';
import { bicep, bicepCache, bicepVersion, hasDotnet } from '../../scripts/bicep.ts';
import { readConfig } from '../../src/config/config.ts';
import { environmentSchema } from '../../src/config/settings/table.ts';
import { kinds } from '../../src/operations/resources/registry.ts';
import { azdSecrets, deploymentSettings } from '../../src/operator/doctor/commands.ts';
import { donePath } from '../../src/teams/sign-in/code-flow.ts';
import { evidencePath, packPath } from '../../src/teams/sign-in/evidence-links.ts';
import { startPath } from '../../src/teams/sign-in/sign-in-pages.ts';
import { grantCondition, logsRole, publishingRole, role, roleFiles } from '../support/azure/role-files.ts';

/**
 * What infra/ deploys for an environment of azd, as Microsoft's own compiler predicts it (`bicep snapshot`); nothing of it was ever
 * deployed. Of azd, which isn't run, the replacement of `${NAME}` and `${NAME=DEFAULT}` is done here (Azure/azure-dev,
 * bicep_provider.go, loadParameters and armParameterFileValue, August 2026); of Azure, what it answers after it created a resource.
 */

const infra = path.join(import.meta.dirname, '../../infra');

type Json = z.infer<ReturnType<typeof z.json>>;
type Environment = Readonly<Record<string, string>>;

const Parameters = z.object({ parameters: z.record(z.string(), z.strictObject({ value: z.json() })) });
const parameterFile: Readonly<Record<string, { readonly value: Json }>> = Parameters.parse(
  JSON.parse(readFileSync(path.join(infra, 'main.parameters.json'), 'utf8')),
).parameters;

const variablesIn = (value: Json): readonly string[] =>
  [...JSON.stringify(value).matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name);

const replaced = (text: string, environment: Environment): string =>
  text.replace(/\$\{(\w+)(?:=([^}]*))?\}/g, (_all, name: string, fallback = '') => environment[name] || fallback);

function typed(type: string | undefined, value: string): Json | undefined {
  if (type === 'bool') return /^(1|t|true)$/i.test(value);
  if (type === 'int') return Number(value);
  return value;
}

/**
 * Parameters for a deployment. `types`: of each parameter, as the compiled template names it. One that comes to nothing is left out
 * and has its default. Throws as azd stops where an object isn't valid JSON.
 */
function azdParameters(types: Readonly<Record<string, string>>, environment: Environment): Record<string, Json> {
  const given = Object.entries(parameterFile).flatMap(([name, { value }]): [string, Json][] => {
    const type = types[name];
    if (typeof value !== 'string')
      return [[name, z.json().parse(JSON.parse(replaced(JSON.stringify(value), environment)))]];
    const text = replaced(value, environment);
    if (text === '' && variablesIn(value).some((variable) => environment[variable] === undefined)) return [];
    if (type === 'object' || type === 'array') return [[name, z.json().parse(JSON.parse(text))]];
    const found = text === '' ? undefined : typed(type, text);
    return found === undefined ? [] : [[name, found]];
  });
  return Object.fromEntries(given);
}

const canCompile = hasDotnet();
if (!canCompile) process.stdout.write("not run: the compiled template: the .NET SDK isn't installed\n");
/** Without the .NET SDK these tests aren't run, except in CI, where they fail. */
const describeCompiled = canCompile || (process.env.CI ?? 'false') !== 'false' ? describe : describe.skip;

const Resource = z.looseObject({ id: z.string(), type: z.string(), name: z.string(), apiVersion: z.string() });
type Made = z.infer<typeof Resource>;
const Snapshot = z.object({ predictedResources: z.array(Resource), outputs: z.record(z.string(), z.unknown()) });
const Template = z.object({ parameters: z.record(z.string(), z.looseObject({ type: z.string() })) });

const sources = readdirSync(infra, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(bicep|json|txt)$/.test(file))
  .sort();
const sourceText = sources.map((file) => `${file}\n${readFileSync(path.join(infra, file), 'utf8')}`).join('\n');

/** The result of a run of the compiler, kept by what it depends on. */
function kept(about: string, make: (folder: string) => string): unknown {
  const hash = createHash('sha256').update([bicepVersion, sourceText, about].join('\0')).digest('hex').slice(0, 32);
  const file = path.join(bicepCache, 'results', `${hash}.json`);
  if (!existsSync(file)) {
    mkdirSync(path.dirname(file), { recursive: true });
    const own = `${file}.${process.pid}`;
    writeFileSync(own, make(path.dirname(file)));
    renameSync(own, file);
  }
  return JSON.parse(readFileSync(file, 'utf8'));
}

function compiled(args: readonly string[]): string {
  const { code, out, err } = bicep(args, infra);
  if (code !== 0) throw new Error(`bicep ${args.join(' ')} ended with ${code}: ${err}`);
  return out;
}

const parametersOf = () =>
  Template.parse(kept('template', () => compiled(['build', 'main.bicep', '--stdout']))).parameters;

const tenant = '10000000-0000-4000-8000-000000000000';
const subscription = '40000000-0000-4000-8000-000000000009';
const chosen = ['40000000-0000-4000-8000-000000000001', '40000000-0000-4000-8000-000000000002'];
const person = '20000000-0000-4000-8000-000000000002';
const given = {
  AZURE_ENV_NAME: 'prod',
  AZURE_LOCATION: 'westeurope',
  CMK_IMAGE: 'registry.example/cmk-bot:1',
  CMK_ADMIN_ID: '20000000-0000-4000-8000-000000000001',
  CMK_ADMIN_NAME: 'admin@care.example',
  CMK_SUBSCRIPTIONS: chosen.join(', '),
  CMK_REQUESTERS: '60000000-0000-4000-8000-000000000001',
  CMK_APPROVERS: person,
  CMK_APPROVALS_CHANNEL: '19:approvals@thread.tacv2',
  CMK_AUDIT_CHANNEL: '19:audit@thread.tacv2',
};

/** What Azure answers for a property of a resource that it created. */
const answers: readonly (readonly [RegExp, string | ((name: string) => string)])[] = [
  [/id-cmk-bot\.clientId$/, '70000000-0000-4000-8000-0000000000c1'],
  [/id-cmk-owner\.clientId$/, '70000000-0000-4000-8000-0000000000c2'],
  [/id-cmk-bot\.principalId$/, '50000000-0000-4000-8000-0000000000b1'],
  [/id-cmk-owner\.principalId$/, '50000000-0000-4000-8000-0000000000b2'],
  [/\.fullyQualifiedDomainName$/, (name) => `${name}.postgres.database.azure.com`],
  [/\.primaryEndpoints\.blob$/, (name) => `https://${name}.blob.core.windows.net/`],
  [/\.vaultUri$/, (name) => `https://${name}.vault.azure.net/`],
  [/\.customerId$/, 'a0000000-0000-4000-8000-0000000000c9'],
  [/\.loginServer$/, (name) => `${name}.azurecr.io`],
  [/\.defaultDomain$/, 'brave-sky-1a2b3c4d.westeurope.azurecontainerapps.io'],
];

function answer(id: string, property: string): string {
  const [, name = ''] = /\/([^/]+)$/.exec(id) ?? [];
  const [, found] = answers.find(([known]) => known.test(`${name}.${property}`)) ?? [];
  if (found === undefined) throw new Error(`no answer of Azure for ${id}.${property}`);
  return `'${typeof found === 'string' ? found : found(name)}'`;
}

/** An expression that the compiler left, with Azure's answers: `reference(…).x`, and `format(…)` of texts. */
function answered(text: string): string {
  if (!/^\[.*\]$/s.test(text)) return text;
  let rest = text
    .slice(1, -1)
    .replace(/reference\('([^']+)', '[^']+'\)\.([\w.]+)/g, (_all, id: string, property: string) =>
      answer(id, property),
    );
  const format = /format\('([^']*)'((?:, '[^']*')*)\)/;
  while (format.test(rest)) {
    rest = rest.replace(format, (_all, shape: string, words: string) => {
      const values = [...words.matchAll(/'([^']*)'/g)].map(([, value = '']) => value);
      return `'${shape.replace(/\{(\d+)\}/g, (_mark, n: string) => values[Number(n)] ?? '')}'`;
    });
  }
  return /^'([^']*)'$/.exec(rest)?.[1] ?? `[${rest}]`;
}

const withAnswers = (json: unknown): unknown =>
  JSON.parse(JSON.stringify(json), (_key, value: unknown) => (typeof value === 'string' ? answered(value) : value));

/** A parameter file for `bicep snapshot`. */
const parameterText = (folder: string, parameters: object): string =>
  [
    `using '${path.relative(folder, path.join(infra, 'main.bicep'))}'`,
    ...Object.entries(parameters).map(
      ([name, value]) =>
        `param ${name} = json('${JSON.stringify(value).replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('${', '\\${')}')`,
    ),
  ].join('\n');

function snapshot(parameters: object): unknown {
  return kept(JSON.stringify(parameters), (folder) => {
    const file = path.join(
      folder,
      `${createHash('sha256').update(JSON.stringify(parameters)).digest('hex').slice(0, 16)}.${process.pid}`,
    );
    writeFileSync(`${file}.bicepparam`, parameterText(folder, parameters));
    const place = ['--tenant-id', tenant, '--subscription-id', subscription, '--location', 'westeurope'];
    compiled(['snapshot', `${file}.bicepparam`, ...place, '--deployment-name', 'test']);
    return readFileSync(`${file}.snapshot.json`, 'utf8');
  });
}

/** What a deployment creates, for this environment of azd on top of `given`. A variable that is empty counts as unset. */
function deploy(change: Environment = {}) {
  const types = Object.fromEntries(
    Object.entries(parametersOf()).map(([name, { type }]) => [name, type.toLowerCase()]),
  );
  const { predictedResources, outputs } = Snapshot.parse(
    withAnswers(snapshot(azdParameters(types, { ...given, ...change }))),
  );
  return { made: predictedResources, outputs: z.record(z.string(), z.string()).parse(outputs) };
}

const ofType = (made: readonly Made[], type: string): readonly Made[] => made.filter((one) => one.type === type);
function only(made: readonly Made[], type: string): Made {
  const [one, ...more] = ofType(made, type);
  if (one === undefined || more.length > 0) throw new Error(`${more.length + 1} of ${type}`);
  return one;
}

const at = (value: unknown, ...names: readonly (string | number)[]): unknown =>
  names.reduce<unknown>((found, name) => {
    if (Array.isArray(found)) return found[Number(name)];
    return typeof found === 'object' && found !== null
      ? Object.entries(found).find(([key]) => key === name)?.[1]
      : undefined;
  }, value);
const listAt = (value: unknown, ...names: readonly (string | number)[]): readonly unknown[] => {
  const found = at(value, ...names);
  return Array.isArray(found) ? found : [];
};

/** As a template has what a role file says. */
const permissionsOf = (file: typeof logsRole) => ({
  actions: file.Actions,
  notActions: file.NotActions,
  dataActions: file.DataActions,
  notDataActions: file.NotDataActions,
});
const roleIdOf = (made: Made) =>
  String(at(made, 'properties', 'roleDefinitionId'))
    .split('/')
    .at(-1);

const app = (made: readonly Made[]) => only(made, 'Microsoft.App/containerApps');
const containerOf = (made: readonly Made[]) => at(app(made), 'properties', 'template', 'containers', 0);
/** As the container gets them. `secret`: the value of each setting that comes from the vault. */
const environmentOf = (made: readonly Made[], secret = ''): Record<string, string> =>
  Object.fromEntries(
    listAt(containerOf(made), 'env').map((one) => [String(at(one, 'name')), String(at(one, 'value') ?? secret)]),
  );

/** With usual settings, and with nearly everything set otherwise. Few deployments serve many tests: each takes the compiler seconds. */
const usual = () => deploy();
const otherwise = () =>
  deploy({
    AZURE_ENV_NAME: 'A_(b).c',
    CMK_SUBSCRIPTIONS: chosen[0] ?? '',
    CMK_ROLE_SUBSCRIPTIONS: chosen.join(','),
    CMK_MIGRATE: 'false',
    CMK_PAUSE: 'true',
    CMK_APPROVAL_EXPIRY: '',
    CMK_KINDS: kinds.map(({ name }) => name).join(', '),
    CMK_STEP_UP: 'c1',
    CMK_STEP_UP_APP_ID: person,
    CMK_VAULT_SETTINGS: 'CMK_STEP_UP_APP_SECRET',
    CMK_POLICY: JSON.stringify(policy),
    CMK_LOGS_WORKSPACE: 'b0000000-0000-4000-8000-0000000000c9',
    CMK_DATABASE_SERVER: 'psql-restored',
    CMK_ANCHOR_CONTAINER: 'anchor-2',
    CMK_ANCHOR_LOCKED: 'true',
    CMK_LOG_NAME: 'cmk/2',
    CMK_ZONE_REDUNDANT: 'true',
    CMK_CORES: '1',
    CMK_DATABASE_SKU: 'Standard_D2ds_v5',
    CMK_DATABASE_TIER: 'GeneralPurpose',
    CMK_DATABASE_HIGH_AVAILABILITY: 'ZoneRedundant',
    CMK_DATABASE_GEO_BACKUP: 'Enabled',
    CMK_DATABASE_STORAGE_GIB: '64',
    CMK_STORAGE_SKU: 'Standard_ZRS',
    CMK_LOG_DAYS: '365',
    CMK_TAGS: '{"cost-center":"4711"}',
    CMK_DELETE_LOCK: 'false',
    CMK_AUDITORS: auditors,
    CMK_AUDITOR_ADDRESSES: '203.0.113.7, 198.51.100.0/24',
    CMK_ALERT_EMAIL: 'cmk@hospital.example',
  });
/** The group of those who check the published log from outside. */
const auditors = '60000000-0000-4000-8000-0000000000a1';
const policy = { rules: [{ name: "the children's hospital", match: { resources: ['*-$' + '{x}'] } }] };

/** Settings that azd does not hand on, and why. */
const notByAzd: Readonly<Record<string, readonly string[]>> = {
  'the deployment knows them': deploymentSettings,
  'parameters of their own': ['CMK_POLICY_FILE', 'CMK_SUBSCRIPTIONS'],
  'secrets, which go through the vault': azdSecrets,
  'a managed identity signs in without them': [
    'MicrosoftAppPassword',
    'AZURE_CLIENT_SECRET',
    'AZURE_FEDERATED_TOKEN_FILE',
  ],
  'the vault holds the keys': ['CMK_SEAL_KEY_FILE', 'CMK_LOG_KEY_FILE'],
  'the deployment is for the public cloud': [
    'AZURE_CLOUD',
    'AZURE_ARM_ENDPOINT',
    'AZURE_AUTHORITY_HOST',
    'AZURE_GRAPH_ENDPOINT',
    'AZURE_LOGS_ENDPOINT',
    'AZURE_CA_FILE',
    'ToBotFromChannelOpenIdMetadataUrl',
    'ToBotFromChannelTokenIssuer',
    'ToChannelFromBotLoginUrl',
    'ToChannelFromBotOAuthScope',
  ],
  'for the sandbox only': ['CMK_MODE'],
};

const handedOn = variablesIn(parameterFile.settings?.value ?? null);

describeCompiled('the bot in a container', () => {
  test('starts with its settings, and knows the name of each', () => {
    for (const [deployed, owner] of [
      [usual, true],
      [otherwise, false],
    ] as const) {
      const variables = environmentOf(deployed().made, 'the-secret');
      // The doctor reads it.
      expect(Object.keys(variables).filter((name) => !(name in environmentSchema.shape))).toEqual(['AZURE_ENV_NAME']);
      const { CMK_POLICY_FILE: _mounted, ...withoutFile } = variables;
      const config = readConfig(withoutFile);
      expect(config).toMatchObject({
        server: { mode: 'production', listen: '0.0.0.0' },
        teams: { tenantId: '10000000-0000-4000-8000-000000000000', approvalsChannel: given.CMK_APPROVALS_CHANNEL },
        databaseSignIn: { by: 'entra' },
        azure: { subscriptions: owner ? chosen : chosen.slice(0, 1), cloud: { name: 'public' } },
        seals: { key: { kind: 'secret' } },
      });
      expect(config.ownerUrl !== null).toBe(owner);
      expect(config.teams.app).toEqual({ id: config.azure.signIn.clientId, secret: null });
    }
  });

  test('gets every setting of docs/install/settings.md from azd, except those that a list names with a reason', () => {
    const listed = [...handedOn, ...Object.values(notByAzd).flat()];
    expect([...listed].sort()).toEqual(Object.keys(environmentSchema.shape).sort());
    expect(new Set(listed).size).toBe(listed.length);
    const marks = Object.fromEntries(handedOn.map((name) => [name, `<${name}>`]));
    expect(environmentOf(deploy(marks).made)).toMatchObject(marks);
  });

  test('gets the secret for signing in again from the vault: neither azd nor the app stores it', () => {
    const { made } = otherwise();
    expect(environmentOf(made, 'the-secret').CMK_STEP_UP_APP_SECRET).toBe('the-secret');
    const vault = String(at(only(made, 'Microsoft.KeyVault/vaults'), 'name'));
    expect(listAt(app(made), 'properties', 'configuration', 'secrets').slice(0, 1)).toEqual([
      {
        name: 'cmk-step-up-app-secret',
        keyVaultUrl: `https://${vault}.vault.azure.net/secrets/cmk-step-up-app-secret`,
        identity: expect.stringMatching(/\/id-cmk-bot$/),
      },
    ]);
  });

  test('gets the policy as a file, from an object of JSON', () => {
    const { made } = otherwise();
    const file = environmentOf(made).CMK_POLICY_FILE;
    const [mount] = listAt(containerOf(made), 'volumeMounts');
    const [volume] = listAt(app(made), 'properties', 'template', 'volumes');
    expect(`${String(at(mount, 'mountPath'))}/${String(at(volume, 'secrets', 0, 'path'))}`).toBe(file);
    expect(at(mount, 'volumeName')).toBe(at(volume, 'name'));
    const [, secret] = listAt(app(made), 'properties', 'configuration', 'secrets');
    expect(JSON.parse(String(at(secret, 'value')))).toEqual(policy);
    expect(environmentOf(usual().made)).not.toHaveProperty('CMK_POLICY_FILE');
  });

  test('has the identity that owns the tables only while it migrates', () => {
    const held = (made: readonly Made[]) => Object.keys(Object(at(app(made), 'identity', 'userAssignedIdentities')));
    const names = (made: readonly Made[]) => held(made).map((id) => id.split('/').at(-1));
    expect(names(usual().made)).toEqual(['id-cmk-bot', 'id-cmk-owner']);
    expect(names(otherwise().made)).toEqual(['id-cmk-bot']);
  });

  test('is public at its paths for Teams and browsers, and at no other', () => {
    const { made } = usual();
    const rules = listAt(only(made, 'Microsoft.App/managedEnvironments/httpRouteConfigs'), 'properties', 'rules');
    const matches = rules.flatMap((rule) => listAt(rule, 'routes').map((route) => at(route, 'match')));
    const paths = ['/api/messages', startPath, donePath, evidencePath, packPath];
    expect(matches).toEqual(paths.map((path) => ({ path })));
    expect(rules.map((rule) => at(rule, 'targets'))).toEqual([[{ containerApp: app(made).name }]]);
    expect(at(app(made), 'properties', 'configuration', 'ingress')).toMatchObject({
      external: false,
      allowInsecure: false,
      targetPort: readConfig(environmentOf(made)).server.port,
    });
  });
});

describeCompiled('the roles of the bot in Azure', () => {
  const assignments = (made: readonly Made[]) => ofType(made, 'Microsoft.Authorization/roleAssignments');
  const inSubscriptions = (made: readonly Made[]) =>
    assignments(made).filter(({ id }) => /^\[?subscriptionResourceId/.test(id));
  /** Those that sign and publish are the resource group's own. */
  const isOfGroup = (one: Made): boolean =>
    JSON.stringify(at(one, 'properties', 'assignableScopes')).includes('/resourceGroups/');
  const allRoles = (made: readonly Made[]) => ofType(made, 'Microsoft.Authorization/roleDefinitions');
  const rolesOf = (made: readonly Made[]) => allRoles(made).filter((one) => !isOfGroup(one));

  test('are what the role files say, and can be assigned in the chosen subscriptions and in that of the bot', () => {
    const found = rolesOf(usual().made).map(({ properties }) => properties);
    expect(found).toEqual(
      [...roleFiles, logsRole].map((file) => ({
        roleName: file.Name,
        description: file.Description,
        type: 'CustomRole',
        permissions: [permissionsOf(file)],
        assignableScopes: ['40000000-0000-4000-8000-000000000009', ...chosen].map((id) => `/subscriptions/${id}`),
      })),
    );
  });

  test('are assigned in each chosen subscription and nowhere else, the second under its condition', () => {
    const { made, outputs } = usual();
    const [acts, grants] = rolesOf(made).map(({ name }) => name);
    const rows = inSubscriptions(made).map((one) => [
      /^\[subscriptionResourceId\('([^']+)'/.exec(one.id)?.[1],
      roleIdOf(one),
      at(one, 'properties', 'condition') ?? null,
    ]);
    expect(rows).toEqual(
      chosen.flatMap((id) => [
        [id, acts, null],
        [id, grants, grantCondition],
      ]),
    );
    expect(new Set(assignments(made).map((one) => at(one, 'properties', 'principalId')))).toEqual(
      new Set([outputs.CMK_BOT_PRINCIPAL_ID]),
    );
    expect(outputs.CMK_ROLE_ID).toBe(acts);
  });

  test('of a further kind are there and assigned once the kind is turned on', () => {
    const { made } = otherwise();
    const files = kinds.slice(1).map(({ name }) => role(`custom-role-${name}.json`));
    const found = rolesOf(made).slice(2);
    expect(found.map((one) => at(one, 'properties', 'permissions', 0))).toEqual(files.map(permissionsOf));
    expect(inSubscriptions(made).slice(2).map(roleIdOf)).toEqual(found.map(({ name }) => name));
  });

  test('in the workspace query one table, and the bot looks there whether agents use their keys', () => {
    const { made } = usual();
    const role = rolesOf(made).find((one) => at(one, 'properties', 'roleName') === logsRole.Name);
    const found = assignments(made).filter(({ id }) => id.includes('/workspaces/'));
    expect(found.map(roleIdOf)).toEqual([role?.name]);
    expect(readConfig(environmentOf(made)).logs).toMatchObject({ workspaceId: expect.any(String) });
  });

  test('beside those are to read secrets of its vault, to publish in its container, and to pull its image', () => {
    const { made } = usual();
    const rows = assignments(made)
      .filter((one) => !inSubscriptions(made).includes(one) && !one.id.includes('/workspaces/'))
      .map((one) => [
        /\/providers\/[\w.]+\/(\w+)\/[^/]+(\/blobServices)?/.exec(one.id)?.slice(1).join(''),
        roleIdOf(one),
      ]);
    const published = allRoles(usual().made).find((one) =>
      String(at(one, 'properties', 'roleName')).startsWith(`${publishingRole.Name} `),
    );
    expect(at(published, 'properties', 'permissions')).toEqual([permissionsOf(publishingRole)]);
    // Azure's own ids ("Azure built-in roles"): Key Vault Secrets User and AcrPull.
    expect(rows).toEqual([
      ['vaults', '4633458b-17de-408a-b874-0445c86b69e6'],
      ['storageAccounts/blobServices', published?.name],
      ['registries', '7f951dda-4ed3-4680-a7ca-43fe172d538d'],
    ]);
  });
});

describeCompiled('what must not be open', () => {
  const made = () => usual().made;
  const properties = (type: string) => at(only(made(), type), 'properties');

  test('the database accepts tokens only, and its firewall has no rule', () => {
    const tokensOnly = { activeDirectoryAuth: 'Enabled', passwordAuth: 'Disabled' };
    expect(at(properties('Microsoft.DBforPostgreSQL/flexibleServers'), 'authConfig')).toMatchObject(tokensOnly);
    expect(made().filter(({ type }) => type.endsWith('/firewallRules'))).toEqual([]);
    for (const name of ['DATABASE_URL', 'CMK_DATABASE_OWNER_URL']) {
      const url = new URL(String(environmentOf(made())[name]));
      expect([url.password, url.search]).toEqual(['', '?sslmode=verify-full']);
    }
  });

  test('auditors that are named read the published log from their addresses, and nothing else', () => {
    const { made } = otherwise();
    const theirs = ofType(made, 'Microsoft.Authorization/roleAssignments').filter(
      (one) => at(one, 'properties', 'principalId') === auditors,
    );
    const reader = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1';
    expect(theirs.map((one) => [roleIdOf(one), one.id])).toEqual([
      [expect.stringContaining(reader), expect.stringContaining('/containers/anchor-2/')],
    ]);
    const [account] = ofType(made, 'Microsoft.Storage/storageAccounts');
    expect(at(account, 'properties', 'networkAcls')).toMatchObject({
      defaultAction: 'Deny',
      ipRules: [
        { action: 'Allow', value: '203.0.113.7' },
        { action: 'Allow', value: '198.51.100.0/24' },
      ],
    });
  });

  test('vault and storage account accept the bot’s network only, by identities only, and keep what is deleted', () => {
    const closed = { defaultAction: 'Deny', ipRules: [] };
    const kept = { enableRbacAuthorization: true, enableSoftDelete: true, enablePurgeProtection: true };
    expect(properties('Microsoft.KeyVault/vaults')).toMatchObject({ ...kept, networkAcls: closed });
    const keyless = { allowBlobPublicAccess: false, allowSharedKeyAccess: false, networkAcls: closed };
    expect(properties('Microsoft.Storage/storageAccounts')).toMatchObject(keyless);
    expect(properties('Microsoft.ContainerRegistry/registries')).toMatchObject({ adminUserEnabled: false });
    const assigned = ofType(made(), 'Microsoft.Authorization/roleAssignments').map(({ id }) => id);
    expect(assigned.join()).not.toContain(auditors);
    const [apps] = listAt(properties('Microsoft.Network/virtualNetworks'), 'subnets');
    expect(listAt(apps, 'properties', 'serviceEndpoints').map((one) => at(one, 'service'))).toEqual([
      'Microsoft.Storage',
    ]);
    const zones = ofType(made(), 'Microsoft.Network/privateDnsZones').map(({ id }) => id);
    const groups = ofType(made(), 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups');
    const endpoints = ofType(made(), 'Microsoft.Network/privateEndpoints').map((one) => {
      const group = groups.find(({ id }) => id.startsWith(`${one.id}/`));
      const zone = at(group, 'properties', 'privateDnsZoneConfigs', 0, 'properties', 'privateDnsZoneId');
      const connection = at(one, 'properties', 'privateLinkServiceConnections', 0);
      return [at(connection, 'properties', 'groupIds', 0), zones.includes(String(zone))];
    });
    expect(endpoints).toEqual([
      ['postgresqlServer', true],
      ['vault', true],
    ]);
  });

  test('the container of the published log is immutable, and a deployment leaves a locked policy alone', () => {
    const type = 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies';
    expect(properties(type)).toEqual({
      immutabilityPeriodSinceCreationInDays: 2190,
      allowProtectedAppendWrites: false,
    });
    expect(ofType(otherwise().made, type)).toEqual([]);
  });
});

const Alerts = z.object({ logs: z.array(z.looseObject({ name: z.string(), where: z.string() })) });
const alerts = Alerts.parse(JSON.parse(readFileSync(path.join(infra, 'alerts.json'), 'utf8')));

test('infra/alerts.json looks for messages that the sources log, each whole or by a part', () => {
  const messages = alerts.logs.flatMap(({ where }) =>
    [...where.matchAll(/'([^']+)'/g)].map(([, said = '']) => [where, said] as const),
  );
  const quoted = (where: string, said: string): string =>
    where.includes('contains') ? said : where.includes('startswith') ? `'${said}` : `'${said}'`;
  const folder = path.join(infra, '../src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const sources = files.map((file) => readFileSync(path.join(folder, file), 'utf8')).join('\n');
  const unknown = messages.filter(([where, said]) => !sources.includes(quoted(where, said)));
  expect(messages.length).toBeGreaterThan(8);
  expect(unknown).toEqual([]);
});

describeCompiled('the alert rules', () => {
  const made = () => otherwise().made;

  test('query the table that the destination of the deployment fills', () => {
    const hosting = only(made(), 'Microsoft.App/managedEnvironments');
    expect(at(hosting, 'properties', 'appLogsConfiguration')).toEqual({ destination: 'azure-monitor' });
    const rules = ofType(made(), 'Microsoft.Insights/scheduledQueryRules');
    expect(rules.map(({ name }) => name)).toEqual(alerts.logs.map(({ name }) => `cmk-bot-${name}`));
    for (const [n, rule] of rules.entries()) {
      const query = String(at(rule, 'properties', 'criteria', 'allOf', 0, 'query'));
      expect(query).toMatch(
        /^ContainerAppConsoleLogs \| where ContainerAppName == "cmk-bot" \| extend line = parse_json\(Log\) /,
      );
      expect(query.endsWith(`| where ${alerts.logs[n]?.where}`)).toBe(true);
    }
    const silence = rules.find(({ name }) => name === 'cmk-bot-silence');
    expect(at(silence, 'properties', 'criteria', 'allOf', 0)).toMatchObject({ operator: 'LessThan', threshold: 1 });
  });
});
