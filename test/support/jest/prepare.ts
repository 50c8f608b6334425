/**
 * Makes what every test starts from, in a process of its own. Argument: the folder, which is there once all of it is; what
 * goes wrong stands in a file beside it.
 */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { botEnvironment } from '../../../sandbox/bot-environment.ts';
import type { LocalOptions } from '../../../sandbox/options.ts';
import { startAzure } from '../azure/local-azure.ts';
import { spawnBot, untilReady } from '../processes/bot-process.ts';
import type { Call } from '../processes/command-line.ts';
import { copyFolder } from '../processes/copy-folder.ts';
import { freePorts } from '../processes/free-ports.ts';
import { surroundings } from '../processes/surroundings.ts';
import { startPostgres } from '../store/postgres.ts';
import { databaseSettings, writeServerSealKey } from '../store/seal-keys.ts';
import { approvalCard, approve, ask, people, places, shows, type } from '../world/story.ts';
import { readRecord, startWorld, type World } from '../world/world.ts';
import { bundle } from './bundle.ts';
import { forkProgram } from './prepared.ts';
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
  const [azurePort, botPort] = [await freePorts(10), await freePorts(1)];
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

/** One story, and everything that takes part is stopped. */
async function tellStory(world: World): Promise<void> {
  const id = await ask(world);
  await approve(world, people.approver, await approvalCard(world, id));
  await shows(world, places.operations, people.requester, id, /Succeeded/);
  for (const text of ['/cmk-requests', '/cmk-status', `/cmk-history ${id}`, '/cmk-help'])
    await type(world, people.requester, text);
  await world.restartEverything('SIGINT');
  await readRecord(world);
  await callCommandLine(world.settings, ['audit', 'verify'], ['requests', 'show', id]);
}

/** One call after the other, in one process, which ends by itself then. */
async function callCommandLine(env: NodeJS.ProcessEnv, ...calls: readonly (readonly string[])[]): Promise<void> {
  const child = await forkProgram('command-line');
  const ended = once(child, 'exit');
  for (const [id, args] of calls.entries()) {
    const call: Call = { id, args, env: { ...surroundings(), ...env }, lines: [], atTerminal: false, folder: null };
    const said = once(child, 'message');
    child.send(call);
    await Promise.race([said, ended]);
  }
  child.disconnect();
  await ended;
}

/**
 * A story is told once, so that what it takes is compiled: each program keeps that as it ends. Where the story fails, tests
 * about it are to say so: all of them start without.
 */
async function compile(programs: string): Promise<void> {
  const mark = path.join(programs, 'compiling');
  await writeFile(mark, '');
  const world = await startWorld();
  running.push({ kill: () => void world.end() });
  await tellStory(world).catch((error: unknown) => process.stderr.write(`nothing was compiled beforehand: ${error}\n`));
  await world.end();
  await rm(mark);
}

/** Copies the programs that were made from the same sources on another day or clock: they hold no date. False: there are none. */
async function copyPrograms(folder: string, programs: string): Promise<boolean> {
  const sameSources = path.basename(folder).replace(/[^-]+$/, '');
  const names = (await readdir(path.dirname(folder))).filter(
    (name) => name.startsWith(sameSources) && !name.includes('.'),
  );
  for (const name of names) {
    try {
      await copyFolder(programsIn(path.join(path.dirname(folder), name)), programs);
      return true;
    } catch {
      // Another run has removed it.
      await rm(programs, { recursive: true, force: true });
    }
  }
  return false;
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
  const hasPrograms = await copyPrograms(folder, programsIn(making));
  if (!hasPrograms) await bundle(making, programsIn(making));
  await startOnce(making);
  if (!hasPrograms) await compile(programsIn(making));
  // Whoever comes second finds the name taken and leaves what is there.
  await rename(making, folder).catch(() => rm(making, { recursive: true, force: true }));
} catch (error) {
  await writeFile(`${folder}.failed`, String(error));
  giveUp();
}
