/**
 * From answers to a bot that runs, without anybody's help: `setup` writes the settings, administrators do what the docs and the
 * doctor say, what `npm run build` made starts in production mode with those settings, and the doctor finds nothing.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';
import { approversGroup, localTenantId, requestersGroup } from '../../sandbox/people.ts';
import { DiagnosisReport } from '../../src/operator/doctor/diagnosis.ts';
import type { AzureState } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { careId, researchId } from '../support/azure/local-azure-names.ts';
import { surroundings } from '../support/processes/surroundings.ts';
import { type RunningFramework, startFramework } from '../support/teams/bot-framework.ts';
import { startTenant, type Tenant, teamsApp } from '../support/world/production-world.ts';
import { until } from '../support/world/story.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tenant = await startTenant();
const ends: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of ends.reverse()) await end();
  await tenant.end();
});

const link = (name: string): string =>
  `https://teams.microsoft.com/l/channel/19%3A${name}%40thread.tacv2/${name}?groupId=7&tenantId=${localTenantId}`;

/** The roles, the registration and every right are still to be made. */
const nothingYet = (state: AzureState): void => {
  state.botServices = [];
  state.roleDefinitions = state.roleDefinitions.filter(({ roleName }) => !roleName.startsWith('CMK bot'));
};

/** What was built, where nothing else of the project is. */
async function built(folder: string): Promise<string> {
  const app = path.join(folder, 'app');
  await promisify(execFile)(process.execPath, ['--import', 'tsx', 'scripts/build.ts', app], { cwd: root });
  return app;
}

/** The command line as it was built. */
const commandLine =
  ({ settings }: Tenant, app: string) =>
  (args: readonly string[], lines: readonly string[] = []) =>
    new Promise<{ readonly code: number; readonly out: string }>((resolve) => {
      const env = { ...surroundings(), NODE_EXTRA_CA_CERTS: settings.AZURE_CA_FILE };
      const child = execFile(process.execPath, [path.join(app, 'cmk-bot.mjs'), ...args], { env }, (error, out, err) =>
        resolve({ code: Number(error?.code ?? 0), out: `${out}${err}` }),
      );
      child.stdin?.end(lines.map((line) => `${line}\n`).join(''));
    });

const notAskedFor =
  'AZURE_CLOUD AZURE_ARM_ENDPOINT AZURE_AUTHORITY_HOST AZURE_GRAPH_ENDPOINT AZURE_LOGS_ENDPOINT AZURE_CA_FILE CMK_PUBLIC_URL CMK_OPERATIONS_CHANNEL ToChannelFromBotLoginUrl CMK_SEAL_KEY_FILE';

/** Lines for the questions of `setup`: first what it doesn't ask for, then in the order in which it asks. */
const answersFor = ({ settings, botPort }: Tenant, framework: RunningFramework): readonly string[] => [
  ...notAskedFor.split(' ').map((name) => `${name}=${settings[name]}`),
  `ToBotFromChannelOpenIdMetadataUrl=${framework.url}/metadata`,
  `PORT=${botPort}`,
  'CMK_AZURE_POLL=50ms',
  // Of this machine's Connector, which is none of Teams' own hosts.
  `CMK_TEAMS_SERVICE_URL=${framework.url}/connector/`,
  'SingleTenant',
  teamsApp.id,
  localTenantId,
  teamsApp.secret,
  link('approvals'),
  link('audit'),
  teamsApp.id,
  teamsApp.secret,
  `${careId},${researchId}`,
  requestersGroup.id,
  approversGroup.id,
  approversGroup.id,
  settings.DATABASE_URL ?? '',
];

/** What docs/install/deploy-on-your-own-host.md tells the tenant's administrators to do. */
const administratorsDo = ({ settings }: Tenant): readonly string[] => [
  `bash infra/grant-azure.sh --yes ${teamsApp.id} ${careId} ${researchId}`,
  `az bot create --resource-group rg-care-prod --name cmk-bot --app-type SingleTenant --appid ${teamsApp.id} --tenant-id ${localTenantId} --endpoint ${settings.CMK_PUBLIC_URL}/api/messages`,
  'az bot msteams create --resource-group rg-care-prod --name cmk-bot',
];

test('from answers to a bot in which the doctor finds nothing', async () => {
  const { azure, folder, front, settings, run, botPort } = tenant;
  await changeState(azure, nothingYet);
  const framework = await startFramework();
  ends.push(() => framework.close());
  const app = await built(folder);
  const cli = commandLine(tenant, app);

  const envFile = path.join(folder, '.env');
  const answered = await cli(['setup', '--env', envFile], answersFor(tenant, framework));
  expect(answered).toMatchObject({ code: 0, out: expect.stringContaining('Next: cmk-bot doctor') });
  const owner = `CMK_DATABASE_OWNER_URL=${tenant.ownerUrl}`;
  expect(await cli(['setup', '--set', owner, '--env', envFile])).toMatchObject({ code: 0 });

  const before = await cli(['doctor', '--env', envFile, '--json']);
  expect(before.code).toBe(1);
  for (const line of administratorsDo(tenant)) await run(line);
  const granted = DiagnosisReport.parse(JSON.parse(before.out)).findings.filter(({ code }) => code === 'graph/rights');
  expect(granted).toHaveLength(2);
  for (const { commands } of granted) for (const line of commands) await run(line);

  const env = { ...surroundings(), NODE_EXTRA_CA_CERTS: settings.AZURE_CA_FILE };
  const bot = spawn(process.execPath, [`--env-file=${envFile}`, 'cmk-bot-server.mjs'], {
    cwd: app,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  ends.push(async () => {
    const ended = once(bot, 'exit');
    bot.kill('SIGTERM');
    await ended;
  });
  const answer = () => fetch(`http://127.0.0.1:${botPort}/readyz`).catch(() => null);
  await until(async () => (await answer())?.ok === true, 'the bot to be ready');

  const after = await cli(['doctor', '--env', envFile, '--json']);
  const { findings } = DiagnosisReport.parse(JSON.parse(after.out));
  expect(findings.filter(({ outcome }) => outcome === 'fail')).toEqual([]);
  expect(after.code).toBe(0);
  // What it is right to warn of here, and what the bot need not see.
  const others = findings.filter(({ outcome }) => outcome !== 'ok');
  expect(others.map(({ code, outcome }) => `${code} ${outcome}`)).toEqual([
    'people/sign-in warn',
    'teams/endpoint unknown',
    'teams/channel unknown',
    'teams/secret unknown',
    // No policy guards this tenant's agents.
    'azure/guard warn',
    // This is the first start: the owner's password goes after it.
    'db/owner warn',
    // Nothing is published.
    'record/anchor warn',
  ]);
  expect(front.url).toBe(settings.CMK_PUBLIC_URL);
});
