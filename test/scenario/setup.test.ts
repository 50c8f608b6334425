import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { readEnvironment } from '../../src/config/env.ts';
import { azdSettings } from '../../src/operator/setup/follow-up-tasks.ts';
import { guest, localTenantId } from '../../src/sandbox/people.ts';
import { careId, owner, researchId } from '../support/azure/local-azure-names.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { startTenant, type Tenant, teamsApp } from '../support/world/production-world.ts';

/** The wizard against a tenant on this machine: with the sign-in of its owner, whose answers come as lines. */

const world = await startTenant();
const where = world === null ? describe.skip : describe;
const folder = await mkdtemp(path.join(os.tmpdir(), 'cmk-setup-'));
afterAll(async () => {
  await world?.end();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  for (const name of await readdir(folder)) await rm(path.join(folder, name));
});

const envFile = path.join(folder, '.env');

/** Of whoever sets the bot up: which cloud, and their own sign-in. */
const shell = ({ azure, settings }: Tenant): NodeJS.ProcessEnv => ({
  AZURE_CLOUD: 'custom',
  AZURE_ARM_ENDPOINT: azure.url,
  AZURE_AUTHORITY_HOST: azure.url,
  AZURE_GRAPH_ENDPOINT: azure.url,
  AZURE_LOGS_ENDPOINT: azure.url,
  AZURE_CA_FILE: settings.AZURE_CA_FILE,
  ToChannelFromBotLoginUrl: settings.ToChannelFromBotLoginUrl,
  AZURE_TENANT_ID: localTenantId,
  AZURE_CLIENT_ID: owner.id,
  AZURE_CLIENT_SECRET: owner.secret,
});

const witnessLine = 'witness.example/w1+a0442588+BAWHTO2Rpp5Qa2t+bvx8jSWCyVorxU+BgF/h7J9q4Mo/';
const workspaceId = '0c1e7a52-7d0e-4a8b-9a53-6f2f4f6c9d33';

const link = (kind: string, name: string, tenant = localTenantId): string =>
  `https://teams.microsoft.com/l/${kind}/19%3A${name}%40thread.tacv2/${name}?groupId=7&tenantId=${tenant}`;

const server = ({ settings }: Tenant): URL => new URL(settings.DATABASE_URL ?? '');

/** As somebody answers who makes no mistake. */
const answers = (world: Tenant): Record<string, unknown> => ({
  runs: '2',
  identity: '2',
  app: teamsApp.id,
  secret: teamsApp.secret,
  host: new URL(world.settings.CMK_PUBLIC_URL ?? '').host,
  subscriptions: `${careId},${researchId}`,
  ask: 'CMK requesters',
  approve: 'CMK approvers',
  approvals: '1',
  signIn: 'c1',
  operations: link('channel', 'operations'),
  approvalsChannel: link('channel', 'approvals'),
  audit: link('channel', 'audit'),
  server: server(world).host,
  database: server(world).pathname.slice(1),
  authority: world.settings.AZURE_CA_FILE,
  role: world.role,
  password: 'none',
  owner: new URL(world.ownerUrl).username,
  ownerPassword: 'none',
  seal: world.settings.CMK_SEAL_KEY_FILE,
});

const setup = (world: Tenant, args: readonly string[], lines: readonly string[] = []) =>
  cmkBot(['setup', '--env', envFile, ...args], shell(world), lines);

/** A file of answers; its path. */
function answersIn(content: object): string {
  const file = path.join(folder, 'answers.json');
  writeFileSync(file, JSON.stringify(content));
  return file;
}

where('the wizard', () => {
  test('goes through its questions, refuses what cannot be, says what to type instead, and writes nothing before the end', async () => {
    if (world === null) return;
    const good = answers(world);
    const said = await setup(
      world,
      [],
      [
        '2', // a host of one's own
        'care', // no tenant's id
        localTenantId,
        '1', // a managed identity works on Azure alone
        'n',
        '?',
        '2',
        'cmk-bott',
        'cmk-bot',
        'wrong', // its secret
        teamsApp.secret,
        `https://${String(good.host)}/`,
        'all',
        '9',
        '1,2',
        'CMK requestrs',
        'CMK requesters',
        'CMK requesters', // the same who ask
        'n',
        'CMK approvers',
        '6', // there are two
        '1',
        'c1',
        link('message', 'operations'),
        link('channel', 'operations'),
        link('channel', 'approvals', '99000000-0000-4000-8000-000000000000'),
        '<', // the link before was the right one, after all
        '',
        link('channel', 'approvals'),
        link('channel', 'operations'), // not the audit channel
        link('channel', 'audit'),
        String(good.server),
        String(good.database),
        String(good.authority),
        'postgres',
        String(good.role),
        'none',
        String(good.role), // not the owner as well
        String(good.owner),
        'none',
        String(good.seal),
        'beside', // no place
        '/mnt/anchor',
        String(good.seal), // not the key of the seals as well
        '/run/secrets/log.key',
        'https://kv-cmk-bot.vault.azure.net/secrets/checkpoints', // no key
        'https://kv-cmk-bot.vault.azure.net/keys/checkpoints',
        `https://witness.example ${witnessLine.slice(0, -8)}`, // not whole
        `https://witness.example ${witnessLine}`,
        'log-care', // a name
        workspaceId,
        'policy.json', // where is that?
        '/etc/cmk-bot/policy.json',
        '5', // back to the people
        '',
        '',
        '',
        'c2',
        '',
        '',
        '',
        '',
        '',
        '',
        '',
        'none',
        '',
        'none',
        '',
        '',
        '',
        '',
        '',
        '',
        '',
        'y',
      ],
    );
    expect(said.err).toBe('');
    const lines = said.out.split('\n').map((line) => line.trim());
    const unsaid: string[] = [];
    for (const expected of [
      'A tenant ID looks like',
      'A managed identity works only on Azure compute that has it.',
      'The bot signs in to Bot Framework, Azure and Microsoft Graph with it.',
      'Entra ID has no app “cmk-bott”.',
      `✔ cmk-bot, client ID ${teamsApp.id}`,
      'AADSTS7000215',
      '✔ it signs in',
      '✔ resolves, and its certificate is valid until',
      'Type each one. Otherwise, later subscriptions would be included by accident.',
      '9 isn’t a subscription that you can see.',
      'Entra ID has no group “CMK requestrs”. Similar: CMK requesters',
      '✔ CMK requesters: 2 people',
      'These are also the requesters.',
      'There are 2 approvers, and a requester’s own approval never counts. Type at most 1.',
      'This is a link to a message, not to a channel.',
      'This channel is in another tenant (99000000-0000-4000-8000-000000000000).',
      'This is the operations channel. Choose another one for the audit log, or “none”.',
      'postgres is a superuser, so it could change the audit log. Type another role.',
      'Type an absolute path, https://ACCOUNT.blob.core.windows.net/CONTAINER, or none.',
      'This is the seal key. Use another key.',
      'The address of a key looks like',
      'isn’t the complete verifier key that a witness prints.',
      'It isn’t the name or the ARM ID.',
      'Type the absolute path of a file, or none.',
      'This is the running bot’s role. As owner, it could turn off the protection of the audit log.',
      `answers as ${world.role} over TLSv1.3`,
    ]) {
      if (!lines.some((line) => line.includes(expected))) unsaid.push(expected);
    }
    expect(unsaid).toEqual([]);
    expect(said.code).toBe(0);
    const written = parseEnv(readFileSync(envFile, 'utf8'));
    expect(readEnvironment(written).mistakes).toEqual([]);
    expect(written).toMatchObject({
      CMK_STEP_UP: 'c2',
      CMK_AUDIT_CHANNEL: '19:audit@thread.tacv2',
      AZURE_CLOUD: 'custom',
      CMK_ANCHOR: '/mnt/anchor',
      CMK_LOG_KEY_FILE: '/run/secrets/log.key',
      CMK_LOG_VAULT_KEY: 'https://kv-cmk-bot.vault.azure.net/keys/checkpoints',
      CMK_WITNESSES: `https://witness.example ${witnessLine}`,
      CMK_LOGS_WORKSPACE: workspaceId,
      CMK_POLICY_FILE: '/etc/cmk-bot/policy.json',
    });
    for (const task of [
      'openssl rand -base64 32 > /run/secrets/log.key',
      'az keyvault key create --vault-name kv-cmk-bot --name checkpoints --kty EC --curve P-256 --ops sign verify',
      'infra/custom-role-signing.json)',
      "--role 'CMK bot signing'",
      'cmk-bot witness add LINE',
      'bash infra/grant-azure.sh --yes --workspace "$(az account list',
      `az monitor log-analytics workspace list --subscription % --query "[?customerId=='${workspaceId}'].id" -o tsv)"`,
    ])
      expect(said.out).toContain(task);
    expect(statSync(envFile).mode & 0o777).toBe(0o600);
    expect(said.out).not.toContain(teamsApp.secret);
  });

  test('keeps the answers of a person who stops, without secrets, writes nothing, and goes on there next time', async () => {
    if (world === null) return;
    const at = (lines: readonly string[]) => cmkBot(['setup', '--env', envFile], shell(world), lines, true);
    const first = await at(['2', localTenantId, '2', teamsApp.id, teamsApp.secret]);
    expect(first.code).toBe(1);
    expect(first.out).toContain('Stopped at 3 of 9  The bot’s address. Nothing was written. 4 answers are kept');
    expect(existsSync(envFile)).toBe(false);
    const kept = readFileSync(`${envFile}.setup`, 'utf8');
    expect(kept).toContain(teamsApp.id);
    expect(kept).not.toContain(teamsApp.secret);
    expect(statSync(`${envFile}.setup`).mode & 0o777).toBe(0o600);
    const again = await at(['y', teamsApp.secret, String(answers(world).host)]);
    expect(again.out).toContain('There are 4 answers of ');
    expect(again.out).not.toContain('1 of 9');
    expect(again.out).toContain('Its secret (hidden');
    expect(again.out).toContain('Stopped at 4 of 9');
    const anew = await at(['n']);
    expect(anew.out).toContain('1 of 9');
  });

  test('takes answers from a file, keeps the settings that were there, and says what is left to do', async () => {
    if (world === null) return;
    writeFileSync(envFile, '# mine\nCMK_PAUSE=true\nCMK_SUBSCRIPTIONS=\n');
    const file = answersIn(answers(world));
    const shown = await setup(world, ['--answers', file, '--print']);
    expect(shown.code).toBe(0);
    expect(shown.out).toContain('Nothing was written.');
    expect(shown.out).toMatch(/MicrosoftAppPassword=…/);
    expect(readFileSync(envFile, 'utf8')).toContain('CMK_SUBSCRIPTIONS=\n');
    const said = await setup(world, ['--answers', file]);
    expect(said).toMatchObject({ code: 0, err: '' });
    const text = readFileSync(envFile, 'utf8');
    expect(text).toContain('# mine\nCMK_PAUSE=true\n');
    expect(parseEnv(text)).toMatchObject({
      CMK_SUBSCRIPTIONS: `${careId},${researchId}`,
      CMK_REQUESTERS: '60000000-0000-4000-8000-000000000001',
      CMK_OPERATIONS_CHANNEL: '19:operations@thread.tacv2',
    });
    expect(said.out).toMatch(/the previous file is now .*\.env\.\d{4}-\d\d-\d\d/);
    expect((await readdir(folder)).filter((name) => name.startsWith('.env.2'))).toHaveLength(1);
    expect(said.out).toContain(`az role assignment create --role 'CMK bot' --assignee-object-id`);
    expect(said.out).not.toContain('OBJECT_ID');
    // Whoever leaves it out has none of it, and nothing more to do.
    expect(parseEnv(text)).toMatchObject({ CMK_ANCHOR: 'none' });
    expect(
      Object.keys(parseEnv(text)).filter((name) => /WITNESS|VAULT_KEY|WORKSPACE|POLICY_FILE|LOG_KEY/.test(name)),
    ).toEqual([]);
    expect(said.out).not.toMatch(/witness|grant-azure|signing/);
  });

  test('names every answer of a file that is not usable, with what to write instead, ends with 2 and writes nothing', async () => {
    if (world === null) return;
    const wrong = { approve: 'CMK requesters', signIn: 'c100', audit: link('channel', 'approvals'), seal: 'seal.key' };
    const said = await setup(world, ['--answers', answersIn({ ...answers(world), ...wrong })]);
    expect(said.code).toBe(2);
    expect(said.out).toContain('✘ 4 answers aren’t usable. Nothing was written.');
    expect(said.out).toContain('If this is intended, add approve to confirmed.');
    expect(existsSync(envFile)).toBe(false);
    expect((await setup(world, ['--answers', answersIn({ who: 'everybody' })])).err).toContain('who');
  });

  test('counts guests, also one named by ID, only where they are allowed', async () => {
    if (world === null) return;
    const file = answersIn({ ...answers(world), ask: guest.id });
    const refused = await setup(world, ['--answers', file, '--print']);
    expect(refused).toMatchObject({ code: 2, out: expect.stringContaining('Guests count only with CMK_ALLOW_GUESTS') });
    writeFileSync(envFile, 'CMK_ALLOW_GUESTS=true\n');
    expect(await setup(world, ['--answers', file, '--print'])).toMatchObject({ code: 0 });
  });

  test('asks less where azd makes the rest, and says what azd is told: settings that its parameters hand on', async () => {
    if (world === null) return;
    const { subscriptions, ask, approve, operations, audit } = answers(world);
    const known = { subscriptions, ask, approve, operations, audit, workspace: workspaceId };
    const file = answersIn({ ...known, runs: '1', signIn: 'none', confirmed: ['signIn'] });
    const said = await setup(world, ['--answers', file]);
    expect(said).toMatchObject({ code: 0, err: '' });
    expect(existsSync(envFile)).toBe(false);
    const told = readFileSync(path.join(folder, 'left-to-do.md'), 'utf8');
    expect(told).toContain(`azd env set CMK_SUBSCRIPTIONS ${careId},${researchId}`);
    expect(told).toContain('azd env set CMK_APPROVALS_CHANNEL 19:operations@thread.tacv2');
    expect(told).toContain(`azd env set CMK_LOGS_WORKSPACE ${workspaceId}`);
    expect(told).toContain(`[?customerId=='${workspaceId}'].id" -o tsv)" "$(azd env get-value CMK_BOT_PRINCIPAL_ID)"`);
    expect(told).not.toContain('CMK_STEP_UP ');
    expect(told).toContain('azd env set CMK_ASSIGN_ROLES false ');
    expect(told).toContain('bash infra/grant-azure.sh --yes "$(azd env get-value CMK_BOT_PRINCIPAL_ID)" SCOPE…');
    const parameters = readFileSync(new URL('../../infra/main.parameters.json', import.meta.url), 'utf8');
    expect(azdSettings.filter((name) => !parameters.includes(`{${name}`))).toEqual([]);
  });
});
