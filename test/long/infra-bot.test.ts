import { readFileSync } from 'node:fs';
import { readConfig } from '../../src/config/config.ts';
import { environmentSchema } from '../../src/config/settings/table.ts';
import { azdSecrets, deploymentSettings } from '../../src/operator/doctor/commands.ts';
import { evidencePath, packPath } from '../../src/teams/sign-in/evidence-links.ts';
import { donePath, startPath } from '../../src/teams/sign-in/step-up.ts';
import { parameterFile, variablesIn } from '../support/azure/azd.ts';
import {
  app,
  at,
  chosen,
  containerOf,
  deploy,
  describeCompiled,
  environmentOf,
  given,
  listAt,
  type Made,
  ofType,
  only,
  otherwise,
  policy,
  root,
  template,
  usual,
} from '../support/azure/infra.ts';
import { grantCondition, logsRole, publishingRole, roleFiles } from '../support/azure/role-files.ts';

/** The bot that infra/ deploys: its settings, its public paths and its roles, compared with the code. */

/** Settings that azd does not hand on, and why. */
const notByAzd: Readonly<Record<string, readonly string[]>> = {
  'the deployment knows them': deploymentSettings,
  'parameters of their own': ['CMK_POLICY_FILE', 'CMK_SUBSCRIPTIONS'],
  'secrets, which go through the vault': azdSecrets,
  'a managed identity signs in without them': [
    ...['MicrosoftAppPassword', 'AZURE_CLIENT_SECRET', 'AZURE_FEDERATED_TOKEN_FILE'],
  ],
  'the vault holds the keys': ['CMK_SEAL_KEY_FILE', 'CMK_LOG_KEY_FILE'],
  'the deployment is for the public cloud': [
    ...['AZURE_CLOUD', 'AZURE_ARM_ENDPOINT', 'AZURE_AUTHORITY_HOST', 'AZURE_GRAPH_ENDPOINT', 'AZURE_LOGS_ENDPOINT'],
    ...['AZURE_CA_FILE', 'ToBotFromChannelOpenIdMetadataUrl', 'ToBotFromChannelTokenIssuer'],
    ...['ToChannelFromBotLoginUrl', 'ToChannelFromBotOAuthScope'],
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
  const roleIdOf = (made: Made) =>
    String(at(made, 'properties', 'roleDefinitionId'))
      .split('/')
      .at(-1);

  test('are what the role files say, and can be assigned in the chosen subscriptions and in that of the bot', () => {
    const found = rolesOf(usual().made).map(({ properties }) => properties);
    expect(found).toEqual(
      [...roleFiles, logsRole].map((file) => ({
        roleName: file.Name,
        description: file.Description,
        type: 'CustomRole',
        permissions: [
          {
            actions: file.Actions,
            notActions: file.NotActions,
            dataActions: file.DataActions,
            notDataActions: file.NotDataActions,
          },
        ],
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
    const {
      Actions: actions,
      NotActions: notActions,
      DataActions: dataActions,
      NotDataActions: notDataActions,
    } = publishingRole;
    expect(at(published, 'properties', 'permissions')).toEqual([{ actions, notActions, dataActions, notDataActions }]);
    // Azure's own ids ("Azure built-in roles"): Key Vault Secrets User and AcrPull.
    expect(rows).toEqual([
      ['vaults', '4633458b-17de-408a-b874-0445c86b69e6'],
      ['storageAccounts/blobServices', published?.name],
      ['registries', '7f951dda-4ed3-4680-a7ca-43fe172d538d'],
    ]);
  });
});

describeCompiled('the files of azd, the hooks and the install page', () => {
  const read = (file: string): string => readFileSync(root + file, 'utf8');
  const known = [
    ...Object.values(parameterFile).flatMap(({ value }) => variablesIn(value)),
    ...['CMK_ADMIN_IP', 'CMK_WAIT', 'CMK_BASE_IMAGE', 'CMK_OWNS_ROLES', 'CMK_KNOWN_DEPLOYMENT'],
    ...['CMK_STEP_UP_APP_SECRET', 'OTEL_EXPORTER_OTLP_HEADERS'],
  ];

  test('name parameters, variables and outputs that there are', () => {
    const { parameters, outputs } = template();
    expect(Object.keys(parameterFile)).toEqual(Object.keys(parameters));
    const hooks = ['pre', 'post'].map((when) => read(`infra/hooks/${when}provision.sh`)).join('\n');
    const used = [...hooks.matchAll(/\$\{?((?:CMK|AZURE)_[A-Z_]+)/g)].map(([, name = '']) => name);
    const azd = ['AZURE_ENV_NAME', 'AZURE_LOCATION', 'AZURE_SUBSCRIPTION_ID', ...Object.keys(outputs)];
    expect(used.filter((name) => ![...known, ...azd].includes(name))).toEqual([]);
    const page = read('docs/install/deploy-with-azd.md');
    const set = [...page.matchAll(/azd env set ([A-Z]\w+)/g)].map(([, name = '']) => name);
    const asked = [...page.matchAll(/azd env get-value (\w+)/g)].map(([, name = '']) => name);
    expect(set.filter((name) => !['NAME', ...known].includes(name))).toEqual([]);
    expect(asked.filter((name) => !(name in outputs))).toEqual([]);
    expect([set.length > 4, asked.length > 2]).toEqual([true, true]);
  });
});
