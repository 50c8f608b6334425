/** New data folders for tests. Making PGlite's files takes seconds, copying them a moment. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const root = fileURLToPath(new URL('../../', import.meta.url));
const cache = path.join(root, 'node_modules', '.cache', 'cmk-bot');

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

/** The files of an empty database, one copy for each version of PGlite. Several test files may make it at once. */
async function templateFiles(): Promise<string> {
  const manifest = await readFile(path.join(root, 'node_modules/@electric-sql/pglite/package.json'), 'utf8');
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(manifest));
  const template = path.join(cache, `pglite-${version}`);
  if (await exists(template)) return template;
  const making = path.join(cache, randomUUID());
  await mkdir(making, { recursive: true, mode: 0o700 });
  const program = `import { PGlite } from '@electric-sql/pglite';
    await (await PGlite.create(process.argv[1])).close();`;
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program, making], { cwd: root });
  // Whoever comes second finds the name taken and uses what is there.
  await rename(making, template).catch(() => rm(making, { recursive: true, force: true }));
  return template;
}

/** A temporary data folder that holds an empty database. The caller removes it. */
export async function newDataDir(): Promise<string> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'cmk-data-'));
  await cp(await templateFiles(), path.join(dataDir, 'database'), { recursive: true });
  return dataDir;
}
