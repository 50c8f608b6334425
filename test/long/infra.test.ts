import { readFileSync } from 'node:fs';
import { z } from 'zod';
import {
  at,
  auditors,
  describeCompiled,
  environmentOf,
  listAt,
  ofType,
  only,
  otherwise,
  root,
  usual,
} from '../support/azure/infra.ts';
import { sourcesText } from '../support/docs/source-text.ts';

/** What infra/ deploys, by the prediction of Microsoft's compiler. Nothing of it was ever deployed. */

describeCompiled('what must not be open', () => {
  const made = () => usual().made;
  const properties = (type: string) => at(only(made(), type), 'properties');

  test('the database accepts tokens only, and its firewall has no rule', () => {
    expect(at(properties('Microsoft.DBforPostgreSQL/flexibleServers'), 'authConfig')).toMatchObject({
      activeDirectoryAuth: 'Enabled',
      passwordAuth: 'Disabled',
    });
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
    expect(
      theirs.map((one) => [
        String(at(one, 'properties', 'roleDefinitionId'))
          .split('/')
          .at(-1),
        one.id,
      ]),
    ).toEqual([[expect.stringContaining(reader), expect.stringContaining('/containers/anchor-2/')]]);
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
    expect(properties('Microsoft.KeyVault/vaults')).toMatchObject({
      enableRbacAuthorization: true,
      enableSoftDelete: true,
      enablePurgeProtection: true,
      networkAcls: closed,
    });
    expect(properties('Microsoft.Storage/storageAccounts')).toMatchObject({
      allowBlobPublicAccess: false,
      allowSharedKeyAccess: false,
      networkAcls: closed,
    });
    expect(properties('Microsoft.ContainerRegistry/registries')).toMatchObject({ adminUserEnabled: false });
    expect(
      ofType(made(), 'Microsoft.Authorization/roleAssignments')
        .map((one) => one.id)
        .join(),
    ).not.toContain(auditors);
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

  test('every resource that has a log of its own sends it to the workspace', () => {
    const rows = ofType(made(), 'Microsoft.Insights/diagnosticSettings').map((one) => [
      /\/providers\/[\w.]+\/(\w+)\/[^/]+(\/blobServices\/default)?\/providers\/Microsoft\.Insights/.exec(one.id)?.[1],
      ...listAt(one, 'properties', 'logs').map((log) => at(log, 'category')),
    ]);
    expect(rows).toEqual([
      ['flexibleServers', 'PostgreSQLLogs'],
      ['vaults', 'AuditEvent'],
      ['storageAccounts', 'StorageWrite', 'StorageDelete'],
      ['registries', 'ContainerRegistryLoginEvents', 'ContainerRegistryRepositoryEvents'],
      ['managedEnvironments', 'ContainerAppConsoleLogs', 'ContainerAppSystemLogs'],
      ['botServices', 'BotRequest'],
    ]);
  });
});

const Alerts = z.object({
  logs: z.array(
    z.strictObject({
      name: z.string(),
      title: z.string(),
      where: z.string(),
      severity: z.int(),
      window: z.literal('P1D').optional(),
      silent: z.literal(true).optional(),
    }),
  ),
  metrics: z.array(z.looseObject({ name: z.string(), title: z.string(), metric: z.string(), severity: z.int() })),
});
const alerts = Alerts.parse(JSON.parse(readFileSync(`${root}infra/alerts.json`, 'utf8')));

describe('infra/alerts.json', () => {
  test('looks for messages that the sources log, each whole or by a part', () => {
    const messages = alerts.logs.flatMap(({ where }) =>
      [...where.matchAll(/'([^']+)'/g)].map(([, said = '']) => [where, said] as const),
    );
    const quoted = (where: string, said: string): string =>
      where.includes('contains') ? said : where.includes('startswith') ? `'${said}` : `'${said}'`;
    const unknown = messages.filter(([where, said]) => !sourcesText.includes(quoted(where, said)));
    expect(messages.length).toBeGreaterThan(8);
    expect(unknown).toEqual([]);
  });
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

  test('send email by one action group where an address is set, and are shown in the portal where none is', () => {
    const group = only(made(), 'Microsoft.Insights/actionGroups');
    expect(listAt(group, 'properties', 'emailReceivers')).toMatchObject([{ emailAddress: 'cmk@hospital.example' }]);
    for (const rule of ofType(made(), 'Microsoft.Insights/scheduledQueryRules')) {
      expect(at(rule, 'properties', 'actions')).toEqual({ actionGroups: [group.id] });
    }
    const metrics = ofType(made(), 'Microsoft.Insights/metricAlerts');
    expect(metrics.map((rule) => at(rule, 'properties', 'actions'))).toEqual(
      alerts.metrics.map(() => [{ actionGroupId: group.id }]),
    );
    const without = usual().made;
    expect(ofType(without, 'Microsoft.Insights/actionGroups')).toEqual([]);
    expect(ofType(without, 'Microsoft.Insights/scheduledQueryRules')).toHaveLength(alerts.logs.length);
  });
});
