import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseOptions } from '../../src/store/database.ts';
import { plan, requestId, submit } from '../support/fixtures.ts';
import { pgliteDatabases } from '../support/store-databases.ts';

/** One process a data folder, and no longer than it lives. */

const databases = pgliteDatabases();
afterAll(() => databases.end());

const folderOf = (options: DatabaseOptions): string => {
  if (options.kind !== 'pglite') throw new Error('these tests are about folders');
  return options.dataDir;
};
const locksIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.startsWith('lock-'));

describe('data folder', () => {
  it('refuses a second process, naming the folder and what to do', async () => {
    const options = await databases.fresh();
    const first = await databases.start(options);
    const refusal = databases.start(options);
    await expect(refusal).rejects.toThrow(
      /^opening the data folder .*cmk-data-.*: it is in use by process \d+\. Stop that process, or choose another folder/,
    );
    await expect(refusal).rejects.toThrow(folderOf(options));
    await first.append(requestId(1), 'submit', submit({ plan: plan() }));
    expect(await first.call('requests', 'list', 10, 0)).toHaveLength(1);
  });

  it('lets the next process in after SIGKILL, and clears away what the dead one left', async () => {
    const options = await databases.fresh();
    const first = await databases.start(options);
    await first.kill();
    expect(locksIn(folderOf(options))).toHaveLength(1);
    await databases.start(options);
    expect(locksIn(folderOf(options))).toHaveLength(1);
  });

  it('lets exactly one of several processes in that start at once, over a stale lock', async () => {
    const options = await databases.fresh();
    await (await databases.start(options)).kill();
    const starts = await Promise.allSettled(Array.from({ length: 5 }, () => databases.start(options)));
    expect(starts.filter((start) => start.status === 'fulfilled')).toHaveLength(1);
    expect(locksIn(folderOf(options))).toHaveLength(1);
  });

  it('lets a folder go when it is closed', async () => {
    const options = await databases.fresh();
    await (await databases.start(options)).close();
    expect(locksIn(folderOf(options))).toEqual([]);
    await databases.start(options);
  });

  it('works at the end of a path that is too long for a socket', async () => {
    const parent = folderOf(await databases.fresh());
    const dataDir = path.join(parent, 'a'.repeat(120), 'b'.repeat(120));
    const options: DatabaseOptions = { kind: 'pglite', dataDir };
    await databases.start(options);
    await expect(databases.start(options)).rejects.toThrow('it is in use by process');
    expect(existsSync(path.join(dataDir, 'database', 'PG_VERSION'))).toBe(true);
  });

  it('closes a folder it makes to everybody else', async () => {
    const dataDir = path.join(folderOf(await databases.fresh()), 'made');
    await databases.start({ kind: 'pglite', dataDir });
    expect([dataDir, path.join(dataDir, 'database')].map((folder) => statSync(folder).mode & 0o777)).toEqual([
      0o700, 0o700,
    ]);
  });
});
