import { hostname } from 'node:os';
import { readConfig } from '../../../src/config/config.ts';
import { ConfigurationError } from '../../../src/config/env.ts';
import { environmentSchema } from '../../../src/config/settings/table.ts';

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

/** The sandbox's way: a data folder, and callers that are trusted. */
const sandbox: Change = {
  CMK_MODE: 'local',
  MicrosoftAppType: undefined,
  MicrosoftAppId: undefined,
  MicrosoftAppPassword: undefined,
  DATABASE_URL: undefined,
  CMK_SEAL_KEY_FILE: undefined,
  CMK_DATA_DIR: '/data',
};

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
    store: { kind: 'server', url: 'postgresql://db/cmk' },
    azure: { cloud: { name: 'public' }, subscriptions: [subscription], pollMs: 5_000 },
    policy: { rules: [], otherwise: { requesters: [], approvers: [], approvalsRequired: 1, expiryMs: 72 * hour } },
    policyFile: null,
    retry: { firstWaitMs: 10_000 },
    paused: false,
    log: { level: 'info' },
    replica: hostname(),
  });
});

it('names every missing variable at once', () => {
  expect(
    named({ MicrosoftAppTenantId: undefined, CMK_APPROVALS_CHANNEL: undefined, CMK_AUDIT_CHANNEL: undefined }),
  ).toEqual(['MicrosoftAppTenantId', 'CMK_APPROVALS_CHANNEL', 'CMK_AUDIT_CHANNEL']);
});

it('names every variable at once that does not hold together with others', () => {
  const loose = {
    MicrosoftAppId: undefined,
    DATABASE_URL: undefined,
    CMK_SUBSCRIPTIONS: undefined,
    AZURE_CLOUD: 'custom',
  };
  expect(
    named({ ...loose, CMK_AUDIT_CHANNEL: '19:approvals@thread.tacv2', MicrosoftAppPassword: undefined }).sort(),
  ).toEqual(
    'AZURE_ARM_ENDPOINT AZURE_AUTHORITY_HOST AZURE_GRAPH_ENDPOINT CMK_AUDIT_CHANNEL CMK_SUBSCRIPTIONS DATABASE_URL MicrosoftAppId MicrosoftAppPassword'.split(
      ' ',
    ),
  );
});

it('names variables that are wrong alone and variables that are wrong together at once', () => {
  expect(named({ PORT: 'many', DATABASE_URL: undefined }).sort()).toEqual(['DATABASE_URL', 'PORT']);
});

it('says of a mistake which variable it is in', () => {
  expect(() => read({ CMK_SUBSCRIPTIONS: '' })).toThrow(
    'settings contradict each other:\n  CMK_SUBSCRIPTIONS: is empty; name the subscriptions that the bot can change',
  );
});

it.each<[string, Change]>([
  ['PORT', { PORT: '0' }],
  ['PORT', { PORT: '65536' }],
  ['CMK_LISTEN', { CMK_LISTEN: 'localhost' }],
  ['CMK_LISTEN', { CMK_LISTEN: '0.0.0.0:3978' }],
  ['MicrosoftAppType', { MicrosoftAppType: 'MultiTenant' }],
  ['MicrosoftAppType', { MicrosoftAppType: undefined }],
  ['MicrosoftAppTenantId', { MicrosoftAppTenantId: 'contoso.com' }],
  ['AZURE_CLOUD', { AZURE_CLOUD: 'germany' }],
  ['CMK_TEAMS_SERVICE_URL', { CMK_TEAMS_SERVICE_URL: 'smba' }],
  ['CMK_TEAMS_SERVICE_URL', { CMK_TEAMS_SERVICE_URL: 'http://smba.trafficmanager.net/emea/' }],
  ['CMK_TEAMS_SERVICE_URL', { CMK_TEAMS_SERVICE_URL: 'http://localhost.example/' }],
  ['ToBotFromChannelOpenIdMetadataUrl', { ToBotFromChannelOpenIdMetadataUrl: 'http://login.example/metadata' }],
  ['ToChannelFromBotLoginUrl', { ToChannelFromBotLoginUrl: 'http://login.example/tenant' }],
  ['ToChannelFromBotLoginUrl', { ToChannelFromBotLoginUrl: 'http://localhost/tenant' }],
  ['CMK_SUBSCRIPTIONS', { CMK_SUBSCRIPTIONS: `${subscription}, production` }],
  ['CMK_REQUESTERS', { CMK_REQUESTERS: 'everyone' }],
  ['CMK_APPROVERS', { CMK_APPROVERS: 'approvers@example.com' }],
  ['CMK_APPROVALS_REQUIRED', { CMK_APPROVALS_REQUIRED: '0' }],
  ['CMK_APPROVALS_REQUIRED', { CMK_APPROVALS_REQUIRED: '1.5' }],
  ['CMK_CALLS_AT_ONCE', { CMK_CALLS_AT_ONCE: '0' }],
  ['CMK_PAUSE', { CMK_PAUSE: 'maybe' }],
  ['CMK_LOG_LEVEL', { CMK_LOG_LEVEL: 'verbose' }],
  ['CMK_MODE', { CMK_MODE: 'production' }],
  ['MicrosoftAppId', { MicrosoftAppId: 'cmk-bot' }],
  ['AZURE_CLIENT_ID', { AZURE_CLIENT_ID: 'id-cmk-bot' }],
  ['DATABASE_URL', { DATABASE_URL: 'cmk-pg.postgres.database.azure.com' }],
  ['DATABASE_URL', { DATABASE_URL: 'postgres://bot:pass/word@db/cmk' }],
  ['CMK_APPROVALS_CHANNEL', { CMK_APPROVALS_CHANNEL: 'Approvals' }],
  ['CMK_OPERATIONS_CHANNEL', { CMK_OPERATIONS_CHANNEL: 'none' }],
  ['AZURE_ARM_ENDPOINT', { AZURE_ARM_ENDPOINT: 'https://management.example.org' }],
  ['AZURE_AUTHORITY_HOST', { AZURE_CLOUD: 'usgovernment', AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.com/' }],
  ['AZURE_CA_FILE', { AZURE_CLOUD: 'china', AZURE_CA_FILE: '/ca.pem' }],
  ['CMK_LOG_KEY_FILE', { CMK_ANCHOR: '/var/lib/anchor' }],
  ['CMK_WITNESSES', { CMK_WITNESSES: 'https://witness.example' }],
  ['CMK_LOGS_WORKSPACE', { CMK_LOGS_WORKSPACE: `/subscriptions/${subscription}/workspaces/w` }],
  ['CMK_STEP_UP_MAX_AGE', { CMK_STEP_UP_MAX_AGE: '10' }],
])('refuses a wrong %s: %j', (variable, change) => expect(named(change)).toEqual([variable]));

it('takes an empty variable for one that was not set', () => {
  const empty = Object.fromEntries(Object.keys(environmentSchema.shape).map((name) => [name, '']));
  expect(readConfig({ ...empty, ...whole })).toEqual(read());
  expect(named({ CMK_AUDIT_CHANNEL: '' })).toEqual(['CMK_AUDIT_CHANNEL']);
});

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
    ['CMK_APPROVER', 'Did you mean CMK_APPROVERS?'],
    ['CMK_PAUZE', 'Did you mean CMK_PAUSE?'],
    ['cmk_pause', 'Did you mean CMK_PAUSE?'],
    ['CMK_THE_WEATHER_TOMORROW', 'docs/configuration.md has all settings'],
    ['MICROSOFTAPPID', 'Did you mean MicrosoftAppId?'],
    ['MicrosoftAppTenantID', 'Did you mean MicrosoftAppTenantId?'],
    ['MicrosoftAppPasswort', 'Did you mean MicrosoftAppPassword?'],
    ['AZURE_CLIENTID', 'Did you mean AZURE_CLIENT_ID?'],
    ['OTEL_EXPORTER_OTLP_HEADER', 'Did you mean OTEL_EXPORTER_OTLP_HEADERS?'],
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

  it('is none in what Kubernetes sets for a service of that name', () => {
    const service = {
      CMK_BOT_SERVICE_HOST: '10.0.0.1',
      CMK_BOT_SERVICE_PORT: '3978',
      CMK_BOT_SERVICE_PORT_HTTP: '3978',
      CMK_BOT_PORT: 'tcp://10.0.0.1:3978',
      CMK_BOT_PORT_3978_TCP: 'tcp://10.0.0.1:3978',
      CMK_BOT_PORT_3978_TCP_ADDR: '10.0.0.1',
    };
    expect(readConfig({ ...whole, ...service })).toEqual(read());
    expect(mistake({ CMK_BOT_PORT: '3978' })).toHaveLength(1);
  });
});

it('takes the ID of a channel as a link has it, and names the ID in a whole link', () => {
  const encoded = '19%3Aapprovals%40thread.tacv2';
  expect(read({ CMK_APPROVALS_CHANNEL: encoded }).teams.approvalsChannel).toBe('19:approvals@thread.tacv2');
  const link = `https://teams.microsoft.com/l/channel/${encoded}/Approvals?groupId=7`;
  expect(() => read({ CMK_APPROVALS_CHANNEL: link })).toThrow(
    'CMK_APPROVALS_CHANNEL: is a link; set the ID of its channel, which is 19:approvals@thread.tacv2',
  );
});

it('takes the sign-in address that Kubernetes sets, where it is the cloud’s own', () => {
  expect(named({ AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.com/' })).toEqual([]);
});

describe('local mode', () => {
  const local: Change = {
    CMK_MODE: 'local',
    MicrosoftAppId: undefined,
    MicrosoftAppType: undefined,
    MicrosoftAppPassword: undefined,
  };

  it('goes without an app id, and nothing else does', () => {
    expect(named(local)).toEqual([]);
    expect(read(local)).toMatchObject({ server: { mode: 'local' }, teams: { app: { id: null, secret: null } } });
    expect(named({ ...local, CMK_MODE: undefined })).toEqual(['MicrosoftAppId']);
  });

  it('refuses to listen where other machines could call', () => {
    expect(named({ ...local, CMK_LISTEN: '0.0.0.0' })).toEqual(['CMK_LISTEN']);
    for (const CMK_LISTEN of ['127.0.0.1', '::1']) expect(named({ ...local, CMK_LISTEN })).toEqual([]);
  });

  it('refuses to start with an app id: it would look as if callers were checked', () => {
    expect(named({ CMK_MODE: 'local' })).toEqual(['CMK_MODE']);
  });
});

describe('the app’s identity', () => {
  it('needs a password with SingleTenant and none with UserAssignedMSI', () => {
    expect(named({ MicrosoftAppPassword: undefined })).toEqual(['MicrosoftAppPassword']);
    expect(named({ MicrosoftAppPassword: undefined, MicrosoftAppType: 'UserAssignedMSI' })).toEqual([]);
  });

  it('is proved without the password with UserAssignedMSI, even where one is set', () => {
    expect(read({ MicrosoftAppType: 'UserAssignedMSI' }).teams.app).toEqual({ id: app, secret: null });
  });

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
  it('lies on a PostgreSQL server in production, and in a data folder only in the sandbox', () => {
    expect(named({ CMK_DATA_DIR: '/data' })).toEqual(['CMK_DATA_DIR']);
    expect(named({ DATABASE_URL: undefined })).toEqual(['DATABASE_URL']);
    expect(named({ DATABASE_URL: undefined, CMK_DATA_DIR: '/data' })).toEqual(['DATABASE_URL']);
    expect(named({ DATABASE_URL: '', CMK_DATA_DIR: '/data' })).toEqual(['DATABASE_URL']);
    expect(named(sandbox)).toEqual([]);
    expect(named({ ...sandbox, CMK_DATA_DIR: undefined })).toEqual(['CMK_DATA_DIR']);
  });

  it('is sealed with a key beside its folder, and on a server with one that is mounted', () => {
    expect(read(sandbox).seals).toEqual({ key: { kind: 'file', file: '/data/seal.key', own: true }, trust: null });
    expect(read().seals.key).toEqual({ kind: 'file', file: '/mnt/seal/key', own: false });
    expect(named({ CMK_SEAL_KEY_FILE: undefined })).toEqual(['CMK_SEAL_KEY_FILE']);
  });

  it('is sealed with a secret of a vault where one is named, and never with both', () => {
    const id = 'https://kv-cmk-bot.vault.azure.net/secrets/seal-key';
    for (const secret of [id, `${id}/${'0aF'.repeat(10)}00`]) {
      const change = { CMK_SEAL_KEY_FILE: undefined, CMK_SEAL_KEY_SECRET: secret };
      expect(read(change).seals.key).toEqual({ kind: 'secret', id: secret });
    }
    expect(named({ CMK_SEAL_KEY_SECRET: id })).toEqual(['CMK_SEAL_KEY_SECRET']);
    const wrong = [
      id.replace('https', 'http'),
      id.replace('secrets', 'keys'),
      `${id}/newest`,
      `${id}?x`,
      'seal-key',
      id.replace('kv-', 'me@kv-'),
    ];
    for (const secret of wrong) {
      expect(named({ CMK_SEAL_KEY_FILE: undefined, CMK_SEAL_KEY_SECRET: secret })).toContain('CMK_SEAL_KEY_SECRET');
    }
  });

  it('from before there were seals is trusted up to the end that is named, whole', () => {
    const hash = 'a'.repeat(64);
    expect(read({ CMK_TRUST_RECORD: `47:${hash}` }).seals.trust).toEqual({ seq: 47, hash });
    for (const short of ['47', hash, `47:${hash.slice(0, 8)}`, `0:${hash}`]) {
      expect(named({ CMK_TRUST_RECORD: short })).toEqual(['CMK_TRUST_RECORD']);
    }
  });

  it('in a folder is one replica’s, which needs no name of its own', () => {
    expect(read(sandbox)).toMatchObject({ store: { kind: 'folder', dataDir: '/data' }, replica: 'local' });
    expect(read({ CMK_REPLICA: 'west-1' }).replica).toBe('west-1');
  });
});

describe('the audit channel', () => {
  it('is neither the approvals nor the operations channel', () => {
    expect(named({ CMK_AUDIT_CHANNEL: '19:approvals@thread.tacv2' })).toEqual(['CMK_AUDIT_CHANNEL']);
    expect(
      named({ CMK_AUDIT_CHANNEL: '19:operations@thread.tacv2', CMK_OPERATIONS_CHANNEL: '19:operations@thread.tacv2' }),
    ).toEqual(['CMK_AUDIT_CHANNEL']);
  });

  it('is left out only by the word none', () => {
    expect(named({ CMK_AUDIT_CHANNEL: undefined })).toEqual(['CMK_AUDIT_CHANNEL']);
    expect(read({ CMK_AUDIT_CHANNEL: 'none' }).teams.auditChannel).toBeNull();
    expect(read().teams.auditChannel).toBe(whole.CMK_AUDIT_CHANNEL);
  });
});

describe('a duration', () => {
  it.each([
    ['250ms', 250],
    ['90s', 90_000],
    ['30m', 30 * 60_000],
    ['72h', 72 * hour],
    ['7d', 168 * hour],
  ])('of %s is read', (text, ms) => expect(read({ CMK_APPROVAL_EXPIRY: text }).policy.otherwise.expiryMs).toBe(ms));

  it.each(['72', 'h', '0h', '-1h', '1.5h', '1 h', '1w', '72H', '1000000s'])('of %s is refused', (text) => {
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

describe('the policy version', () => {
  const base = read().policy.version;

  it('changes with who may ask, who may approve, how many and for how long', () => {
    const others = [
      { CMK_REQUESTERS: tenant },
      { CMK_APPROVERS: tenant },
      { CMK_APPROVALS_REQUIRED: '2' },
      { CMK_APPROVAL_EXPIRY: '1h' },
    ];
    const versions = [base, ...others.map((change) => read(change).policy.version)];
    expect(new Set(versions).size).toBe(5);
  });

  it('stays with everything else', () => {
    expect(read({ PORT: '4000', CMK_PAUSE: '1', CMK_LOG_LEVEL: 'debug' }).policy.version).toBe(base);
    expect(base).toMatch(/^[0-9a-f]{8}$/);
  });
});

describe('the cloud', () => {
  const custom: Change = {
    AZURE_CLOUD: 'custom',
    AZURE_ARM_ENDPOINT: 'https://arm.example',
    AZURE_AUTHORITY_HOST: 'https://login.example',
    AZURE_GRAPH_ENDPOINT: 'https://graph.example',
  };

  it('is known by name, or given in full', () => {
    expect(read().azure.cloud).toEqual({ name: 'public' });
    expect(read(custom).azure.cloud).toEqual({
      name: 'custom',
      armEndpoint: 'https://arm.example',
      authorityHost: 'https://login.example',
      graphEndpoint: 'https://graph.example',
      caFile: null,
    });
  });

  it.each(['AZURE_ARM_ENDPOINT', 'AZURE_AUTHORITY_HOST', 'AZURE_GRAPH_ENDPOINT'] as const)(
    'needs %s when custom',
    (name) => {
      expect(named({ ...custom, [name]: undefined })).toEqual([name]);
    },
  );
});

describe('witnesses', () => {
  const at = (url: string) => ({ CMK_WITNESSES: `${url} witness.example/w1+4e689e2d+BAWH` });

  it('are asked over https, or over http on this machine', () => {
    for (const url of [
      'https://witness.example',
      'http://127.0.0.1:7380',
      'http://localhost:7380',
      'http://[::1]:7380',
    ])
      expect([url, named(at(url))]).toEqual([url, []]);
    for (const url of ['http://witness.example', 'http://10.0.0.4:7380', 'http://127.0.0.1.example.org'])
      expect([url, named(at(url))]).toEqual([url, ['CMK_WITNESSES']]);
  });
});

describe('signing in anew to approve', () => {
  const stepUp = { CMK_STEP_UP: 'c1', CMK_PUBLIC_URL: 'https://bot.example.com/' };
  const app = { CMK_STEP_UP_APP_ID: 'B0000000-0000-4000-8000-00000000000B', CMK_STEP_UP_APP_SECRET: 'its-secret' };

  it('is off unless it is set, and then nothing of it is needed', () => {
    expect(read().stepUp).toBeNull();
    expect(read({ CMK_STEP_UP: '' }).stepUp).toBeNull();
  });

  it('uses the app of the bot, or another that is given whole', () => {
    const rule = { context: 'c1', maxAgeMs: 600_000, publicUrl: 'https://bot.example.com' };
    expect(read(stepUp).stepUp).toEqual({ ...rule, appId: whole.MicrosoftAppId, appSecret: 'secret' });
    const other = { appId: app.CMK_STEP_UP_APP_ID.toLowerCase(), appSecret: 'its-secret' };
    expect(read({ ...stepUp, ...app }).stepUp).toEqual({ ...rule, ...other });
    const identity = { MicrosoftAppType: 'UserAssignedMSI', MicrosoftAppPassword: undefined } as const;
    expect(read({ ...stepUp, ...app, ...identity }).stepUp).toEqual({ ...rule, ...other });
    expect(named({ ...stepUp, ...identity })).toEqual(['CMK_STEP_UP_APP_ID']);
    expect(named({ ...stepUp, CMK_STEP_UP_APP_ID: app.CMK_STEP_UP_APP_ID })).toEqual(['CMK_STEP_UP_APP_SECRET']);
    expect(named({ ...stepUp, CMK_STEP_UP_APP_SECRET: 'alone' })).toEqual(['CMK_STEP_UP_APP_SECRET']);
  });

  it('needs an address that browsers reach over https', () => {
    expect(named({ CMK_STEP_UP: 'c1' })).toEqual(['CMK_PUBLIC_URL']);
    expect(named({ ...stepUp, CMK_PUBLIC_URL: 'http://bot.example.com' })).toEqual(['CMK_PUBLIC_URL']);
    const wrong = ['bot.example.com', 'https://bot.example.com/?a=b', 'ftp://bot.example.com'];
    for (const CMK_PUBLIC_URL of [...wrong, 'https://user:password@bot.example.com', 'https://user@bot.example.com/x'])
      expect(named({ ...stepUp, CMK_PUBLIC_URL })).toEqual(['CMK_PUBLIC_URL']);
  });

  it.each(['1', 'c0', 'C1', 'c100', 'c1,c2', 'on'])('knows no authentication context “%s”', (context) => {
    expect(named({ ...stepUp, CMK_STEP_UP: context })).toEqual(['CMK_STEP_UP']);
  });
});
