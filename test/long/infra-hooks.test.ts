import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Answer, runWith } from '../support/processes/stand-ins.ts';

/** The scripts that azd runs before and after a deployment, with stand-ins for `az` and the rest: they close what they open. */

/** What azd tells the hook after a deployment. */
const outputs = {
  AZURE_RESOURCE_GROUP: 'rg-prod-cmk',
  CMK_DEPLOYMENT: 'prod-1764446400',
  CMK_HOST: 'cmkbot.brave-sky-1a2b3c4d.westeurope.azurecontainerapps.io',
  CMK_REGISTRY: 'crabc',
  CMK_VAULT: 'kv-abc',
  CMK_DATABASE_SERVER_ID:
    '/subscriptions/s/resourceGroups/rg-prod-cmk/providers/Microsoft.DBforPostgreSQL/flexibleServers/psql-abc',
  CMK_DATABASE_HOST: 'psql-abc.postgres.database.azure.com',
  CMK_DATABASE: 'cmk',
  CMK_BOT_IDENTITY: 'id-cmk-bot',
  CMK_BOT_CLIENT_ID: '7d3c1f52-9a64-4b0e-8f21-5c6e9d7a4b13',
  CMK_BOT_PRINCIPAL_ID: '50000000-0000-4000-8000-0000000000b1',
  CMK_OWNER_IDENTITY: 'id-cmk-owner',
  CMK_OWNER_PRINCIPAL_ID: '50000000-0000-4000-8000-0000000000b2',
  CMK_ANCHOR_ACCOUNT: 'stabc',
  CMK_ANCHOR_CONTAINER: 'anchor',
  CMK_WORKSPACE_ID:
    '/subscriptions/s/resourceGroups/rg-prod-cmk/providers/Microsoft.OperationalInsights/workspaces/log-abc',
  CMK_ROLE_ID: '54d0255a-4dfb-5097-b8b3-be92d5bec0e4',
};

/** What the hook after the last deployment of this machine stored. */
const known = { CMK_KNOWN_DEPLOYMENT: outputs.CMK_DEPLOYMENT };

/** azd's subscription, which is also the one that az uses. */
const subscription = { AZURE_SUBSCRIPTION_ID: 's-bot' };
const whichSubscription: Answer = { to: /^az account show --query id/, says: [subscription.AZURE_SUBSCRIPTION_ID] };
const signedIn = ['az account show --output none', 'az account show --query id --output tsv'];

test.each(['preprovision', 'postprovision'])(
  '%s reads and changes nothing in another subscription than that of azd',
  async (hook) => {
    const other: Answer = { ...whichSubscription, says: ['s-other'] };
    const env = { ...outputs, ...subscription };
    const { code, err, calls } = await runWith([`infra/hooks/${hook}.sh`], ['az', 'azd'], [other, { to: /./ }], env);
    expect([code, calls]).toEqual([1, signedIn]);
    expect(err).toBe('az uses subscription s-other, and azd deploys to s-bot: az account set --subscription s-bot\n');
  },
);

const administrator = {
  CMK_ADMIN_ID: '20000000-0000-4000-8000-000000000001',
  CMK_ADMIN_NAME: 'CMK database admins',
  CMK_ADMIN_TYPE: 'Group',
  CMK_ADMIN_IP: '192.0.2.7',
  CMK_WAIT: '0',
};

describe('the hook after a deployment', () => {
  const programs = ['az', 'azd', 'psql', 'git'];
  const usual: readonly Answer[] = [
    whichSubscription,
    { to: /^az account get-access-token/, says: ['a-token-for-databases'] },
    { to: /^az keyvault show/, says: ['/the/vault'] },
    { to: /^az acr repository show/, says: ['sha256:abc'] },
    { to: /^az acr show/, says: ['registry.example'] },
    { to: /^git .*rev-parse/, says: ['0123456789ab'] },
    { to: /^az keyvault secret list/, says: [''] },
    { to: /^psql --version/, says: ['psql (PostgreSQL) 16.4 (Debian 16.4-1)'] },
    { to: /./ },
  ];
  const afterwards = (answers: readonly Answer[], env: NodeJS.ProcessEnv = {}) =>
    runWith(['infra/hooks/postprovision.sh'], programs, [...answers, ...usual], {
      ...subscription,
      ...outputs,
      ...known,
      ...administrator,
      ...env,
    });
  const closes = [
    /^az role assignment delete .*Key Vault Secrets Officer/,
    /^az resource delete --ids .*flexibleServers\/psql-.*\/firewallRules\/setup/,
    /^az keyvault network-rule remove .*192\.0\.2\.7/,
  ];

  test('creates the users, the keys and the image, and closes what it opened', async () => {
    const { code, out, err, calls } = await afterwards([]);
    expect([code, err]).toEqual([0, '']);
    const order = [
      /^az resource create --id .*\/firewallRules\/setup .*"startIpAddress":"192\.0\.2\.7","endIpAddress":"192\.0\.2\.7"/,
      /^az keyvault network-rule add .*192\.0\.2\.7/,
      /^psql --quiet .*bot=id-cmk-bot .*owner=id-cmk-owner .*runtime-role\.sql$/,
      /^az role assignment create .*Key Vault Secrets Officer/,
      /^az keyvault secret set .*--name seal-key --file/,
      /^az keyvault secret set .*--name log-key --file/,
      /^az acr build .*--image cmk-bot:0123456789ab/,
      /^azd env set CMK_IMAGE registry\.example\/cmk-bot@sha256:abc/,
      ...closes,
    ];
    expect(out).toContain('Everything except the bot is deployed.');
    const places = order.map((one) => calls.findIndex((call) => one.test(call)));
    expect(places).toEqual([...places].filter((place) => place >= 0).sort((a, b) => a - b));
    expect(`${out}${calls.join('\n')}`).not.toContain('a-token-for-databases');
    const files = calls.flatMap((call) => (call.includes('secret set') ? (/--file (\S+)/.exec(call)?.[1] ?? []) : []));
    expect(files.map((file) => [path.basename(file), existsSync(file)])).toEqual([
      ['seal-key', false],
      ['log-key', false],
    ]);
  });

  test.each([
    ['the database refuses', { to: /^psql --quiet/, fails: 'psql: error: FATAL' }, closes.slice(1)],
    ['the key is not taken', { to: /^az keyvault secret set/, fails: 'Conflict' }, closes],
  ])('closes what it opened where %s, and names no image', async (_what, answer, closed) => {
    const { code, calls } = await afterwards([answer]);
    expect(code).not.toBe(0);
    for (const one of closed) expect(calls.filter((call) => one.test(call))).toHaveLength(1);
    expect(calls.filter((call) => call.includes('CMK_IMAGE'))).toEqual([]);
  });

  test('fails, and prints the command to repeat, where something it opened is not closed', async () => {
    const { code, err, calls } = await afterwards([
      { to: /^az role assignment delete/, fails: 'AADSTS700082: expired' },
    ]);
    expect(code).toBe(1);
    expect(err).toMatch(/Not closed: .*\naz role assignment delete .*Key\\ Vault\\ Secrets\\ Officer/);
    for (const one of closes) expect(calls.filter((call) => one.test(call))).toHaveLength(1);
  });

  test('moves a secret from the environment of azd into the vault, and deploys it the next time', async () => {
    const { code, out, calls } = await afterwards([{ to: /^az keyvault secret list/, says: ['seal-key\nlog-key'] }], {
      CMK_IMAGE: 'registry.example/cmk-bot@sha256:abc',
      CMK_STEP_UP: 'c1',
      CMK_STEP_UP_APP_SECRET: 'the-secret',
      CMK_VAULT_SETTINGS: 'OTEL_EXPORTER_OTLP_HEADERS',
    });
    expect(code).toBe(0);
    expect(calls.filter((call) => call.includes('secret set'))).toEqual([
      expect.stringContaining('--name cmk-step-up-app-secret --file'),
    ]);
    expect(calls.filter((call) => call.startsWith('azd env set'))).toEqual([
      'azd env set CMK_STEP_UP_APP_SECRET ',
      'azd env set CMK_VAULT_SETTINGS OTEL_EXPORTER_OTLP_HEADERS,CMK_STEP_UP_APP_SECRET',
    ]);
    expect(`${out}${calls.join('\n')}`).not.toContain('the-secret');
    for (const one of closes) expect(calls.filter((call) => one.test(call))).toHaveLength(1);
  });
});

describe('the hook before a deployment', () => {
  const set = {
    AZURE_ENV_NAME: 'prod',
    AZURE_LOCATION: 'westeurope',
    ...subscription,
    CMK_SUBSCRIPTIONS: 's-1, s-2',
    CMK_APPROVALS_CHANNEL: '19:a',
    CMK_AUDIT_CHANNEL: 'none',
    CMK_ADMIN_IP: '192.0.2.7',
  };
  const beforehand = (env: NodeJS.ProcessEnv, answers: readonly Answer[] = []) =>
    runWith(
      ['infra/hooks/preprovision.sh'],
      ['az', 'azd', 'psql', 'git', 'openssl'],
      [
        ...answers,
        whichSubscription,
        ...('CMK_KNOWN_DEPLOYMENT' in env ? deployedWith({}) : []),
        { to: /signed-in-user show --query id/, says: ['the-id'] },
        { to: /signed-in-user show --query userPrincipalName/, says: ['someone@care.example'] },
        { to: /./ },
      ],
      { ...set, ...env },
    );
  const azd = (calls: readonly string[]) => calls.filter((call) => call.startsWith('azd'));
  /** What this hook stored before, if no deployment followed. */
  const began = { CMK_KNOWN_DEPLOYMENT: `began:${outputs.CMK_DEPLOYMENT}` };
  const again = { ...outputs, ...began, CMK_ADMIN_ID: 'a-group', CMK_OWNS_ROLES: 'true' };
  /** What Azure says of an instant, in seconds as in the names of deployments. */
  const time = (seconds: number) => new Date(seconds * 1000).toISOString();
  /** What a first deployment made at an instant. The server is newer: it was restored. */
  const madeAt = (seconds: number, ...more: readonly string[]): Answer => {
    const lines = ['Microsoft.Storage/storageAccounts', 'Microsoft.ManagedIdentity/userAssignedIdentities', ...more];
    const restored = `Microsoft.DBforPostgreSQL/flexibleServers\t${time(seconds + 1e6)}`;
    return {
      to: /^az resource list/,
      says: [[...lines.map((type) => `${type}\t${time(seconds)}`), restored].join('\n')],
    };
  };
  const server = madeAt(1764446000);
  const there: Answer = { to: /^az group exists --name rg-prod-cmk/, says: ['true'] };
  const deployed: readonly Answer[] = [there, server, { to: /^az storage container-rm exists/, says: ['true'] }];
  const entry = (seconds: number, state: string) => `prod-${seconds}\t${state}\t${time(seconds)}`;
  const success = entry(1764446400, 'Succeeded');
  /** Name, state and time of each deployment of this project, oldest first. `az` filters them. */
  const history = (...says: readonly string[]): Answer => ({
    to: /^az deployment sub list .*azd-env-name.*'prod'.*azd-project-name.*'cmk-bot'.*parameters\.anchorDays.*timestamp/,
    says: [says.join('\n')],
  });
  /** The values of the last deployment, which this machine made. */
  const deployedWith = (values: object, outputs: object = {}): readonly Answer[] => {
    const parameters = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
    const says = [JSON.stringify({ parameters, outputs })];
    return [history(success), { to: /^az deployment sub show --name prod-/, says }];
  };

  test('leaves the immutability policy out of the deployment once it is locked, and only then', async () => {
    const policy = (state: string): Answer => ({ to: /immutability-policy show/, says: [state] });
    const locked = await beforehand(again, [...deployed, policy('Locked')]);
    expect(azd(locked.calls)).toEqual(['azd env set CMK_ANCHOR_LOCKED true']);
    const open = await beforehand({ ...again, CMK_ANCHOR_LOCKED: 'false' }, [...deployed, policy('Unlocked')]);
    expect(azd(open.calls)).toEqual([]);
    const unreadable = { to: /immutability-policy show/, fails: 'AuthorizationFailed' };
    expect((await beforehand(again, [...deployed, unreadable])).code).toBe(1);
  });

  test('stops on a machine with old values, stores nothing, and prints the commands that take the deployed ones over', async () => {
    const old = { CMK_ANCHOR_LOCKED: 'false', CMK_IMAGE: 'old', CMK_VAULT_SETTINGS: '', CMK_MIGRATE: 'false' };
    const upgraded = {
      image: 'new',
      vaultSettings: 'CMK_STEP_UP_APP_SECRET',
      migrate: false,
      policy: { mode: 'a', rules: [] },
      subscriptions: set.CMK_SUBSCRIPTIONS,
      // The hook reads these from Azure.
      anchorLocked: true,
      databaseStorageGiB: 64,
      roleSubscriptions: 's-old',
      settings: { CMK_APPROVALS_CHANNEL: set.CMK_APPROVALS_CHANNEL, CMK_AUDIT_CHANNEL: set.CMK_AUDIT_CHANNEL },
    };
    const { code, err, calls } = await beforehand({ ...again, ...old, CMK_POLICY: '{ "rules": [], "mode": "a" }' }, [
      ...deployed,
      history(success, entry(1764446500, 'Succeeded')),
      ...deployedWith(upgraded, { cmK_DEPLOYMENT: { value: 'prod-1764446500' } }),
    ]);
    expect([code, azd(calls)]).toEqual([1, []]);
    expect(err).toContain(
      '  azd env set CMK_IMAGE new\n  azd env set CMK_VAULT_SETTINGS CMK_STEP_UP_APP_SECRET\n' +
        'Then run: azd env set CMK_KNOWN_DEPLOYMENT decided:prod-1764446500 and repeat this.\n',
    );
  });

  const elsewhere: Answer = { to: /role definition list/, says: ['another-role\t/subscriptions/s-1'] };
  test.each<[string, NodeJS.ProcessEnv, readonly Answer[], string]>([
    [
      'another deployment is under way',
      again,
      [...deployed, history(success, entry(1764446500, 'Running'), entry(1764446600, 'Failed'))],
      'The deployment prod-1764446500 still runs: repeat this when it has ended.',
    ],
    ['another environment has the roles', {}, [elsewhere], 'azd env set CMK_ASSIGN_ROLES false'],
  ])('stops where %s, and says how to go on', async (_what, env, answers, words) => {
    const { code, err } = await beforehand(env, answers);
    expect([code, err]).toEqual([1, expect.stringContaining(words)]);
  });
});
