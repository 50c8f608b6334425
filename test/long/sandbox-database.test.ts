import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { repository } from '../support/processes/surroundings.ts';
import { rowsOf, runAs } from '../support/store/postgres.ts';

/** The sandbox's own server: shared, killed, found again, and refused. */

/** Root's folders are closed to the user that runs the server. */
const folder = mkdtempSync('/tmp/cmk-sandbox-');
/** Longer than a socket's path can be. */
const data = path.join(folder, 'd'.repeat(150));
const server = path.join(data, 'postgres');
const pidFile = path.join(server, 'data', 'postmaster.pid');
const children: ChildProcess[] = [];

const program = `import { startDatabase } from ${JSON.stringify(path.join(repository, 'sandbox/postgres.ts'))};
  const [data, alone] = process.argv.slice(1);
  const database = await startDatabase(data, { alone: alone === 'alone' });
  console.log(database.url);
  process.stdin.once('data', () => void database.stop().then(() => process.exit(0)));`;

/** Starts a process that uses the server. `said`: the server's address, or why it doesn't start. */
function use(how: 'alone' | 'beside', user: { readonly uid?: number } = {}) {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', program, '--', data, how],
    { cwd: repository, stdio: ['pipe', 'pipe', 'pipe'], ...user },
  );
  children.push(child);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const said = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    createInterface({ input: child.stderr }).on('line', (line) => line.startsWith('Error: ') && resolve(line));
  });
  return {
    said,
    kill: () => child.kill('SIGKILL'),
    stop: async () => {
      child.stdin.write('stop\n');
      expect(await ended).toBe(0);
    },
  };
}

const pidOf = (): number => Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
const count = async (url: string) => (await rowsOf(url, 'select count(*)::int as n from kept'))[0]?.n;

beforeAll(() => {
  mkdirSync(data, { recursive: true });
  chmodSync(folder, 0o700);
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  if (existsSync(pidFile)) process.kill(pidOf(), 'SIGQUIT');
  rmSync(folder, { recursive: true, force: true });
});

test('the last process that uses the server stops it, and a second sandbox is refused', async () => {
  const sandbox = use('alone');
  const url = await sandbox.said;
  await runAs(url, ['create table kept (n int)', 'insert into kept values (1)']);
  expect((await rowsOf(url, 'show fsync'))[0]?.fsync).toBe('on');
  const command = use('beside');
  expect(await command.said).toBe(url);
  expect(await use('alone').said).toBe(`Error: another sandbox uses ${data}: stop it, or choose another --data`);
  await sandbox.stop();
  expect(await count(url)).toBe(1);
  await command.stop();
  expect(existsSync(pidFile)).toBe(false);
});

test('after its starter was killed, the next one uses the server that still runs', async () => {
  const killed = use('alone');
  const url = await killed.said;
  const pid = pidOf();
  killed.kill();
  const next = use('alone');
  expect(await next.said).toBe(url);
  expect(pidOf()).toBe(pid);
  await next.stop();
  expect(existsSync(pidFile)).toBe(false);
});
