import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { botEnvironment } from '../../src/local/bot-environment.ts';
import { discard, freePorts, http, type Latency, type RunningAzure, startAzure } from './local-azure.ts';
import { type LocalTeamsProcess, startLocalTeams, type TeamsClient } from './local-teams.ts';

/** The whole product on this machine, as child processes: local Azure, local Teams, and the bot under test. */
export interface World {
  readonly azure: RunningAzure;
  readonly teams: TeamsClient;
  readonly botUrl: string;
  readonly bot: BotProcess;
  readonly dataDir: string;
  /** What the local Azure was asked, oldest first. */
  azureRequests(): Promise<readonly AzureRequest[]>;
  /** Ends the bot as a crash would, or as Ctrl-C would, and starts it again on what it kept. */
  restartBot(how: 'SIGKILL' | 'SIGINT'): Promise<void>;
  /** Ends everything and removes what it kept. */
  end(): Promise<void>;
}

export interface BotProcess {
  /** Everything it printed. */
  output(): string;
  end(signal: NodeJS.Signals): Promise<number | null>;
}

const AzureRequest = z.object({
  at: z.string(),
  method: z.string(),
  url: z.string(),
  status: z.number().nullable(),
  principalId: z.string().nullable(),
  body: z.unknown(),
});
export type AzureRequest = z.infer<typeof AzureRequest>;

const repository = fileURLToPath(new URL('../../', import.meta.url));

function startBot(env: NodeJS.ProcessEnv): BotProcess {
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts'], {
    cwd: repository,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  const keep = (chunk: Buffer): void => {
    printed += chunk.toString('utf8');
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return {
    output: () => printed,
    end(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return ended;
    },
  };
}

async function untilReady(url: string, bot: BotProcess): Promise<void> {
  for (const until = Date.now() + 60_000; Date.now() < until; ) {
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the bot was not ready in time:\n${bot.output()}`);
}

export interface WorldOptions {
  readonly latency?: Latency;
  /** Over the bot's usual local configuration. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts a world of its own on free ports and a new folder. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const latency = options.latency ?? 'instant';
  const dataDir = mkdtempSync(join(tmpdir(), 'cmk-world-'));
  const azure = await startAzure({ latency, dataDir });
  const botPort = await freePorts(0);
  const botUrl = `http://127.0.0.1:${botPort}`;
  const teams: LocalTeamsProcess = await startLocalTeams({
    dataDir,
    botUrl: `${botUrl}/api/messages`,
    azureUrl: azure.url,
    azureCaFile: `${dataDir}/ca.pem`,
    manifestFile: 'manifest/manifest.json',
  });
  const ports = { 'bot-port': botPort, 'teams-port': Number(new URL(teams.url).port), 'azure-port': azure.port };
  const env = botEnvironment({ data: dataDir, ...ports, latency, reset: false }, options.env ?? {});
  const current = { bot: startBot(env) };
  await untilReady(botUrl, current.bot);
  return {
    azure,
    teams: teams.client,
    botUrl,
    dataDir,
    get bot() {
      return current.bot;
    },
    azureRequests: async () => z.array(AzureRequest).parse((await http(azure, 'GET', '/simulator/requests')).body),
    async restartBot(how) {
      await current.bot.end(how);
      current.bot = startBot(env);
      await untilReady(botUrl, current.bot);
    },
    async end() {
      await current.bot.end('SIGKILL');
      await teams.kill();
      await discard(azure);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
