/** The files of a PostgreSQL server: made anew, or copied from what a run of the tests makes once. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { prepared } from '../jest/prepared.ts';
import { copyFolder } from '../processes/copy-folder.ts';

/** In every copy: a database as a first start of the bot leaves it, which only the copy's server has. */
export const readyName = 'cmk_ready';

const clusterIn = (folder: string): string => path.join(folder, 'server');
/** Files of one version are of no use to another one's programs. */
const madeBy = (folder: string): string => path.join(folder, 'server-made-by');

/** Keeps the files of a server that has ended, and whose programs made them. */
export async function keepCluster(data: string, programs: string, folder: string): Promise<void> {
  await copyFolder(data, clusterIn(folder), true);
  await writeFile(madeBy(folder), programs);
}

/** Null where none is prepared, as outside of jest and while it is made, and where other programs made it. */
export async function preparedCluster(programs: string): Promise<string | null> {
  if (process.env.CMK_TEST_PREPARED === undefined) return null;
  const folder = await prepared();
  const isOurs = existsSync(madeBy(folder)) && readFileSync(madeBy(folder), 'utf8') === programs;
  return isOurs ? clusterIn(folder) : null;
}

/** Starts one of the server's programs as whoever the server runs as. */
export type Run = (name: string, args: readonly string[]) => ChildProcess;

/** What a program printed about its errors so far. */
export function errorsOf(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

/** Makes the files of a server that nobody used yet. */
export function makeCluster(run: Run, data: string): Promise<void> {
  const child = run('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync']);
  const errors = errorsOf(child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`initdb: ${errors()}`))));
  });
}
