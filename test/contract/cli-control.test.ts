import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { ControlCalls } from '../../src/operator/rpc/calls.ts';
import { reachControl } from '../../src/operator/rpc/client.ts';
import { startControl } from '../../src/operator/rpc/server.ts';
import { type RecordStore, recordsOf } from '../../src/operator/rpc/store-records.ts';
import { requestId } from '../support/builders/fixtures.ts';
import { cmkBot } from '../support/processes/command-line.ts';

/** Both ends of the control socket. */

const temporary: string[] = [];
async function newFolder(...below: readonly string[]): Promise<string> {
  const parent = await mkdtemp(path.join(os.tmpdir(), 'cmk-control-'));
  temporary.push(parent);
  await mkdir(path.join(parent, ...below), { recursive: true });
  return path.join(parent, ...below);
}
afterAll(async () => {
  for (const folder of temporary) await rm(folder, { recursive: true, force: true });
});

const notCalled = async (): Promise<never> => {
  throw new Error('it isn’t called here');
};
const empty: RecordStore = {
  requests: { append: notCalled, events: async () => [], list: async () => [], load: async () => null },
  witnesses: { clear: async () => 0 },
  people: { get: async () => ({ memberId: '29:x', name: 'Zoë' }) },
  auditLog: {
    head: async () => {
      throw new Error('the database is away');
    },
    lines: async () => [],
    derived: async () => ({ seq: 0, rows: 0, open: [], outbox: [], texts: [] }),
    textsOf: async () => [],
    erase: notCalled,
    eraseDrift: notCalled,
    resume: notCalled,
  },
};

const logged: string[] = [];
const start = (folder: string, control: Partial<ControlCalls> = {}, everyMs?: number) =>
  startControl(
    {
      folder,
      control: {
        ...recordsOf(empty),
        diagnose: async () => [],
        evidence: async () => ({ kind: 'nowhere-published' }),
        ...control,
      },
      log: { error: (_fields, message) => logged.push(message) },
    },
    everyMs,
  );

async function reach(folder: string) {
  const client = await reachControl(folder);
  if (client === null) throw new Error(`nobody answers in ${folder}`);
  return client;
}

it.each([
  ['a short path', []],
  ['a path too long for a socket', ['a'.repeat(120), 'b'.repeat(120)]],
])('answers in a folder with %s, to its owner only, and leaves nothing behind', async (_what, below) => {
  const folder = await newFolder(...below);
  const server = await start(folder);
  expect(await readdir(folder)).toEqual(['control.sock']);
  expect((await stat(path.join(folder, 'control.sock'))).mode & 0o777).toBe(0o600);
  const client = await reach(folder);
  expect(client.pid).toBe(process.pid);
  expect(await client.control.person({ id: '20000000-0000-4000-8000-000000000001' as never })).toEqual({ name: 'Zoë' });
  await client.close();
  await server.stop();
  expect(await readdir(folder)).toEqual([]);
  expect(await reachControl(folder)).toBeNull();
});

it('is there again after a cleaner removed it, to its owner only, and says so', async () => {
  const folder = await newFolder();
  const file = path.join(folder, 'control.sock');
  const server = await start(folder, {}, 20);
  const before = await reach(folder);
  for (let time = 1; time <= 2; time += 1) {
    logged.length = 0;
    await rm(file);
    // It is said once it is there.
    for (const until = Date.now() + 60_000; logged.length === 0 && Date.now() < until; ) await sleep(10);
    const client = await reach(folder);
    expect(client.pid).toBe(process.pid);
    await client.close();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(logged).toEqual(['the socket for the command line was removed, and was created again']);
  }
  logged.length = 0;
  await before.close();
  await server.stop();
  expect(await readdir(folder)).toEqual([]);
});

it('says what went wrong in the bot, and goes on', async () => {
  const folder = await newFolder();
  const server = await start(folder);
  const { control, close } = await reach(folder);
  await expect(control.head({})).rejects.toThrow('calling the running bot: the database is away');
  expect(logged).toEqual(['a call from the command line failed: unexpected error']);
  expect(await control.act({ id: requestId(1), act: { verb: 'cancel', by: 'duty' } })).toEqual({
    kind: 'refused',
    code: 'unknown-request',
    fact: requestId(1),
  });
  await expect(control.lines({ after: 0, limit: 1_000_000 })).rejects.toThrow('calling the running bot: ✖ Too big');
  await close();
  await server.stop();
});

it('knows a bot of another version by its answers', async () => {
  const folder = await newFolder();
  const server = await start(folder, { head: async () => ({ position: 1 }) as never });
  const { control, close } = await reach(folder);
  await expect(control.head({})).rejects.toThrow('the running bot has another version');
  await close();
  await server.stop();
});

it('asks for no evidence, which stores an event, where the pack can’t be written', async () => {
  const folder = await newFolder();
  const packs: string[] = [];
  const made = {
    kind: 'made' as const,
    name: 'pack.zip',
    archive: Buffer.from('a pack').toString('base64'),
    seq: 1,
    witnessed: false,
  };
  const server = await start(folder, {
    evidence: async ({ id }) => {
      packs.push(id);
      return made;
    },
  });
  const take = (file: string) =>
    cmkBot(['evidence', requestId(1), '-o', file], { DATABASE_URL: pathToFileURL(folder).href });
  for (const file of [path.join(folder, 'missing', 'pack.zip'), folder]) {
    const { code, err } = await take(file);
    expect(err).toContain(`cmk-bot evidence: writing ${file}: `);
    expect(code).toBe(2);
  }
  expect(packs).toEqual([]);
  const file = path.join(folder, 'pack.zip');
  expect((await take(file)).code).toBe(0);
  expect(await readFile(file, 'utf8')).toBe('a pack');
  expect((await readdir(folder)).toSorted()).toEqual(['control.sock', 'pack.zip']);
  await server.stop();
});
