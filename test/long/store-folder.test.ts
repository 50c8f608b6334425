import { cpSync, existsSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseOptions } from '../../src/store/database.ts';
import { plan, requestId, submit } from '../support/builders/fixtures.ts';
import type { StoreProcess } from '../support/store/store-client.ts';
import { pgliteDatabases } from '../support/store/store-databases.ts';

/** One process a data folder, and no longer than it lives. */

const staleMs = 30_000;
const databases = pgliteDatabases();
afterAll(() => databases.end());

const folderOf = (options: DatabaseOptions): string => {
  if (options.kind !== 'pglite') throw new Error('these tests are about folders');
  return options.dataDir;
};
const lockIn = (options: DatabaseOptions): string => path.join(folderOf(options), 'lock');
const ownerIn = (options: DatabaseOptions): string => readdirSync(lockIn(options)).join();
const pidIn = (options: DatabaseOptions): number => Number.parseInt(ownerIn(options), 10);
/** The lock's file names its owner: process ID, place, and a unique name. */
const renameOwner = (options: DatabaseOptions, change: (owner: string) => string): void =>
  renameSync(path.join(lockIn(options), ownerIn(options)), path.join(lockIn(options), change(ownerIn(options))));
const write = (store: StoreProcess) => store.append(requestId(1), 'submit', submit({ plan: plan() }));

describe('data folder', () => {
  it('refuses a second process within seconds, naming the folder and what to do', async () => {
    const options = await databases.fresh();
    const first = await databases.start(options);
    const refusal = databases.start(options);
    await expect(refusal).rejects.toThrow(
      /^opening the data folder .*cmk-data-.*: it is in use by process \d+\. Stop that process, or choose another folder with --data\.$/,
    );
    await expect(refusal).rejects.toThrow(`${folderOf(options)}: it is in use by process ${pidIn(options)}.`);
    await write(first);
    expect(await first.call('requests', 'list', 10, 0)).toHaveLength(1);
  });

  it('lets the next process in at once after SIGKILL, and clears away what the dead one left', async () => {
    const options = await databases.fresh();
    const first = await databases.start(options);
    const owner = ownerIn(options);
    await first.kill();
    expect(ownerIn(options)).toBe(owner);
    const before = performance.now();
    await databases.start(options);
    expect(performance.now() - before).toBeLessThan(staleMs);
    expect(readdirSync(lockIn(options))).toEqual([expect.not.stringContaining(owner)]);
    expect(readdirSync(folderOf(options)).filter((name) => name.startsWith('lock'))).toEqual(['lock']);
  });

  it('lets exactly one of several processes in that start at once, over a stale lock', async () => {
    const options = await databases.fresh();
    await (await databases.start(options)).kill();
    const starts = await Promise.allSettled(Array.from({ length: 5 }, () => databases.start(options)));
    expect(starts.filter((start) => start.status === 'fulfilled')).toHaveLength(1);
    expect(readdirSync(lockIn(options))).toHaveLength(1);
  });

  it('lets a folder go when it is closed', async () => {
    const options = await databases.fresh();
    await (await databases.start(options)).close();
    expect(existsSync(lockIn(options))).toBe(false);
    await databases.start(options);
  });

  it('never takes a folder over from a holder in another container, whose process ID means nothing here', async () => {
    const options = await databases.fresh();
    await (await databases.start(options)).kill();
    renameOwner(options, (owner) => owner.replace('@', '@elsewhere-'));
    const updates = setInterval(() => utimesSync(lockIn(options), new Date(), new Date()), 1_000);
    await expect(databases.start(options))
      .rejects.toThrow('it is in use by process')
      .finally(() => clearInterval(updates));
  });

  it('lets a process in after a while past a dead holder elsewhere, and past one whose process ID is another one’s now', async () => {
    const changes = [
      (owner: string) => owner.replace('@', '@elsewhere-'),
      (owner: string) => owner.replace(/^\d+/, `${process.pid}`),
    ];
    const waits = changes.map(async (change) => {
      const options = await databases.fresh();
      await (await databases.start(options)).kill();
      renameOwner(options, change);
      const before = performance.now();
      await databases.start(options);
      return performance.now() - before;
    });
    expect(Math.min(...(await Promise.all(waits)))).toBeGreaterThan(staleMs);
  });

  it('waits for a holder that is busy for 15 seconds, and refuses then', async () => {
    const options = await databases.fresh();
    const first = await databases.start(options);
    process.kill(pidIn(options), 'SIGSTOP');
    const refusal = expect(databases.start(options)).rejects.toThrow(`it is in use by process ${pidIn(options)}.`);
    await sleep(15_000);
    process.kill(pidIn(options), 'SIGCONT');
    await refusal;
    await write(first);
  });

  it('stops before it writes where its lock was taken while it was suspended', async () => {
    const options = await databases.fresh();
    const first = await databases.start(options);
    const suspended = pidIn(options);
    process.kill(suspended, 'SIGSTOP');
    const second = await databases.start(options);
    const writes = [write(first), write(first)];
    process.kill(suspended, 'SIGCONT');
    for (const refused of writes)
      await expect(refused).rejects.toThrow(
        `its lock was taken away, and process ${pidIn(options)} has it now. Nothing more is written to it.`,
      );
    await first.close();
    expect(await second.call('requests', 'list', 10, 0)).toEqual([]);
    await write(second);
  });

  it('stops before it writes where a cleaner removed its lock', async () => {
    const options = await databases.fresh();
    const first = await databases.start(options);
    rmSync(lockIn(options), { recursive: true });
    await expect(write(first)).rejects.toThrow('its lock was taken away');
    await first.close();
    expect(await (await databases.start(options)).call('requests', 'list', 10, 0)).toEqual([]);
  });

  it('stops before it writes where another folder stands in its place', async () => {
    const options = await databases.fresh();
    const first = await databases.start(options);
    const files = path.join(folderOf(options), 'database');
    cpSync(files, `${files}-copy`, { recursive: true });
    renameSync(files, `${files}-before`);
    renameSync(`${files}-copy`, files);
    await expect(write(first)).rejects.toThrow('it is no longer the folder that was opened');
  });

  it('closes a folder it makes to everybody else', async () => {
    const dataDir = path.join(folderOf(await databases.fresh()), 'made');
    await databases.start({ kind: 'pglite', dataDir });
    expect([dataDir, path.join(dataDir, 'database')].map((folder) => statSync(folder).mode & 0o777)).toEqual([
      0o700, 0o700,
    ]);
  });
});
