import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import type { DatabaseOptions } from '../../src/store/database.ts';
import { plan, requestId, submit } from '../support/builders/fixtures.ts';
import { pgliteDatabases } from '../support/store/store-databases.ts';

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

  const removeLocks = (options: DatabaseOptions): void => {
    for (const name of readdirSync(folderOf(options)).filter((one) => one.endsWith('.sock')))
      rmSync(path.join(folderOf(options), name));
  };

  it('refuses a second process after a cleaner removed the files of the lock, and the first goes on', async () => {
    const options = await databases.fresh();
    const first = await databases.start(options);
    removeLocks(options);
    // Only where the kernel has the lock besides: elsewhere it is the first one's next look that finds out.
    if (process.platform === 'linux') {
      const refusal = databases.start(options);
      await expect(refusal).rejects.toThrow(/it is in use by process \d+\. Stop that process/);
      await expect(refusal).rejects.toThrow(folderOf(options));
    }
    await first.append(requestId(1), 'submit', submit({ plan: plan() }));
    expect(locksIn(folderOf(options))).toHaveLength(1);
    await expect(databases.start(options)).rejects.toThrow('it is in use by process');
    removeLocks(options);
    await first.kill();
    expect(await (await databases.start(options)).call('requests', 'list', 10, 0)).toHaveLength(1);
  });

  it('stops before it writes where its lock was taken', async () => {
    const options = await databases.fresh();
    const first = await databases.start(options);
    removeLocks(options);
    // What a container that shares the folder would do: it has a kernel lock of its own.
    const taker = createServer((socket) => socket.end('held'));
    const name = path.join(folderOf(options), `lock-4711-${randomUUID()}.sock`);
    await new Promise<void>((resolve) => taker.listen(name, resolve));
    const write = () => first.append(requestId(1), 'submit', submit({ plan: plan() }));
    await expect(write()).rejects.toThrow(
      /its lock was taken away, and process 4711 has it now\. Nothing more is written/,
    );
    await expect(write()).rejects.toThrow('Nothing more is written');
    await first.close();
    await new Promise<void>((resolve) => taker.close(() => resolve()));
    expect(await (await databases.start(options)).call('requests', 'list', 10, 0)).toEqual([]);
  });

  it('stops before it writes where another folder stands in its place', async () => {
    const options = await databases.fresh();
    const first = await databases.start(options);
    const files = path.join(folderOf(options), 'database');
    cpSync(files, `${files}-copy`, { recursive: true });
    renameSync(files, `${files}-before`);
    renameSync(`${files}-copy`, files);
    const write = first.append(requestId(1), 'submit', submit({ plan: plan() }));
    await expect(write).rejects.toThrow('it is no longer the folder that was opened');
  });

  it('closes a folder it makes to everybody else', async () => {
    const dataDir = path.join(folderOf(await databases.fresh()), 'made');
    await databases.start({ kind: 'pglite', dataDir });
    expect([dataDir, path.join(dataDir, 'database')].map((folder) => statSync(folder).mode & 0o777)).toEqual([
      0o700, 0o700,
    ]);
  });
});
