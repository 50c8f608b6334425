import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'cmk-size-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function put(file: string, ...lines: readonly string[]): void {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), lines.map((line) => `${line}\n`).join(''));
}

function size(...words: readonly string[]): { readonly code: number | null; readonly rows: readonly string[] } {
  const args = ['--import', 'tsx', 'scripts/size.ts', ...words, folder];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  return { code: status, rows: stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | ')) };
}

test('npm run size counts a small tree, fails above a limit, and lowers limits only', () => {
  put('src/a.ts', 'export const once = 1;', 'export const twice = 2;', 'export type Never = 3;');
  put('src/b/b.ts', "import { once, twice as two } from '../a.ts';", 'export interface B {}', '');
  put('src/c.ts', 'import {', '  twice,', "} from './a.ts';", "import type { B } from './b/b.ts';");
  put('src/store/0001.sql', 'select 1;');
  put('src/codes.ts', "export const findings = {\n  'db/tls': '',\n  'db/role': '',\n};");
  put('src/payloads.ts', 'export const eventTypes = {', '  expired: z({', '    inner: 1,', "  'step-done': z,", '};');
  put('cards/card.json', '{', '}');
  put('sandbox/run.ts', '', '');
  put('sandbox/page/a.css', '');
  put('test/a.test.ts', '', '', '');
  put('test/golden/a.md', 'four');
  put('.env.example', '# == Teams ==', '# One', 'PORT=', '#CMK_PAUSE=false', '# MORE=words');
  put('README.md', 'one two', 'three');
  put('docs/a.md', 'four');
  put('docs/decisions/0002-a.md', '# five');
  const limits = {
    'src: lines': 2_000,
    'src: characters': 400,
    'src: exports that one other file uses': 50,
    'cards: lines': 250,
    'cards: characters': 250,
    'sandbox: lines': 2,
    'test: lines without golden files': 250,
    'golden files: lines': 250,
    'golden files: characters': 250,
    'README and docs: words without decisions': 250,
    'decisions: words': 250,
    settings: 3,
    'doctor: findings': 1,
    'event types': 2,
  };
  put('.ci/size.json', JSON.stringify(limits));
  expect(size()).toEqual({
    code: 1,
    rows: [
      'src: lines | 20 ≤ 2,000',
      'src: characters | 359 ≤ 400',
      'src: exports that one other file uses | 2 ≤ 50',
      'cards: lines | 2 ≤ 250',
      'cards: characters | 4 ≤ 250',
      'sandbox: lines | 3 ≤ 2 | over',
      'test: lines without golden files | 3 ≤ 250',
      'golden files: lines | 1 ≤ 250',
      'golden files: characters | 5 ≤ 250',
      'README and docs: words without decisions | 4 ≤ 250',
      'decisions: words | 2 ≤ 250',
      'settings | 2 ≤ 3',
      'doctor: findings | 2 ≤ 1 | over',
      'event types | 2 ≤ 2',
      '',
    ],
  });
  expect(size('--lower').code).toBe(0);
  const lowered: unknown = JSON.parse(readFileSync(path.join(folder, '.ci/size.json'), 'utf8'));
  expect(lowered).toEqual({ ...limits, 'src: lines': 250, settings: 2 });
});
