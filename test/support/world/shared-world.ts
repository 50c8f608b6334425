/**
 * The world that the suites of one jest worker share. It runs in a process of its own (`world-process.ts`), because jest loads
 * every module again for each suite. Its description is a file, which a suite takes away with the world and puts back only in
 * good order; else the next one starts another world.
 */
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@jest/globals';
import { z } from 'zod';
import type { RunningAzure } from '../azure/local-azure.ts';
import { forkProgram } from '../jest/prepared.ts';
import { cmkBot, endCommandLine } from '../processes/command-line.ts';
import { rowsOf } from '../store/postgres.ts';
import { sealKeysIn } from '../store/seal-keys.ts';
import { teamsClient } from '../teams/local-teams.ts';
import { LogWatch } from './log-leaks.ts';
import { mendAzure, rememberAzure } from './story.ts';
import { askedOf, type World, watched } from './world.ts';

/** What another process has to know of it. */
export interface SharedWorld {
  readonly pid: number;
  /** Everything that the bot printed. */
  readonly log: string;
  readonly azure: Pick<RunningAzure, 'url' | 'port' | 'pid' | 'dataDir'>;
  readonly teamsUrl: string;
  readonly botUrl: string;
  readonly dataDir: string;
  readonly databaseUrl: string;
  readonly settings: NodeJS.ProcessEnv;
}

const worker = process.env.JEST_WORKER_ID ?? '1';
const folder = process.env.CMK_TEST_WORLDS ?? '';
/** Describes a world that is free. A suite that takes the world takes the file with it. */
const free = path.join(folder, `${worker}.json`);

function take(): SharedWorld | null {
  if (!existsSync(free)) return null;
  const world: SharedWorld = JSON.parse(readFileSync(free, 'utf8'));
  rmSync(free);
  return world;
}

function retire({ pid }: SharedWorld): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It has ended.
  }
}

const isReady = async ({ botUrl }: SharedWorld): Promise<boolean> =>
  (await fetch(`${botUrl}/readyz`).catch(() => null))?.ok ?? false;

async function started(): Promise<SharedWorld> {
  const child = await forkProgram('world', [folder, worker]);
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the shared world did not start')));
  await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => undefined);
  // It keeps nobody from ending, and ends when the channel does.
  child.unref();
  child.channel?.unref();
  const world = take();
  if (world === null) throw new Error('the shared world left no description');
  return world;
}

async function found(): Promise<SharedWorld> {
  const world = take();
  if (world !== null && (await isReady(world))) return world;
  if (world !== null) retire(world);
  return started();
}

const Recorded = z.object({ length: z.number(), open: z.array(z.string()) });

/** How far the record is, and the ids of open requests. */
async function recorded({ databaseUrl }: SharedWorld): Promise<z.infer<typeof Recorded>> {
  const [row] = await rowsOf(
    databaseUrl,
    'select (select seq from cmk.chain_head)::int as length, array(select request_id from cmk.open_request) as open',
  );
  return Recorded.parse(row);
}

/** Ends what a suite left open: it would be in the way of the next one. False where something stays open. */
async function endOpenRequests(shared: SharedWorld): Promise<boolean> {
  const { open } = await recorded(shared);
  for (const id of open) {
    const { code } = await cmkBot(['requests', 'cancel', id, '--as', 'tests'], shared.settings);
    if (code !== 0) await cmkBot(['requests', 'give-up', id, '--reason', 'tests', '--as', 'tests'], shared.settings);
  }
  if (open.length === 0) return true;
  await endCommandLine();
  return (await recorded(shared)).open.length === 0;
}

function readFrom(file: string, offset: number): string {
  const size = statSync(file).size - offset;
  const bytes = Buffer.alloc(Math.max(0, size));
  const opened = openSync(file, 'r');
  readSync(opened, bytes, 0, bytes.length, offset);
  closeSync(opened);
  return bytes.toString('utf8');
}

const notShared = (): never => {
  throw new Error('the bot of a shared world stays as it is: ask for a world of your own');
};

/** Takes the worker's world, or starts one. What Azure was asked and the bot printed counts from now on; `end` hands it back. */
export async function takeSharedWorld(): Promise<World> {
  const shared = await found();
  const azure = {
    ...shared.azure,
    ca: readFileSync(path.join(shared.dataDir, 'ca.pem'), 'utf8'),
    stop: notShared,
    kill: notShared,
  };
  const printedBefore = statSync(shared.log).size;
  const printed = () => readFrom(shared.log, printedBefore);
  const askedBefore = (await askedOf(azure)).length;
  const watch = new LogWatch();
  watch.keepOutSettings(shared.settings);
  for (const key of await sealKeysIn(shared.dataDir)) watch.keepOut('the seals’ key, or the log’s', key);
  const world: World = {
    ...{ azure, printed, teams: watched(teamsClient(shared.teamsUrl), watch) },
    botUrl: shared.botUrl,
    dataDir: shared.dataDir,
    databaseUrl: shared.databaseUrl,
    settings: shared.settings,
    recordedBefore: (await recorded(shared)).length,
    azureRequests: async () => (await askedOf(azure)).slice(askedBefore),
    botPid: notShared,
    signalBot: notShared,
    untilBotEnds: notShared,
    endBot: notShared,
    startBot: notShared,
    startReplica: notShared,
    restartBot: notShared,
    restartEverything: notShared,
    moveClock: notShared,
    async end() {
      let isInOrder = false;
      try {
        await mendAzure(world);
        await putBack();
        const part = printed();
        const suite = path.basename(expect.getState().testPath ?? 'suite');
        writeFileSync(path.join(folder, `${suite}.log`), part);
        const leaks = watch.leaksIn(part);
        if (leaks.length > 0) throw new Error(leaks.join('\n'));
        isInOrder = await endOpenRequests(shared);
      } finally {
        if (isInOrder) writeFileSync(free, JSON.stringify(shared), { mode: 0o600 });
        else retire(shared);
      }
    },
  };
  const putBack = await rememberAzure(world);
  return world;
}
