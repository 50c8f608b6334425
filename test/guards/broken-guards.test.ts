/**
 * `npm run guards`: breaks each guard of guards.ts in a copy of the sources, and runs the suite that has to notice.
 * A guard that can be taken out while every test passes is not held by any.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Guard, guards, suiteOf } from './guards.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const left = new Set(['node_modules', '.git', 'dist', '.local']);
let copy: string;

/** None of these suites starts the bot, which is what the setup for all prepares. */
const config = 'jest.guards.js';
const configText = `import config from './jest.config.js';
const { globalSetup, displayName, ...usual } = config.projects.find(({ displayName }) => displayName === 'usual');
export default { ...usual, testPathIgnorePatterns: [] };
`;

/** Tests that passed and failed, and suites that could not run at all. */
interface Ran {
  readonly passed: number;
  readonly failed: number;
  readonly broken: number;
}

function ranIn(folder: string, suites: readonly string[]): Promise<Ran> {
  const results = path.join(folder, 'results.json');
  rmSync(results, { force: true });
  const args = [
    '--experimental-vm-modules',
    'node_modules/jest/bin/jest.js',
    '--config',
    config,
    '--maxWorkers=1',
    '--testTimeout=120000',
    '--forceExit',
    '--json',
    `--outputFile=${results}`,
    '--runTestsByPath',
    ...suites,
  ];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 2 ** 26 }, (_error, _out, err) => {
      try {
        const ran = JSON.parse(readFileSync(results, 'utf8'));
        resolve({ passed: ran.numPassedTests, failed: ran.numFailedTests, broken: ran.numRuntimeErrorTestSuites });
      } catch (cause) {
        reject(new Error(`${suites.join(' ')} wrote no results:\n${err.slice(-2_000)}`, { cause }));
      }
    });
  });
}

const parts = ({ file, from }: Guard): readonly string[] => readFileSync(path.join(root, file), 'utf8').split(from);

beforeAll(() => {
  copy = mkdtempSync(path.join(os.tmpdir(), 'cmk-guards-'));
  cpSync(root, copy, { recursive: true, filter: (file) => !left.has(path.relative(root, file)) });
  writeFileSync(path.join(copy, config), configText);
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

test('with every guard in place, the suites pass', async () => {
  const ran = await ranIn(copy, [...new Set(guards.map(suiteOf))]);
  expect(ran).toMatchObject({ failed: 0, broken: 0 });
}, 900_000);

test.each(guards)(
  '$guard',
  async (guard) => {
    const file = path.join(copy, guard.file);
    const [before, after, ...more] = parts(guard);
    if (before === undefined || after === undefined || more.length > 0) {
      throw new Error(`${guard.file} does not have once: ${guard.from}`);
    }
    writeFileSync(file, `${before}${guard.to}${after}`);
    try {
      const ran = await ranIn(copy, [suiteOf(guard)]);
      expect(ran.failed).toBeGreaterThan(0);
      expect(ran.broken).toBe(0);
    } finally {
      cpSync(path.join(root, guard.file), file);
    }
  },
  300_000,
);
