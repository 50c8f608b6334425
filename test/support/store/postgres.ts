/** A real PostgreSQL for tests: started in a temporary folder from the machine's own programs or those that npm brought. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { accessSync, chownSync, constants, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { packagedPrograms, serverUser } from '../../../sandbox/postgres.ts';
import { copyFolder } from '../processes/copy-folder.ts';
import { freePorts } from '../processes/free-ports.ts';
import { surroundings } from '../processes/surroundings.ts';
import { systemIsHidden } from '../processes/system-programs.ts';
import { errorsOf, keepCluster, makeCluster, preparedCluster, type Run, readyName } from './postgres-cluster.ts';

/** What a server shows of itself over TLS. */
interface Tls {
  readonly cert: string;
  readonly key: string;
}

interface PostgresOptions {
  readonly tls?: Tls | undefined;
  /** Given the server's folder before anything is in it, and the user that it runs as where that is another. */
  readonly prepare?: ((folder: string, owner: ReturnType<typeof serverUser>) => void) | undefined;
  /** Over those of a test, which do not wait for the disk: such as `fsync=on`. */
  readonly settings?: readonly string[] | undefined;
  /** Its clock is one that a test moves: `moveClock`. */
  readonly movable?: boolean;
}

/** libfaketime of this machine, if it has one. */
const fakeTime = ['x86_64-linux-gnu', 'aarch64-linux-gnu']
  .map((machine) => `/usr/lib/${machine}/faketime/libfaketime.so.1`)
  .find((file) => existsSync(file));
export const canMoveClock = fakeTime !== undefined;

/** Reads how far the clock is moved from a file, at each look at it. */
const movedClock = (file: string): NodeJS.ProcessEnv => ({
  LD_PRELOAD: fakeTime,
  FAKETIME: undefined,
  FAKETIME_TIMESTAMP_FILE: file,
  FAKETIME_NO_CACHE: '1',
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
});

/** PostgreSQL takes a key only from a file that nobody else may read. */
function tlsIn(data: string, tls: Tls | undefined, owner: ReturnType<typeof serverUser>): readonly string[] {
  if (tls === undefined) return [];
  for (const [name, text] of Object.entries({ 'server.crt': tls.cert, 'server.key': tls.key })) {
    const file = path.join(data, name);
    writeFileSync(file, text, { mode: 0o600 });
    if (owner !== null) chownSync(file, owner.uid, owner.gid);
  }
  return ['ssl=on'];
}

/** Starts a server of the caller's own: for tests that stop it or set it up differently, and for what all others share. */
export async function startPostgres(options: PostgresOptions = {}) {
  const programs = (systemIsHidden() ? null : findPrograms('initdb', 'postgres')) ?? (await packagedPrograms());
  if (programs === null) throw new Error('no PostgreSQL found, and npm has none for this machine: install it');
  return startServer(programs, options);
}

/** The machine's own, in one folder. The newest installed version comes first; distributions keep the programs out of `PATH`. */
export function findPrograms(...names: readonly string[]): string | null {
  const roots = ['/usr/lib/postgresql', '/usr/local/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt'];
  const installed = roots
    .filter((root) => existsSync(root))
    .flatMap((root) => readdirSync(root).map((name) => path.join(root, name, 'bin')))
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/local/pgsql/bin', ...installed];
  return folders.find((folder) => names.every((name) => canRun(path.join(folder, name)))) ?? null;
}

function canRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function startServer(programs: string, { tls, settings: more = [], prepare, movable }: PostgresOptions) {
  const user = serverUser();
  // Root's own temporary folder may be closed to the user that runs the server.
  const folder = mkdtempSync(path.join(user === null ? os.tmpdir() : '/tmp', 'cmk-pg-'));
  if (user !== null) chownSync(folder, user.uid, user.gid);
  prepare?.(folder, user);
  const clock = path.join(folder, 'clock');
  const moveClock = (seconds: number): void => writeFileSync(clock, `+${seconds}`);
  if (movable) moveClock(0);
  const env = { ...surroundings(), LC_ALL: 'C', ...(movable ? movedClock(clock) : {}) };
  const options = { cwd: folder, env, ...user };
  const run: Run = (name, args) =>
    spawn(path.join(programs, name), args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  const data = path.join(folder, 'data');
  // Who prepares the folder wants the files of a server that nobody used, and no more.
  const ready = prepare === undefined ? await preparedCluster(programs) : null;
  if (ready !== null) await copyFolder(ready, data, true);
  else await makeCluster(run, data);
  const port = await freePorts(0);
  // What a crash of the machine would lose is of no interest in a test.
  const settings = [
    'fsync=off',
    'full_page_writes=off',
    `unix_socket_directories=${folder}`,
    ...tlsIn(data, tls, user),
    ...more,
  ];
  const flags = settings.flatMap((setting) => ['-c', setting]);
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  const start = async () => {
    const server = run('postgres', ['-D', data, '-h', '127.0.0.1', '-p', `${port}`, ...flags]);
    const errors = errorsOf(server);
    const kill = (): boolean => server.kill('SIGINT');
    process.once('exit', kill);
    const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
    await untilItAnswers(url, () => (server.exitCode === null ? null : errors()));
    return async (how: 'SIGINT' | 'SIGQUIT') => {
      server.kill(how);
      await ended;
      process.off('exit', kill);
    };
  };
  let end = await start();
  return {
    url,
    /** By so much from the true time. Only of one that is movable. */
    moveClock,
    newDatabase: (copied?: string): Promise<string> => createDatabase(url, copied),
    /** The one database that is as a first start of the bot leaves it, to be copied. */
    readyUrl: databaseOf(url, readyName),
    /** Ends the server as a crash would; `start` lets it answer again, at the same port. */
    crash: async () => {
      await end('SIGQUIT');
      return {
        start: async (): Promise<void> => {
          end = await start();
        },
      };
    },
    /** Ends the server, and keeps its files: for servers that are started from now on, this database is the ready one. */
    keep: async (own: string, kept: string): Promise<void> => {
      await runAs(url, [`alter database ${nameIn(own)} rename to ${readyName}`]);
      await end('SIGINT');
      await keepCluster(data, programs, kept);
      rmSync(folder, { recursive: true, force: true });
    },
    stop: async (): Promise<void> => {
      // Nothing that it would still write is read again.
      await end('SIGQUIT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const nameIn = (url: string): string => new URL(url).pathname.slice(1);

/** The URL of a new database: empty, or a copy of another one that has no connections meanwhile. */
export async function createDatabase(server: string, copied?: string): Promise<string> {
  const name = `cmk_test_${randomUUID().replaceAll('-', '')}`;
  await runAs(server, [`create database ${name}${copied === undefined ? '' : ` template ${nameIn(copied)}`}`]);
  return databaseOf(server, name);
}

export const dropDatabase = (server: string, url: string): Promise<void> =>
  runAs(server, [`drop database if exists ${nameIn(url)} with (force)`]);

const databaseOf = (url: string, name: string): string => {
  const own = new URL(url);
  own.pathname = `/${name}`;
  return own.href;
};

async function untilItAnswers(url: string, died: () => string | null): Promise<void> {
  for (let tries = 0; tries < 1_200; tries++) {
    const last = died();
    if (last !== null) throw new Error(`starting PostgreSQL: ${last}`);
    const answered = await withClient(url, (client) => client.query('select 1')).catch(() => null);
    if (answered !== null) return;
    await sleep(50);
  }
  throw new Error('starting PostgreSQL: it did not answer within a minute');
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  // A server that goes away while we talk to it is reported by the query.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Carries the statements out on one connection, with the rights of the URL's user. */
export const runAs = (url: string, statements: readonly string[]): Promise<void> =>
  withClient(url, async (client) => {
    for (const statement of statements) await client.query(statement);
  });

/** The rows of the last statement, on one connection. */
export const rowsOf = (url: string, sql: string): Promise<readonly Record<string, unknown>[]> =>
  withClient(url, async (client) => {
    const results = [await client.query(sql)].flat();
    return results.at(-1)?.rows ?? [];
  });
