import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { environmentSchema } from '../../src/config/environment.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { startPath as evidencePath, packPath } from '../../src/teams/evidence/evidence-links.ts';
import { donePath } from '../../src/teams/sign-in/code-flow.ts';
import { startPath } from '../../src/teams/sign-in/pages.ts';
import type { Made } from '../support/bicep-deployment.ts';
import {
  app,
  at,
  chosen,
  containerOf,
  deploy,
  environmentOf,
  everything,
  given,
  listAt,
  ofType,
  only,
  person,
  root,
  variablesOf,
} from '../support/infra.ts';
import { grantCondition, logsRole, roleFiles } from '../support/role-files.ts';

/** The bot that infra/ would run in Azure: its settings, its doors and its rights, compared with the code. */

describe('the bot in a container', () => {
  test('is given settings that it starts with, and by names that it knows', () => {
    for (const [change, owner] of [
      [{}, true],
      [{ migrate: 'false' }, false],
    ] as const) {
      const variables = environmentOf(deploy(change).made);
      expect(Object.keys(variables).filter((name) => !(name in environmentSchema.shape))).toEqual([]);
      const config = readConfig(variables);
      expect(config).toMatchObject({
        server: { mode: 'production', listen: '0.0.0.0' },
        teams: { tenantId: '10000000-0000-4000-8000-000000000000', approvalsChannel: given.approvalsChannel },
        databaseSignIn: { by: 'entra' },
        azure: { subscriptions: chosen, cloud: { name: 'public' } },
        seals: { key: { kind: 'secret' } },
        stepUp: null,
      });
      expect(config.ownerUrl !== null).toBe(owner);
      expect(config.teams.app).toEqual({ id: config.azure.signIn.clientId, secret: null });
    }
  });

  test('is given what signing in anew takes, the secret by a name', () => {
    const { stepUp } = readConfig(environmentOf(everything, 'the-secret'));
    expect(stepUp).toMatchObject({ context: 'c1', appId: person, appSecret: 'the-secret' });
    expect(variablesOf(everything).get('CMK_STEP_UP_APP_SECRET')).toBeUndefined();
    expect(JSON.stringify(containerOf(everything))).not.toContain('the-secret');
    expect(listAt(app(everything), 'properties', 'configuration', 'secrets')).toEqual([
      { name: 'step-up-app-secret', value: 'the-secret' },
    ]);
  });

  test('is given finer rules as a file, and where traces go, with what goes along by a name', () => {
    const policy = '{"rules":[]}';
    const { made } = deploy({ policy, otlpEndpoint: 'https://otel.example.org', otlpHeaders: 'api-key=hidden' });
    const variables = variablesOf(made);
    const file = variables.get('CMK_POLICY_FILE');
    expect(file).toBe('/run/policy/policy.json');
    const [mount] = listAt(containerOf(made), 'volumeMounts');
    const [volume] = listAt(app(made), 'properties', 'template', 'volumes');
    expect(`${String(at(mount, 'mountPath'))}/${String(at(volume, 'secrets', 0, 'path'))}`).toBe(file);
    expect(at(mount, 'volumeName')).toBe(at(volume, 'name'));
    expect(variables.get('OTEL_EXPORTER_OTLP_ENDPOINT')).toBe('https://otel.example.org');
    expect(JSON.stringify(containerOf(made))).not.toContain('hidden');
    expect(listAt(app(made), 'properties', 'configuration', 'secrets')).toEqual([
      { name: 'policy', value: policy },
      { name: 'otlp-headers', value: 'api-key=hidden' },
    ]);
    const without = variablesOf(deploy().made);
    expect([...without.keys()].filter((name) => /POLICY|OTEL/.test(name))).toEqual([]);
  });

  test('has the identity that owns the tables only where it brings them up', () => {
    const held = (made: readonly Made[]) => Object.keys(Object(at(app(made), 'identity', 'userAssignedIdentities')));
    const names = (made: readonly Made[]) => held(made).map((id) => id.split('/').at(-1));
    expect(names(deploy().made)).toEqual(['id-cmk-bot', 'id-cmk-owner']);
    expect(names(deploy({ migrate: 'false' }).made)).toEqual(['id-cmk-bot']);
  });

  test('is asked at its own port, for paths that it has', () => {
    const { server } = readConfig(environmentOf(everything, 'x'));
    const probes = listAt(containerOf(everything), 'probes');
    expect(
      probes.map((probe) => [at(probe, 'type'), at(probe, 'httpGet', 'path'), at(probe, 'httpGet', 'port')]),
    ).toEqual([
      ['Startup', '/healthz', server.port],
      ['Liveness', '/healthz', server.port],
      ['Readiness', '/readyz', server.port],
    ]);
    expect(probes.map((probe) => Number(at(probe, 'failureThreshold'))).every((n) => n >= 1 && n <= 10)).toBe(true);
    const edge = readFileSync(`${root}src/teams/edge/server.ts`, 'utf8');
    for (const path of ['/healthz', '/readyz', '/api/messages']) expect(edge).toContain(`'${path}'`);
  });

  test('is reached from outside at its paths for Teams and for browsers, and at no other', () => {
    const rules = listAt(
      only(everything, 'Microsoft.App/managedEnvironments/httpRouteConfigs').body,
      'properties',
      'rules',
    );
    const matches = rules.flatMap((rule) => listAt(rule, 'routes').map((route) => at(route, 'match')));
    const paths = ['/api/messages', startPath, donePath, evidencePath, packPath];
    expect(matches).toEqual(paths.map((path) => ({ path })));
    expect(rules.map((rule) => at(rule, 'targets'))).toEqual([[{ containerApp: app(everything).name }]]);
    expect(at(app(everything), 'properties', 'configuration', 'ingress')).toMatchObject({
      external: false,
      allowInsecure: false,
      targetPort: readConfig(environmentOf(everything, 'x')).server.port,
    });
  });

  test('is where Teams looks for it, and says so to browsers', () => {
    const { outputs } = deploy();
    const bot = only(everything, 'Microsoft.BotService/botServices').body;
    const variables = variablesOf(everything);
    expect(variables.get('CMK_PUBLIC_URL')).toBe(`https://${String(outputs.CMK_HOST)}`);
    expect(at(bot, 'properties')).toMatchObject({
      endpoint: `https://${String(outputs.CMK_HOST)}/api/messages`,
      msaAppId: variables.get('MicrosoftAppId') ?? '',
      msaAppType: variables.get('MicrosoftAppType') ?? '',
      msaAppTenantId: variables.get('MicrosoftAppTenantId') ?? '',
    });
    expect(outputs.CMK_BOT_CLIENT_ID).toBe(variables.get('MicrosoftAppId'));
  });

  test('runs twice, and neither of them is taken for the other', () => {
    expect(at(app(everything), 'properties', 'template', 'scale')).toEqual({ minReplicas: 2, maxReplicas: 2 });
    // Each has its machine's name.
    expect(variablesOf(everything).has('CMK_REPLICA')).toBe(false);
  });
});

describe('what the bot may do in Azure', () => {
  test('is what the role files say, made of them and good for the chosen subscriptions', () => {
    const made = ofType(everything, 'Microsoft.Authorization/roleDefinitions')
      .filter(({ file }) => file === 'roles.bicep')
      .map(({ body }) => body.properties);
    expect(made).toEqual(
      roleFiles.map((file) => ({
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
        assignableScopes: chosen.map((id) => `/subscriptions/${id}`),
      })),
    );
  });

  test('is given in each chosen subscription and nowhere else, role assignments under the condition alone', () => {
    const assignments = ofType(everything, 'Microsoft.Authorization/roleAssignments').filter(
      ({ file }) => file === 'rights.bicep',
    );
    const roles = ofType(everything, 'Microsoft.Authorization/roleDefinitions')
      .filter(({ file }) => file === 'roles.bicep')
      .map(({ name }) => name);
    const [acts = '', grants = ''] = roles;
    const rows = assignments.map(({ subscription: where, body }) => [
      where,
      String(at(body, 'properties', 'roleDefinitionId'))
        .split('/')
        .at(-1),
      at(body, 'properties', 'condition') ?? null,
    ]);
    expect(rows).toEqual(
      chosen.flatMap((id) => [
        [id, acts, null],
        [id, grants, grantCondition],
      ]),
    );
    const { outputs } = deploy();
    expect(new Set(assignments.map(({ body }) => at(body, 'properties', 'principalId')))).toEqual(
      new Set([outputs.CMK_BOT_PRINCIPAL_ID]),
    );
    const without = deploy({ assignRoles: 'false' }).made;
    expect(without.filter(({ file }) => ['rights.bicep', 'roles.bicep'].includes(file))).toEqual([]);
  });

  test('in the workspace is to query the one table that its role names, and it looks there whether agents use keys', () => {
    const [role] = ofType(everything, 'Microsoft.Authorization/roleDefinitions').filter(
      ({ file }) => file === 'logs-reader.bicep',
    );
    expect(at(role?.body, 'properties', 'permissions', 0)).toEqual({
      actions: logsRole.Actions,
      notActions: [],
      dataActions: [],
      notDataActions: [],
    });
    const given = ofType(everything, 'Microsoft.Authorization/roleAssignments').filter(
      ({ file }) => file === 'logs-reader.bicep',
    );
    expect(given).toHaveLength(1);
    expect(String(at(given[0]?.body, 'properties', 'roleDefinitionId'))).toContain(role?.name ?? 'no role');
    expect(String(at(given[0]?.body, 'properties', 'principalId'))).toBe(deploy().outputs.CMK_BOT_PRINCIPAL_ID);
    expect(readConfig(environmentOf(everything, 'x')).logs).toMatchObject({ workspaceId: expect.any(String) });
    const other = 'b0000000-0000-4000-8000-0000000000c9';
    expect(readConfig(environmentOf(deploy({ logsWorkspace: other }).made, 'x')).logs?.workspaceId).toBe(other);
    expect(deploy({ assignRoles: 'false' }).made.filter(({ file }) => file === 'logs-reader.bicep')).toEqual([]);
  });

  test('beside that is to read secrets of its own vault and sign with one key, to publish in its container, and to pull its image', () => {
    const builtIn = ofType(everything, 'Microsoft.Authorization/roleAssignments').filter(
      ({ file }) => !['rights.bicep', 'logs-reader.bicep'].includes(file),
    );
    const rows = builtIn.map(({ file, body }) => [
      file,
      String(at(body, 'properties', 'roleDefinitionId'))
        .split('/')
        .at(-1),
    ]);
    // Azure's own ids ("Azure built-in roles"): Key Vault Secrets User and Crypto User, Storage Blob Data Contributor, AcrPull.
    expect(rows).toEqual([
      ['vault.bicep', '4633458b-17de-408a-b874-0445c86b69e6'],
      ['vault.bicep', '12338af0-0e69-4776-bea7-57ae8d297424'],
      ['anchors.bicep', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'],
      ['registry.bicep', '7f951dda-4ed3-4680-a7ca-43fe172d538d'],
    ]);
  });
});
