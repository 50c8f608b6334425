/**
 * Makes what every test starts from, in a process of its own. Argument: the folder, which is there once all of it is; what
 * goes wrong stands in a file beside it.
 */
import { rmSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { botEnvironment } from '../../src/local/bot-environment.ts';
import { bundle } from './bundle.ts';
import { emptyDatabase } from './data-folder.ts';
import { freePorts } from './free-ports.ts';
import { startAzure } from './local-azure.ts';
import { programsIn, templateIn } from './programs.ts';
import { spawnBot, untilReady } from './world.ts';

/** What runs while it is made, to be ended with this process. */
const running: { kill(): void }[] = [];

/** The bot is started and stopped once. Nobody has spoken to it, and no Teams was there to say that it is installed. */
async function startOnce(dataDir: string): Promise<void> {
  await emptyDatabase(dataDir);
  const [azurePort, botPort] = [await freePorts(10), await freePorts(1)];
  // Azure stays as it was seeded: each world says how quick its own is.
  const azure = await startAzure({ latency: 'as it was', dataDir, port: azurePort });
  running.push({ kill: () => void azure.kill() });
  const ports = {
    'azure-port': azurePort,
    'bot-port': botPort,
    'teams-port': botPort + 1,
    'sign-in-port': botPort + 2,
  };
  let printed = '';
  const options = { data: dataDir, ...ports, latency: 'instant', 'step-up': false, reset: false } as const;
  const bot = await spawnBot(botEnvironment(options, {}), (text) => {
    printed += text;
  });
  running.push({ kill: () => void bot.end('SIGKILL') });
  await untilReady(bot, `http://127.0.0.1:${botPort}`, () => printed);
  await bot.end('SIGINT');
  await azure.kill();
  // What Azure was asked and had before belongs to the world that asks.
  for (const name of ['requests.jsonl', 'before.json']) await rm(`${dataDir}/azure/${name}`, { force: true });
}

const [, , folder = ''] = process.argv;
const making = `${folder}.${process.pid}`;
const giveUp = (): void => {
  for (const one of running) one.kill();
  rmSync(making, { recursive: true, force: true });
  process.exit(1);
};
process.once('SIGTERM', giveUp);
try {
  await mkdir(making, { recursive: true });
  process.env.CMK_TEST_PREPARED = making;
  await bundle(programsIn(making));
  await startOnce(templateIn(making));
  // Whoever comes second finds the name taken and leaves what is there.
  await rename(making, folder).catch(() => rm(making, { recursive: true, force: true }));
} catch (error) {
  await writeFile(`${folder}.failed`, String(error));
  giveUp();
}
