/** New data folders for tests. Making what is in them takes seconds, copying it a moment. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { prepared } from '../jest/prepared.ts';
import { templateIn } from '../jest/programs.ts';
import { copyFolder } from '../processes/copy-folder.ts';
import { repository } from '../processes/surroundings.ts';

const cache = path.join(repository, 'node_modules', '.cache', 'cmk-bot');

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

/** The files of an empty database, one copy for each version of PGlite. Several test files may make it at once. */
async function templateFiles(): Promise<string> {
  const manifest = await readFile(path.join(repository, 'node_modules/@electric-sql/pglite/package.json'), 'utf8');
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(manifest));
  const template = path.join(cache, `pglite-${version}`);
  if (await exists(template)) return template;
  const making = path.join(cache, randomUUID());
  await mkdir(making, { recursive: true, mode: 0o700 });
  const program = `import { PGlite } from '@electric-sql/pglite';
    await (await PGlite.create(process.argv[1])).close();`;
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program, making], { cwd: repository });
  // Whoever comes second finds the name taken and uses what is there.
  await rename(making, template).catch(() => rm(making, { recursive: true, force: true }));
  return template;
}

/** Puts the files of an empty database into the data folder, in which nothing was started yet. */
export const emptyDatabase = async (dataDir: string): Promise<void> =>
  copyFolder(await templateFiles(), path.join(dataDir, 'database'));

const temporary = (): Promise<string> => mkdtemp(path.join(os.tmpdir(), 'cmk-data-'));

/** A temporary data folder as a first start leaves it: an Azure as seeded, a database with its tables. The caller removes it. */
export async function newDataDir(): Promise<string> {
  const dataDir = await temporary();
  await copyFolder(templateIn(await prepared()), dataDir);
  return dataDir;
}

/** A temporary data folder before the first start, for tests of what that does. The caller removes it. */
export async function newEmptyDataDir(): Promise<string> {
  const dataDir = await temporary();
  await emptyDatabase(dataDir);
  return dataDir;
}

/** A temporary data folder with nothing but the seeded Azure. The caller removes it. */
export async function newAzureDir(): Promise<string> {
  const dataDir = await temporary();
  const template = templateIn(await prepared());
  await copyFolder(path.join(template, 'azure'), path.join(dataDir, 'azure'));
  await copyFile(path.join(template, 'ca.pem'), path.join(dataDir, 'ca.pem'));
  return dataDir;
}
