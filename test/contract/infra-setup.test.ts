import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { environmentSchema } from '../../src/config/environment.ts';
import { deploy, environmentOf, files, given, root } from '../support/infra.ts';
import { type Answer, runWith } from '../support/stand-ins.ts';

/** What `azd` is told, and the hooks that it runs: the files agree with each other, and the hooks close what they open. */

const read = (file: string): string => readFileSync(root + file, 'utf8');
const Parameters = z.strictObject({
  $schema: z.string(),
  contentVersion: z.string(),
  parameters: z.record(
    z.string(),
    z.strictObject({ value: z.string(), metadata: z.strictObject({ description: z.string() }) }),
  ),
});
const { parameters } = Parameters.parse(JSON.parse(read('infra/main.parameters.json')));
const [, main = []] = files[0] ?? [];
const declared = main.filter(({ what }) => what === 'param');
const scripts = ['infra', 'infra/hooks'].flatMap((folder) =>
  readdirSync(root + folder)
    .filter((name) => name.endsWith('.sh'))
    .map((name) => `${folder}/${name}`),
);

/** `${NAME=default}` of a parameter. */
const variableOf = (value: string): readonly [name: string, fallback: string | null] => {
  const [, name = '', , fallback] = /^\$\{([A-Z_]+)(=(.*))?\}$/.exec(value) ?? [];
  return [name, fallback ?? null];
};

describe('infra/main.parameters.json', () => {
  test('has every parameter, in the order and with the words of infra/main.bicep', () => {
    const described = declared.map(({ name, decorators }) => {
      const [words] = decorators.find((one) => one.name === 'description')?.args ?? [];
      return [name, words?.kind === 'text' ? words.parts[0] : ''];
    });
    expect(Object.entries(parameters).map(([name, { metadata }]) => [name, metadata.description])).toEqual(described);
    expect(described.filter(([, words = '']) => String(words).length < 10)).toEqual([]);
  });

  test('takes each from a variable, with the default that the parameter has', () => {
    const defaults = declared.map(({ name, value }) => [name, value?.kind === 'text' ? (value.parts[0] ?? '') : null]);
    const taken = Object.entries(parameters).map(([name, { value }]) => [name, variableOf(value)[1]]);
    expect(taken).toEqual(defaults);
    const names = Object.values(parameters).map(({ value }) => variableOf(value)[0]);
    expect(names.filter((name) => name === '')).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  test('brings what is set for the bot to the bot, under the same name', () => {
    const settings = Object.entries(parameters).flatMap(([parameter, { value }]) => {
      const [variable] = variableOf(value);
      return variable in environmentSchema.shape ? [{ parameter, variable }] : [];
    });
    expect(settings).toHaveLength(16);
    const marks = Object.fromEntries(settings.map(({ parameter }) => [parameter, `<${parameter}>`]));
    const environment = environmentOf(
      deploy({ ...marks, subscriptions: given.subscriptions }).made,
      '<stepUpAppSecret>',
    );
    // The headers of traces are the other secret: infra-bot.test.ts looks at them.
    for (const { parameter, variable } of settings.filter((one) => one.parameter !== 'otlpHeaders')) {
      expect([variable, environment[variable]]).toEqual([
        variable,
        parameter === 'subscriptions' ? given.subscriptions : `<${parameter}>`,
      ]);
    }
  });
});

describe('azure.yaml', () => {
  const text = read('azure.yaml');

  test('names files that are there, and runs them with bash', () => {
    const run = [...text.matchAll(/run: bash (\S+)/g)].map(([, file = '']) => file);
    expect(run).toEqual(['infra/hooks/preprovision.sh', 'infra/hooks/postprovision.sh']);
    expect(run.filter((file) => !existsSync(root + file))).toEqual([]);
    expect(text).toMatch(/path: infra\n {2}module: main\n/);
    expect(existsSync(`${root}infra/main.bicep`)).toBe(true);
  });

  test('deploys twice: the ground, and then the bot', () => {
    expect([...text.matchAll(/- azd: (\w+)/g)].map(([, command]) => command)).toEqual(['provision', 'provision']);
  });
});

describe('the scripts', () => {
  test.each(scripts)('%s is read by bash without a complaint', (file) => {
    expect(execFileSync('bash', ['-n', root + file], { encoding: 'utf8' })).toBe('');
    expect(read(file)).not.toMatch(/[^\S\n]$/m);
  });

  test('speak to the database’s server in the version that it is made with', () => {
    const [, version = ''] = /flexibleServers@(\S+)'/.exec(read('infra/modules/database.bicep')) ?? [];
    const spoken = [...read('infra/hooks/postprovision.sh').matchAll(/--api-version (\S+)/g)].map(([, one]) => one);
    expect(spoken).toEqual([version, version]);
  });

  test('use what azd tells them and nothing else', () => {
    const outputs = main.filter(({ what }) => what === 'output').map(({ name }) => name);
    const settings = Object.values(parameters).map(({ value }) => variableOf(value)[0]);
    const own = ['CMK_ADMIN_IP', 'CMK_WAIT'];
    const hooks = scripts
      .filter((file) => file.includes('/hooks/'))
      .map(read)
      .join('\n');
    const used = new Set([...hooks.matchAll(/\$\{?((?:CMK|AZURE)_[A-Z_]+)/g)].map(([, name = '']) => name));
    expect([...used].filter((name) => ![...outputs, ...settings, ...own].includes(name))).toEqual([]);
  });
});

describe('docs/install-in-teams.md', () => {
  const text = read('docs/install-in-teams.md');
  const outputs = main.filter(({ what }) => what === 'output').map(({ name }) => name);

  test('names only files that are there', () => {
    const links = [...text.matchAll(/\]\((?!http|#)([^)#]+)/g)].map(([, link = '']) => `docs/${link}`);
    const named = [...text.matchAll(/\b(infra\/[\w/.-]+\w)/g)].map(([, file = '']) => file);
    expect([...links, ...named].filter((file) => !existsSync(root + file))).toEqual([]);
    const anchors = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
    const heads = [...text.matchAll(/^#+ (.*)$/gm)].map(([, head = '']) =>
      head
        .toLowerCase()
        .replaceAll(/[^a-z ]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(anchors.filter((anchor = '') => !heads.includes(anchor))).toEqual([]);
  });

  test('sets only what is read, and asks azd only for what there is', () => {
    const set = [...text.matchAll(/azd env set ([A-Z]\w+)/g)].map(([, name = '']) => name);
    const asked = [...text.matchAll(/azd env get-value (\w+)/g)].map(([, name = '']) => name);
    const settings = Object.values(parameters).map(({ value }) => variableOf(value)[0]);
    const placeholders = ['NAME'];
    expect(set.filter((name) => ![...settings, ...placeholders, 'CMK_ADMIN_IP'].includes(name))).toEqual([]);
    expect(asked.filter((name) => !outputs.includes(name))).toEqual([]);
    expect([set.length > 4, asked.length > 2]).toEqual([true, true]);
  });
});

const { outputs } = deploy();
const told = Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, String(value)]));
const environment = {
  ...told,
  CMK_ADMIN_ID: given.adminId,
  CMK_ADMIN_NAME: given.adminName,
  CMK_ADMIN_IP: '192.0.2.7',
  CMK_WAIT: '0',
};

describe('the hook after provisioning', () => {
  const programs = ['az', 'azd', 'psql', 'git'];
  const usual: readonly Answer[] = [
    { to: /^az account get-access-token/, says: ['a-token-for-databases'] },
    { to: /^az keyvault show/, says: ['/the/vault'] },
    { to: /^az acr show/, says: ['registry.example'] },
    { to: /^git .*rev-parse/, says: ['0123456789ab'] },
    { to: /^az keyvault secret list/, says: [''] },
    { to: /./ },
  ];
  const afterwards = (answers: readonly Answer[], env: NodeJS.ProcessEnv = {}) =>
    runWith(['infra/hooks/postprovision.sh'], programs, [...answers, ...usual], { ...environment, ...env });
  const closes = [
    /^az role assignment delete .*Key Vault Secrets Officer/,
    /^az resource delete --ids .*flexibleServers\/psql-.*\/firewallRules\/setup/,
    /^az keyvault network-rule remove .*192\.0\.2\.7/,
  ];

  test('makes the roles, the key and the image, and closes what it opened', async () => {
    const { code, out, err, calls } = await afterwards([]);
    expect([code, err]).toEqual([0, '']);
    const order = [
      /^az resource create --id .*\/firewallRules\/setup .*"startIpAddress":"192\.0\.2\.7","endIpAddress":"192\.0\.2\.7"/,
      /^az keyvault network-rule add .*192\.0\.2\.7/,
      /^psql host=psql-.* dbname=postgres .*sslmode=verify-full.*bot=id-cmk-bot .*owner=id-cmk-owner .*runtime-role\.sql$/,
      /^az role assignment create .*Key Vault Secrets Officer/,
      /^az keyvault secret set .*--name seal-key --file/,
      /^az keyvault secret set .*--name log-key --file/,
      /^az acr build .*--image cmk-bot:0123456789ab/,
      /^azd env set CMK_IMAGE registry\.example\/cmk-bot:0123456789ab/,
      ...closes,
    ];
    const places = order.map((one) => calls.findIndex((call) => one.test(call)));
    expect(places).toEqual([...places].filter((place) => place >= 0).sort((a, b) => a - b));
    // Nobody sees the token, and the keys' files are gone.
    expect(`${out}${calls.join('\n')}`).not.toContain('a-token-for-databases');
    const files = calls.flatMap((call) => (call.includes('secret set') ? (/--file (\S+)/.exec(call)?.[1] ?? []) : []));
    expect(files.map((file) => [path.basename(file), existsSync(file)])).toEqual([
      ['seal-key', false],
      ['log-key', false],
    ]);
  });

  test('leaves a key that is there, and makes the other', async () => {
    const { code, out, calls } = await afterwards([{ to: /^az keyvault secret list/, says: ['seal-key'] }]);
    expect([code, out]).toEqual([0, expect.stringContaining('seal-key is there.')]);
    expect(calls.filter((call) => call.includes('secret set'))).toEqual([expect.stringContaining('--name log-key')]);
  });

  test.each([
    ['the database refuses', { to: /^psql/, fails: 'psql: error: FATAL' }, closes.slice(1)],
    ['the vault never lets it in', { to: /^az keyvault secret list/, fails: 'ForbiddenByRbac' }, closes],
    ['the key is not taken', { to: /^az keyvault secret set/, fails: 'Conflict' }, closes],
    ['the image is not built', { to: /^az acr build/, fails: 'TasksOperationsNotAllowed' }, closes],
  ])('closes what it opened where %s, and names no image', async (_what, answer, closed) => {
    const { code, calls } = await afterwards([answer]);
    expect(code).not.toBe(0);
    for (const one of closed) expect(calls.filter((call) => one.test(call))).toHaveLength(1);
    expect(calls.filter((call) => call.includes('CMK_IMAGE'))).toEqual([]);
  });

  test('opens nothing where it does not know for whom', async () => {
    const { code, err, calls } = await afterwards([], { CMK_ADMIN_IP: '' });
    expect([code, err]).toEqual([1, expect.stringContaining('azd env set CMK_ADMIN_IP')]);
    expect(calls).toEqual(['az account show --output none']);
  });

  test('once the bot is there, changes nothing and says what is left', async () => {
    const { code, out, calls } = await afterwards([], { CMK_IMAGE: 'registry.example/cmk-bot:1' });
    expect([code, calls]).toEqual([0, ['az account show --output none']]);
    expect(out).toContain(`bash infra/grant-graph.sh ${told.CMK_BOT_PRINCIPAL_ID}`);
    expect(out).toContain('THIS CANNOT BE UNDONE');
    expect(out).toContain(
      `immutability-policy lock --resource-group ${told.AZURE_RESOURCE_GROUP} --account-name ${told.CMK_ANCHOR_ACCOUNT} --container-name anchor`,
    );
    expect(out).not.toContain('grant-azure');
  });
});

describe('the hook before provisioning', () => {
  const beforehand = (env: NodeJS.ProcessEnv) =>
    runWith(
      ['infra/hooks/preprovision.sh'],
      ['az', 'azd', 'psql', 'git', 'openssl'],
      [
        { to: /signed-in-user show --query id/, says: ['the-id'] },
        { to: /signed-in-user show --query userPrincipalName/, says: ['somebody@care.example'] },
        { to: /./ },
      ],
      env,
    );

  test('takes whoever is signed in for the administrator of the database, and says what is not set', async () => {
    const { code, out, calls } = await beforehand({});
    expect(code).toBe(0);
    expect(calls.filter((call) => call.startsWith('azd'))).toEqual([
      'azd env set CMK_ADMIN_ID the-id',
      'azd env set CMK_ADMIN_NAME somebody@care.example',
      'azd env set CMK_ADMIN_TYPE User',
    ]);
    expect(out).toContain('CMK_APPROVERS is empty: nobody may, until it is set.');
    expect(out).toContain('a click in Teams is enough to approve');
  });

  test('leaves what is set', async () => {
    const { calls } = await beforehand({
      CMK_ADMIN_ID: 'a-group',
      CMK_REQUESTERS: 'x',
      CMK_APPROVERS: 'y',
      CMK_STEP_UP: 'c1',
    });
    expect(calls.filter((call) => call.startsWith('azd'))).toEqual([]);
  });
});
