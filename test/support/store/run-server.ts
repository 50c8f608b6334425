/**
 * The PostgreSQL server that all suites of a run share. Tests that stop it, or set it up differently, start their own.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { forkProgram, prepared } from '../jest/prepared.ts';
import { createDatabase, dropDatabase } from './postgres.ts';

const Told = z.union([z.object({ url: z.string(), readyUrl: z.string() }), z.object({ error: z.string() })]);

/** Started by the first that needs it, in whichever process. */
async function runServer() {
  const folder = path.join(process.env.CMK_TEST_WORLDS ?? '', 'postgres');
  const file = path.join(folder, 'address');
  // Before the first is chosen: what makes the programs needs the server too.
  await prepared();
  if (mkdirSync(folder, { recursive: true }) !== undefined) {
    // Jest waits until nobody has its workers' output open, and this process until jest has ended.
    const child = await forkProgram('postgres', [file, process.env.CMK_TEST_JEST ?? ''], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.unref();
    child.disconnect();
  }
  for (const until = Date.now() + 60_000; !existsSync(file); await sleep(20))
    if (Date.now() > until) throw new Error('the PostgreSQL server of the tests did not start');
  const told = Told.parse(JSON.parse(readFileSync(file, 'utf8')));
  if ('error' in told) throw new Error(told.error);
  return told;
}

/** The URL of a new database: empty, or a copy of another one that has no connections meanwhile. */
export const newDatabase = async (copied?: string): Promise<string> => createDatabase((await runServer()).url, copied);

/** The URL of a new database as a first start of the bot leaves it. */
export async function readyDatabase(): Promise<string> {
  const { url, readyUrl } = await runServer();
  return createDatabase(url, readyUrl);
}

/** Also where the server has ended with the run. */
export const removeDatabase = async (url: string): Promise<void> =>
  dropDatabase((await runServer()).url, url).catch(() => undefined);
