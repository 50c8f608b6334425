import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os, { hostname } from 'node:os';
import path from 'node:path';
import { readConfig } from '../../../src/config/config.ts';
import { ConfigurationError } from '../../../src/config/env.ts';
import { readEnvFile } from '../../../src/config/env-file.ts';
import type { environmentSchema } from '../../../src/config/settings/table.ts';

const tenant = '10000000-0000-4000-8000-000000000000';
const app = '50000000-0000-4000-8000-000000000002';
const subscription = '40000000-0000-4000-8000-000000000001';
const hour = 3_600_000;

/** A production environment that holds together. */
const whole = {
  MicrosoftAppType: 'SingleTenant',
  MicrosoftAppId: app,
  MicrosoftAppPassword: 'secret',
  MicrosoftAppTenantId: tenant,
  DATABASE_URL: 'postgresql://db/cmk',
  CMK_SEAL_KEY_FILE: '/mnt/seal/key',
  CMK_SUBSCRIPTIONS: subscription,
  CMK_APPROVALS_CHANNEL: '19:approvals@thread.tacv2',
  CMK_AUDIT_CHANNEL: '19:audit@thread.tacv2',
};
type Change = Partial<Record<keyof typeof environmentSchema.shape, string | undefined>>;
const read = (change: Change = {}) => readConfig({ ...whole, ...change });

/** As the simulator's Teams calls: callers are trusted. */
const local: Change = {
  CMK_MODE: 'local',
  MicrosoftAppId: undefined,
  MicrosoftAppType: undefined,
  MicrosoftAppPassword: undefined,
};
const operations = '19:operations@thread.tacv2';
const sealSecret = 'https://kv-cmk-bot.vault.azure.net/secrets/seal-key';
const managed = { MicrosoftAppType: 'UserAssignedMSI', MicrosoftAppPassword: undefined };
const stepUp = { CMK_STEP_UP: 'c1', CMK_PUBLIC_URL: 'https://bot.example.com/' };
const stepUpApp = { CMK_STEP_UP_APP_ID: 'B0000000-0000-4000-8000-00000000000B', CMK_STEP_UP_APP_SECRET: 'its-secret' };

/** The variables that the complaint names, in its order. */
function named(change: Change): string[] {
  try {
    read(change);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/[:.]/)[0] ?? '');
  }
  return [];
}

it('reads what holds together, with defaults for the rest', () => {
  expect(read()).toMatchObject({
    server: { mode: 'production', port: 3978, listen: null, callsAtOnce: 200 },
    teams: { tenantId: tenant, app: { id: app, secret: 'secret' }, serviceUrl: null, operationsChannel: null },
    databaseUrl: 'postgresql://db/cmk',
    azure: { cloud: { name: 'public' }, subscriptions: [subscription], pollMs: 5_000 },
    policy: { rules: [], otherwise: { requesters: [], approvers: [], approvalsRequired: 1, expiryMs: 72 * hour } },
    policyFile: null,
    retry: { firstWaitMs: 10_000 },
    paused: false,
    log: { level: 'info' },
    replica: hostname(),
  });
});

it('names every variable at once that is wrong by itself, or does not hold together with others', () => {
  const loose = { PORT: 'many', AZURE_CLOUD: 'custom', CMK_AUDIT_CHANNEL: whole.CMK_APPROVALS_CHANNEL };
  const endpoints = ['AZURE_ARM_ENDPOINT', 'AZURE_AUTHORITY_HOST', 'AZURE_GRAPH_ENDPOINT'];
  const left = { MicrosoftAppId: undefined, DATABASE_URL: undefined, CMK_SUBSCRIPTIONS: undefined };
  const wrong = [...endpoints, 'CMK_AUDIT_CHANNEL', 'CMK_SUBSCRIPTIONS', 'DATABASE_URL', 'MicrosoftAppId', 'PORT'];
  expect(named({ ...loose, ...left }).sort()).toEqual(wrong);
});

it.each<[string, Change]>([
  ['PORT', { PORT: '0' }],
  ['CMK_LISTEN', { CMK_LISTEN: 'localhost' }],
  ['MicrosoftAppType', { MicrosoftAppType: 'MultiTenant' }],
  ['CMK_TEAMS_SERVICE_URL', { CMK_TEAMS_SERVICE_URL: 'http://localhost.example/' }],
  ['ToBotFromChannelOpenIdMetadataUrl', { ToBotFromChannelOpenIdMetadataUrl: 'http://login.example/metadata' }],
  ['ToChannelFromBotLoginUrl', { ToChannelFromBotLoginUrl: 'http://login.example/tenant' }],
  ['CMK_SUBSCRIPTIONS', { CMK_SUBSCRIPTIONS: `${subscription}, production` }],
  ['CMK_REQUESTERS', { CMK_REQUESTERS: 'everyone' }],
  ['DATABASE_URL', { DATABASE_URL: 'cmk-pg.postgres.database.azure.com' }],
  ['DATABASE_URL', { DATABASE_URL: 'postgres://bot:pass/word@db/cmk' }],
  ['CMK_APPROVALS_CHANNEL', { CMK_APPROVALS_CHANNEL: 'Approvals' }],
  ['CMK_OPERATIONS_CHANNEL', { CMK_OPERATIONS_CHANNEL: 'none' }],
  ['CMK_LOG_KEY_FILE', { CMK_ANCHOR: '/var/lib/anchor' }],
  ['CMK_WITNESSES', { CMK_WITNESSES: 'https://witness.example' }],
  ['CMK_STEP_UP_MAX_AGE', { CMK_STEP_UP_MAX_AGE: '10' }],
  ['CMK_AUDIT_CHANNEL', { CMK_AUDIT_CHANNEL: undefined }],
  ['CMK_AUDIT_CHANNEL', { CMK_AUDIT_CHANNEL: whole.CMK_APPROVALS_CHANNEL }],
  ['CMK_AUDIT_CHANNEL', { CMK_AUDIT_CHANNEL: operations, CMK_OPERATIONS_CHANNEL: operations }],
  ['DATABASE_URL', { DATABASE_URL: 'file:///data' }],
  ['DATABASE_URL', { DATABASE_URL: undefined }],
  ['CMK_SEAL_KEY_FILE', { CMK_SEAL_KEY_FILE: undefined }],
  ['CMK_SEAL_KEY_SECRET', { CMK_SEAL_KEY_SECRET: sealSecret }],
  ['MicrosoftAppId', { ...local, CMK_MODE: undefined }],
  // It would look as if callers were checked.
  ['CMK_MODE', { CMK_MODE: 'local' }],
  ['CMK_LISTEN', { ...local, CMK_LISTEN: '0.0.0.0' }],
  ['MicrosoftAppPassword', { MicrosoftAppPassword: undefined }],
  ['CMK_PUBLIC_URL', { CMK_STEP_UP: 'c1' }],
  ['CMK_STEP_UP_APP_ID', { ...stepUp, ...managed }],
  ['CMK_STEP_UP_APP_SECRET', { ...stepUp, CMK_STEP_UP_APP_SECRET: 'alone' }],
])('refuses a wrong %s: %j', (variable, change) => expect(named(change)).toEqual([variable]));

it.each<[string, Change]>([
  ['local mode without an app', local],
  ['this machine as the one to listen on', { ...local, CMK_LISTEN: '127.0.0.1' }],
  ['its address of version 6', { ...local, CMK_LISTEN: '::1' }],
  ['a managed identity without a password', managed],
  ['the sign-in address that Kubernetes sets', { AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.com/' }],
])('takes %s', (_what, change) => expect(named(change)).toEqual([]));

describe('a mistyped name', () => {
  const mistake = (variables: Record<string, string>): readonly string[] => {
    try {
      readConfig({ ...whole, ...variables });
    } catch (error) {
      if (error instanceof ConfigurationError) return error.mistakes.map((one) => one.join(': '));
    }
    return [];
  };

  it.each([
    ['CMK_APPROVAL_REQUIRED', 'Did you mean CMK_APPROVALS_REQUIRED?'],
    ['CMK_THE_WEATHER_TOMORROW', 'docs/install/settings.md has all settings'],
    ['MicrosoftAppTenantID', 'Did you mean MicrosoftAppTenantId?'],
  ])('%s stops the start with the closestName name', (name, advice) => {
    expect(mistake({ [name]: 'true' })).toEqual([`${name}: isn’t a setting. ${advice}`]);
  });

  it('is none in variables of other programs, and in empty ones', () => {
    const others = {
      PATH: '/bin',
      CMK_SOMETHING: '',
      CMK_ADMIN_ID: 'of azd',
      CMK_LOCAL_BOT_PORT: '4978',
      AZURE_TENANT_ID: tenant,
      AZURE_CLIENT_CERTIFICATE_PATH: '/cert',
      AZURE_ENV_NAME: 'prod',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector',
      ToBotFromEmulatorOpenIdMetadataUrl: 'of the Emulator',
    };
    expect(readConfig({ ...whole, ...others })).toEqual(read());
  });
});

it('takes the ID of a channel, also as a link has it, and a whole link', () => {
  const encoded = '19%3Aapprovals%40thread.tacv2';
  expect(read({ CMK_APPROVALS_CHANNEL: encoded }).teams.approvalsChannel).toBe('19:approvals@thread.tacv2');
  const link = `https://teams.microsoft.com/l/channel/${encoded}/Approvals?groupId=7`;
  expect(read({ CMK_APPROVALS_CHANNEL: link }).teams.approvalsChannel).toBe('19:approvals@thread.tacv2');
});

describe('the app’s identity', () => {
  it('is one of a tenant, whose id is compared in lower case', () => {
    const upper = 'ABCDEF00-0000-4000-8000-00000000000A';
    expect(read({ MicrosoftAppTenantId: upper })).toMatchObject({
      teams: { tenantId: upper.toLowerCase() },
      azure: { signIn: { tenantId: upper.toLowerCase() } },
    });
  });
});

it('Bot Framework may be another one, over a private way', () => {
  const { framework, serviceUrl } = read({
    ToBotFromChannelOpenIdMetadataUrl: 'http://127.0.0.1:9000/metadata',
    ToBotFromChannelTokenIssuer: 'https://issuer.example',
    ToChannelFromBotLoginUrl: 'https://login.example/tenant',
    ToChannelFromBotOAuthScope: 'https://api.example',
    CMK_TEAMS_SERVICE_URL: 'http://[::1]:9000/',
  }).teams;
  expect({ ...framework, serviceUrl }).toEqual({
    metadataUrl: 'http://127.0.0.1:9000/metadata',
    issuer: 'https://issuer.example',
    loginUrl: 'https://login.example/tenant',
    scope: 'https://api.example',
    serviceUrl: 'http://[::1]:9000/',
  });
});

describe('the record', () => {
  it('is sealed with a key that is mounted', () => {
    expect(read().seals.key).toEqual({ kind: 'file', file: '/mnt/seal/key' });
  });

  it('is sealed with a secret of a vault where one is named', () => {
    for (const secret of [sealSecret, `${sealSecret}/${'0aF'.repeat(10)}00`]) {
      const change = { CMK_SEAL_KEY_FILE: undefined, CMK_SEAL_KEY_SECRET: secret };
      expect(read(change).seals.key).toEqual({ kind: 'secret', id: secret });
    }
    const others = [sealSecret.replace('https', 'http'), sealSecret.replace('secrets', 'keys')];
    const wrong = [
      ...others,
      sealSecret.replace('kv-', 'me@kv-'),
      `${sealSecret}/newest`,
      `${sealSecret}?x`,
      'seal-key',
    ];
    for (const secret of wrong)
      expect(named({ CMK_SEAL_KEY_FILE: undefined, CMK_SEAL_KEY_SECRET: secret })).toContain('CMK_SEAL_KEY_SECRET');
  });

  it('can be overridden by tests, and not in production', () => {
    const overrides = { CMK_TEST_OVERRIDES: '{"metricsEveryMs":250}' };
    expect(readConfig({ ...whole, ...local, ...overrides }).telemetry.metricsEveryMs).toBe(250);
    expect(readConfig({ ...whole, ...overrides }).telemetry.metricsEveryMs).toBe(60_000);
  });
});

it('leaves the audit channel out only by the word none', () => {
  expect(read({ CMK_AUDIT_CHANNEL: 'none' }).teams.auditChannel).toBeNull();
  expect(read().teams.auditChannel).toBe(whole.CMK_AUDIT_CHANNEL);
});

describe('a duration', () => {
  it.each([
    ['72h', 72 * hour],
    ['7d', 168 * hour],
  ])('of %s is read', (text, ms) => expect(read({ CMK_APPROVAL_EXPIRY: text }).policy.otherwise.expiryMs).toBe(ms));

  it.each(['72', 'h', '0h', '-1h', '1w', '1000000s'])('of %s is refused', (text) => {
    expect(named({ CMK_APPROVAL_EXPIRY: text })).toEqual(['CMK_APPROVAL_EXPIRY']);
  });
});

describe('a list of ids', () => {
  const [one, two] = [tenant, subscription];

  it('is separated by commas, spaces or lines', () => {
    expect(read({ CMK_APPROVERS: `${one}, ${two}\n` }).policy.otherwise.approvers).toEqual([one, two]);
  });

  it('is nobody when it is empty', () => expect(read({ CMK_APPROVERS: ' , ' }).policy.otherwise.approvers).toEqual([]));
});

const at = (url: string) => ({ CMK_WITNESSES: `${url} witness.example/w1+4e689e2d+BAWH` });

it('witnesses are asked over https, or over http on this machine', () => {
  const local = ['127.0.0.1', 'localhost', '[::1]'].map((host) => `http://${host}:7380`);
  for (const url of ['https://witness.example', ...local]) expect([url, named(at(url))]).toEqual([url, []]);
  for (const url of ['http://witness.example', 'http://10.0.0.4:7380', 'http://127.0.0.1.example.org'])
    expect([url, named(at(url))]).toEqual([url, ['CMK_WITNESSES']]);
});

describe('signing in anew to approve', () => {
  it('uses the app of the bot, or another that is given whole', () => {
    const rule = { context: 'c1', maxAgeMs: 600_000, publicUrl: 'https://bot.example.com' };
    expect(read(stepUp).stepUp).toEqual({ ...rule, appId: whole.MicrosoftAppId, appSecret: 'secret' });
    const other = { ...rule, appId: stepUpApp.CMK_STEP_UP_APP_ID.toLowerCase(), appSecret: 'its-secret' };
    expect(read({ ...stepUp, ...stepUpApp }).stepUp).toEqual(other);
    expect(read({ ...stepUp, ...stepUpApp, ...managed }).stepUp).toEqual(other);
  });

  it('needs an address that browsers reach over https', () => {
    const wrong = ['http://bot.example.com', 'bot.example.com', 'ftp://bot.example.com'];
    const odd = [
      'https://bot.example.com/?a=b',
      'https://user:password@bot.example.com',
      'https://user@bot.example.com/x',
    ];
    for (const CMK_PUBLIC_URL of [...wrong, ...odd])
      expect(named({ ...stepUp, CMK_PUBLIC_URL })).toEqual(['CMK_PUBLIC_URL']);
  });

  it.each(['1', 'C1', 'on'])('knows no authentication context “%s”', (context) => {
    expect(named({ ...stepUp, CMK_STEP_UP: context })).toEqual(['CMK_STEP_UP']);
  });
});

describe('the settings file', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cmk-env-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function read(text: string) {
    const file = path.join(folder, 'settings');
    writeFileSync(file, text);
    return readEnvFile(file);
  }

  it('reads comments, empty lines, quotes, values of several lines and other systems’ line ends', () => {
    const text = '\uFEFFA=1\r\n\r\n# B=2\r\n  export C=3\nD="one\ntwo" # three\nE=\'it"s\'\nF = 6 \nG=\nH=a=b';
    expect(read(text)).toEqual({ A: '1', C: '3', D: 'one\ntwo', E: 'it"s', F: '6', G: '', H: 'a=b' });
    expect(read('')).toEqual({});
  });

  it.each([
    ['a line without a sign', 'A=1\nCMK_PAUSE true\nB=2\n', 2],
    ['a quote that is not closed', 'A=1\nB="two\nC=3\n', 2],
    ['a line behind a value of several lines', 'A="1\n2\n3"\nnonsense', 4],
  ])('names the line that is not a setting: %s', (_what, text, line) => {
    expect(() => read(text)).toThrow(
      `line ${line} of ${path.join(folder, 'settings')} isn’t a setting: write NAME=value`,
    );
  });
});
