import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { surroundings } from '../support/processes/surroundings.ts';

/** What `npm ci --omit=dev` leaves of a clone, without what only developers and the sandbox need. */

const root = fileURLToPath(new URL('../../', import.meta.url));
const Lock = z.object({ packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })) });
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'cmk-production-'));
  const copy = (name: string): void => cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
  for (const file of tracked)
    if (!/^(sandbox|scripts|test|bench|docs)\//.test(file) && existsSync(path.join(root, file))) copy(file);
  const { packages } = Lock.parse(JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')));
  const installed = Object.entries(packages).filter(
    ([name, { dev }]) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(name) && !dev,
  );
  for (const [name] of installed) if (existsSync(path.join(root, name))) copy(name);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string, ...words: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
  return new Promise((resolve) => {
    execFile(program, words, { cwd: folder, env: surroundings() }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), said: stdout + stderr }),
    );
  });
}

test('npm start loads the bot, which names the settings it lacks', async () => {
  const { code, said } = await run('npm', 'start');
  expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining('MicrosoftAppTenantId: is missing') });
});

test('npx cmk-bot runs each command, also those that load the database and the doctor', async () => {
  expect(await run('npx', 'cmk-bot', '--version')).toMatchObject({ code: 0 });
  const { code, said } = await run('npx', 'cmk-bot', 'doctor');
  expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining('MicrosoftAppTenantId') });
});

test('npm run package writes the app package', async () => {
  expect(await run('npm', 'run', 'package', '--', '--local')).toMatchObject({ code: 0 });
  expect(existsSync(path.join(folder, 'dist/cmk-bot-local.zip'))).toBe(true);
});
