/**
 * Makes what every test starts from, in a process of its own. Argument: the folder, which is there once all of it is; what
 * goes wrong stands in a file beside it.
 */
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { botEnvironment } from '../../../sandbox/bot-environment.ts';
import type { LocalOptions } from '../../../sandbox/options.ts';
import { startAzure } from '../azure/local-azure.ts';
import { spawnBot, untilReady } from '../processes/bot-process.ts';
import { freePorts } from '../processes/free-ports.ts';
import { startPostgres } from '../store/postgres.ts';
import { databaseSettings, writeServerSealKey } from '../store/seal-keys.ts';
import { bundle } from './bundle.ts';
import { programsIn, templateIn } from './programs.ts';

/** What runs while it is made, to be ended with this process. */
const running: { kill(): void }[] = [];

/** The bot is started and stopped once, on a server whose files are kept. Nobody has spoken to it. */
async function startBotOnce(options: Omit<LocalOptions, 'log'>, folder: string): Promise<void> {
  const server = await startPostgres();
  const url = await server.newDatabase();
  const own = await mkdtemp(path.join(os.tmpdir(), 'cmk-prepare-'));
  const settings = { ...(await databaseSettings(url, own)), CMK_SEAL_KEY_FILE: await writeServerSealKey(own) };
  const bot = await spawnBot(botEnvironment(options, settings));
  running.push({ kill: () => void bot.end('SIGKILL') });
  await untilReady(bot, `http://127.0.0.1:${options['bot-port']}`);
  await bot.end('SIGINT');
  await server.keep(url, folder);
  await rm(own, { recursive: true });
}

/** With an Azure that stays as it was seeded: each world says how quick its own is. */
async function startOnce(folder: string): Promise<void> {
  const dataDir = templateIn(folder);
  const azurePort = await freePorts(10);
  const botPort = await freePorts(1);
  const azure = await startAzure({ latency: 'as it was', dataDir, port: azurePort });
  running.push({ kill: () => void azure.kill() });
  const ports = {
    'azure-port': azurePort,
    'bot-port': botPort,
    'teams-port': botPort + 1,
    'sign-in-port': botPort + 2,
  };
  const options = { data: dataDir, ...ports, latency: 'instant', 'step-up': false, reset: false } as const;
  await startBotOnce(options, folder);
  await azure.kill();
  // What Azure was asked and had before belongs to the world that asks.
  for (const name of ['requests.jsonl', 'before.json']) await rm(`${dataDir}/azure/${name}`, { force: true });
}

const [, , folder = ''] = process.argv;
const making = `${folder}.${process.pid}`;
const giveUp = (): void => {
  for (const one of running) one.kill();
  rmSync(making, { recursive: true, force: true, maxRetries: 10 });
  process.exit(1);
};
process.once('SIGTERM', giveUp);
try {
  await mkdir(making, { recursive: true });
  process.env.CMK_TEST_PREPARED = making;
  await bundle(making, programsIn(making));
  await startOnce(making);
  // Whoever comes second finds the name taken and leaves what is there.
  await rename(making, folder).catch(() => rm(making, { recursive: true, force: true }));
} catch (error) {
  await writeFile(`${folder}.failed`, String(error));
  giveUp();
}
