/**
 * Makes what every test starts from, in a process of its own. Argument: the folder, which is there once all of it is; what
 * goes wrong stands in a file beside it.
 */
import { rmSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { botEnvironment } from '../../src/local/bot-environment.ts';
import { bundle } from './bundle.ts';
import { emptyDatabase } from './data-folder.ts';
import { freePorts } from './free-ports.ts';
import { startAzure } from './local-azure.ts';
import { programsIn, templateIn } from './programs.ts';
import { approvalCard, approve, ask, people, places, shows, type } from './story.ts';
import { readRecord, spawnBot, startWorld, untilReady, type World } from './world.ts';

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

/** One story, and everything that takes part is stopped. */
async function tellStory(world: World): Promise<void> {
  const id = await ask(world);
  await approve(world, people.approver, await approvalCard(world, id));
  await shows(world, places.operations, people.requester, id, /Succeeded/);
  for (const text of ['/cmk-requests', '/cmk-status', `/cmk-history ${id}`, '/cmk-help'])
    await type(world, people.requester, text);
  await world.restartEverything('SIGINT');
  await readRecord(world);
}

/**
 * A story is told once, so that what it takes is compiled: each program keeps that as it ends. Where the story fails, tests
 * about it are to say so: all of them start without.
 */
async function compile(programs: string): Promise<void> {
  const mark = path.join(programs, 'compiling');
  await writeFile(mark, '');
  const world = await startWorld({ record: 'folder' });
  running.push({ kill: () => void world.end() });
  await tellStory(world).catch((error: unknown) => process.stderr.write(`nothing was compiled beforehand: ${error}\n`));
  await rm(mark);
  await world.end();
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
  await bundle(making, programsIn(making));
  await startOnce(templateIn(making));
  await compile(programsIn(making));
  // Whoever comes second finds the name taken and leaves what is there.
  await rename(making, folder).catch(() => rm(making, { recursive: true, force: true }));
} catch (error) {
  await writeFile(`${folder}.failed`, String(error));
  giveUp();
}
