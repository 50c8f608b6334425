/**
 * A tenant on this machine with the bot in it as in production: settings in a file, a PostgreSQL over TLS whose runtime role may
 * only add, the local Entra and Azure, a registration, what ends TLS in front, and a Teams that knows the channels.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { serverCertificate } from '../../../sandbox/azure/certificates.ts';
import { localBotPrincipal } from '../../../sandbox/bot-environment.ts';
import { approversGroup, localTenantId, requestersGroup } from '../../../sandbox/people.ts';
import { readEnvFile } from '../../../src/config/env-file.ts';
import { emptyEnvironment } from '../../../src/config/settings/table.ts';
import { withSettings } from '../../../src/operator/cli/with-settings.ts';
import { type Diagnosis, DiagnosisReport } from '../../../src/operator/doctor/diagnosis.ts';
import { type AzureState, type Change, giveRole } from '../azure/azure-state.ts';
import { changeState, discard, http, type RunningAzure, startAzure } from '../azure/local-azure.ts';
import { careId, researchId } from '../azure/local-azure-names.ts';
import { spawnBot, untilReady } from '../processes/bot-process.ts';
import { cmkBot } from '../processes/command-line.ts';
import { freePorts } from '../processes/free-ports.ts';
import { repository, surroundings } from '../processes/surroundings.ts';
import { systemIsHidden } from '../processes/system-programs.ts';
import { listen, passOn } from '../processes/test-server.ts';
import { newDataDir } from '../store/data-folder.ts';
import { runAs, startPostgres } from '../store/postgres.ts';
import { writeServerSealKey } from '../store/seal-keys.ts';
import { startLocalTeams } from '../teams/local-teams.ts';

/** The bot's app in Bot Framework; the identity that signs in to Azure is another. */
export const teamsApp = { id: '8f0c6a51-3b7e-4f5d-9d2a-6c1e0b9a7f43', secret: 'teams-secret' };
const readerRole = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';
const yearMs = 365 * 86_400_000;

export type Tenant = Awaited<ReturnType<typeof startTenant>>;
export type ProductionWorld = Awaited<ReturnType<typeof startProductionWorld>>;

/** What an administrator did in Azure before the bot was started. */
const installed =
  (endpoint: string): Change =>
  (state) => {
    const [like] = state.principals;
    if (like === undefined) throw new Error('the tenant has no applications');
    const secretEndsAt = new Date(Date.now() + yearMs).toISOString();
    for (const principal of state.principals) if (principal.secret !== null) principal.secretEndsAt = secretEndsAt;
    state.principals.push({
      ...like,
      id: randomUUID(),
      appId: teamsApp.id,
      displayName: 'cmk-bot',
      secret: teamsApp.secret,
      secretEndsAt,
      graphPermissions: [],
    });
    state.principals.find(({ id }) => id === localBotPrincipal.id)?.graphPermissions.push('Application.Read.All');
    state.botServices.push({
      subscriptionId: careId,
      resourceGroup: 'rg-care-prod',
      name: 'cmk-bot',
      endpoint,
      msaAppId: teamsApp.id,
      msaAppType: 'SingleTenant',
      msaAppTenantId: localTenantId,
      channels: ['MsTeamsChannel'],
    });
    for (const id of [careId, researchId]) {
      giveRole(localBotPrincipal.id, readerRole, () => `/subscriptions/${id}`, 'ServicePrincipal')(state);
    }
  };

/** What ends TLS in front of the bot. */
async function openFront(dataDir: string, botPort: number) {
  const { cert, key } = await serverCertificate(dataDir);
  const server = createServer({ cert, key }, (incoming, outgoing) =>
    passOn(incoming, outgoing, `http://127.0.0.1:${botPort}`),
  );
  const { port, close } = await listen(server);
  return { url: `https://localhost:${port}`, close };
}

/** An owner of the tables, and the role that the bot runs as. */
async function makeRoles(server: string, ca: string): Promise<{ owner: string; bot: string; role: string }> {
  const owner = `owner_${randomUUID().slice(0, 8)}`;
  const role = `bot_${randomUUID().slice(0, 8)}`;
  const database = new URL(server).pathname.slice(1);
  await runAs(server, [
    `create role ${owner} login`,
    `create role ${role} login`,
    `alter database ${database} owner to ${owner}`,
  ]);
  const as = (user: string): string => {
    const url = new URL(server);
    url.username = user;
    url.hostname = 'localhost';
    url.search = new URLSearchParams({ sslmode: 'verify-full', sslrootcert: ca }).toString();
    return url.href;
  };
  return { owner: as(owner), bot: as(role), role };
}

/** The settings of a bot in the tenant, as they should be. */
const settingsOf = (
  azure: RunningAzure,
  { front, botPort, folder, teamsUrl }: Readonly<Record<'front' | 'botPort' | 'folder' | 'teamsUrl', string>>,
  roles: { readonly owner: string; readonly bot: string },
): Record<string, string> => ({
  PORT: botPort,
  MicrosoftAppType: 'SingleTenant',
  MicrosoftAppId: teamsApp.id,
  MicrosoftAppPassword: teamsApp.secret,
  MicrosoftAppTenantId: localTenantId,
  ToChannelFromBotLoginUrl: `${azure.url}/${localTenantId}`,
  DATABASE_URL: roles.bot,
  CMK_DATABASE_OWNER_URL: roles.owner,
  CMK_SEAL_KEY_FILE: path.join(folder, 'server-seal.key'),
  AZURE_CLOUD: 'custom',
  AZURE_ARM_ENDPOINT: azure.url,
  AZURE_AUTHORITY_HOST: azure.url,
  AZURE_GRAPH_ENDPOINT: azure.url,
  AZURE_LOGS_ENDPOINT: azure.url,
  CMK_LOGS_WORKSPACE: 'a0000000-0000-4000-8000-000000000001',
  AZURE_CA_FILE: caOf(azure),
  AZURE_CLIENT_ID: localBotPrincipal.id,
  AZURE_CLIENT_SECRET: localBotPrincipal.secret,
  CMK_SUBSCRIPTIONS: `${careId},${researchId}`,
  CMK_REQUESTERS: requestersGroup.id,
  CMK_APPROVERS: approversGroup.id,
  CMK_OPERATORS: approversGroup.id,
  CMK_STEP_UP: 'c1',
  CMK_PUBLIC_URL: front,
  CMK_OPERATIONS_CHANNEL: '19:operations@thread.tacv2',
  CMK_APPROVALS_CHANNEL: '19:approvals@thread.tacv2',
  CMK_AUDIT_CHANNEL: '19:audit@thread.tacv2',
  CMK_TEAMS_SERVICE_URL: `${teamsUrl}/`,
  CMK_AZURE_POLL: '50ms',
});

const caOf = ({ dataDir }: Pick<RunningAzure, 'dataDir'>): string => path.join(dataDir, 'ca.pem');

/** A shell in which `az` speaks to the local Azure. */
function openShell(azure: RunningAzure, folder: string, ownerUrl: string) {
  const stubs = path.join(folder, 'bin');
  mkdirSync(stubs);
  const standIn = (name: string, script: string): void => {
    const starts = `#!/bin/sh\nexec "${process.execPath}" "${repository}test/support/${script}" "$@"\n`;
    writeFileSync(path.join(stubs, name), starts, { mode: 0o755 });
  };
  standIn('az', 'azure/az-here.js');
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  if (systemIsHidden() || !folders.some((one) => existsSync(path.join(one, 'psql'))))
    standIn('psql', 'processes/psql-here.js');
  const env = {
    ...surroundings(),
    PATH: `${stubs}:${process.env.PATH}`,
    NODE_EXTRA_CA_CERTS: caOf(azure),
    AZ_HERE_URL: azure.url,
    AZ_HERE_TENANT: localTenantId,
    AZ_HERE_SUBSCRIPTION: careId,
    CMK_DATABASE_OWNER_URL: ownerUrl,
    // Of the server itself.
    PGUSER: 'postgres',
  };
  return (command: string): Promise<string> =>
    new Promise((resolve, reject) => {
      execFile('/bin/sh', ['-ec', command], { cwd: repository, env }, (error, out, err) =>
        error === null ? resolve(out.trim()) : reject(new Error(`${command}\n${err || error.message}`)),
      );
    });
}

/** Everything the bot needs around it, and no bot. */
export async function startTenant() {
  const dataDir = await newDataDir();
  const postgres = await startPostgres({ tls: await serverCertificate(dataDir) });
  const azure = await startAzure({ dataDir });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cmk-production-'));
  const botPort = await freePorts(1);
  const front = await openFront(dataDir, botPort);
  const teams = await startLocalTeams({ dataDir: folder, botUrl: `http://127.0.0.1:${botPort}/api/messages` });
  await changeState(azure, installed(`${front.url}/api/messages`));
  const roles = await makeRoles(await postgres.newDatabase(), caOf(azure));
  await writeServerSealKey(folder);
  const ownerUrl = roles.owner;
  return {
    azure,
    folder,
    front,
    botPort,
    ownerUrl,
    role: roles.role,
    settings: settingsOf(azure, { front: front.url, botPort: String(botPort), folder, teamsUrl: teams.url }, roles),
    run: openShell(azure, folder, ownerUrl),
    async end() {
      await front.close();
      await teams.kill();
      await postgres.stop();
      await discard(azure);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a bot with the settings of the file prints that doesn't start; throws if it starts. */
export async function printedByStart({ envFile, azure }: ProductionWorld): Promise<string> {
  const bot = await spawnBot({ ...readEnvFile(envFile), NODE_EXTRA_CA_CERTS: caOf(azure) });
  // A watchdog: another program may answer on its port, so that isn't what is looked at.
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, 90_000, false).unref());
  const exited = await Promise.race([bot.ended.then(() => true), late]);
  await bot.end('SIGKILL');
  if (!exited) throw new Error(`the bot started:\n${bot.printed()}`);
  // A process can be gone before all that it printed has come.
  while (!bot.hasEnded) await new Promise((resolve) => setTimeout(resolve, 10));
  return bot.printed();
}

/** A bot with the settings of the file, until it is ready. */
async function startOnce(envFile: string, ca: string): Promise<string> {
  const port = String(await freePorts(1));
  const bot = await spawnBot({ ...readEnvFile(envFile), PORT: port, NODE_EXTRA_CA_CERTS: ca });
  await untilReady(bot, `http://127.0.0.1:${port}`).finally(() => bot.end('SIGINT'));
  return '';
}

/** The tenant with a bot that runs in it. */
export async function startProductionWorld() {
  const tenant = await startTenant();
  const { azure, folder, botPort, settings, run } = tenant;
  const envFile = path.join(folder, '.env');
  const write = (some: Readonly<Record<string, string | null>>, text = emptyEnvironment()): void =>
    writeFileSync(envFile, withSettings(text, some), { mode: 0o600 });
  write(settings);
  const bot = await spawnBot({ ...settings, NODE_EXTRA_CA_CERTS: caOf(azure) });
  const end = async (): Promise<void> => {
    await bot.end('SIGKILL');
    await tenant.end();
  };
  await untilReady(bot, `http://127.0.0.1:${botPort}`).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  const state: AzureState = (await http(azure, 'GET', '/simulator/state')).body;
  return {
    ...tenant,
    envFile,
    /** Puts settings, Azure, the database's rights and files back to where all is well. */
    async putBack(): Promise<void> {
      write(settings);
      chmodSync(settings.CMK_SEAL_KEY_FILE ?? '', 0o600);
      await changeState(azure, (now) => Object.assign(now, structuredClone(state)));
    },
    set: (some: Readonly<Record<string, string | null>>): void => write(some, readFileSync(envFile, 'utf8')),
    async doctor(...more: readonly string[]): Promise<readonly Diagnosis[]> {
      const { out, err } = await cmkBot(['doctor', '--json', '--env', envFile, ...more]);
      if (out === '') throw new Error(err);
      return DiagnosisReport.parse(JSON.parse(out)).findings;
    },
    /** Carries a printed command out, and gives what it prints; `value` is answered where it asks for a setting. */
    async carryOut(command: string, value?: string): Promise<string> {
      const [, setting] = /^cmk-bot setup --set (\w+=?)$/.exec(command) ?? [];
      if (command === 'npm start') return startOnce(envFile, caOf(azure));
      if (setting === undefined) return run(command);
      const { code, out, err } = await cmkBot(['setup', '--set', setting, '--env', envFile], {}, [value ?? '']);
      if (code !== 0) throw new Error(`${command}: ${out}${err}`);
      return '';
    },
    end,
  };
}
