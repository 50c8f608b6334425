import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOf } from '../support/jest/prepared.ts';
import { freePorts } from '../support/processes/free-ports.ts';

/** A port that somebody else uses is said in one line, with what to do. */

let dataDir: string;
let taken: Server;
let port: number;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'local-ports-'));
  port = (await freePorts(3)) + 2;
  taken = createServer();
  await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
});

afterAll(async () => {
  taken.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(entry: 'azure' | 'teams', ...args: string[]): Promise<{ code: unknown; said: string }> {
  const all = await startOf(`local-${entry}`, ['--data', dataDir, ...args]);
  return new Promise((resolve) =>
    execFile(process.execPath, all, (error, _, stderr) => resolve({ code: error?.code ?? 0, said: stderr })),
  );
}

test.each([
  ['teams', 'Teams'],
  ['azure', 'Azure'],
] as const)('by local %s', async (entry, name) => {
  expect(await start(entry, '--port', String(port))).toEqual({
    code: 1,
    said: `starting the ${name} simulator: port ${port} is in use; stop the program that uses it, or choose another with --port (npm run local: --${entry}-port)\n`,
  });
});

test('by the bot or anybody else, before npm run local starts or removes anything', async () => {
  const folder = join(dataDir, 'untouched');
  const [first, second] = [String(port), String(port - 1)];
  const args = ['--data', folder, '--bot-port', first, '--teams-port', second, '--azure-port', first, '--reset'];
  const all = ['--import', 'tsx', 'sandbox/run.ts', ...args];
  const ended = await new Promise((resolve) =>
    execFile(process.execPath, all, (error, said, complained) => resolve([error?.code, said, complained])),
  );
  const told = (flag: string) =>
    `port ${port} is in use; stop the program that uses it, or choose another with --${flag}\n`;
  expect(ended).toEqual([1, '', told('bot-port') + told('azure-port')]);
  expect(existsSync(folder)).toBe(false);
});
