import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
const times = (count: number, line: string): readonly string[] => Array.from({ length: count }, () => line);

test('npm run size counts a small tree and says what is over its target', () => {
  put('src/main.ts', 'export const start = 1;', ...times(40, '// long'));
  put('src/domain/plan.ts', 'export interface Plan {}', 'export function judge() {}', 'const start = 2;');
  put('src/domain/policy.ts', 'export async function judge() {}');
  put('src/operations/steps/registry.ts', ...times(41, ''));
  put('src/operations/steps/verify.ts', 'export const verify = 1;');
  put('src/store/migrations/0001.sql', 'select 1;');
  put('sandbox/azure/run.ts', 'export const judge = 1;', '');
  put('test/unit/plan.test.ts', ...times(48_001, ''));
  put('test/golden/card.json', '{}');
  put('bench/run.ts', '', '', '');
  put('bench/results.json', '[]');
  put('.env.example', '# == Teams ==', '# One', 'PORT=', '#CMK_PAUSE=false', '# MORE=words');
  put('README.md', 'one two', 'three');
  put('docs/decisions/0001-a.md', '# four');
  put('docs/pictures/a.svg', '<svg/>');
  const options = { cwd: root, encoding: 'utf8' } as const;
  const out = execFileSync(process.execPath, ['--import', 'tsx', 'scripts/size.ts', folder], options);
  expect(out.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['now', 'target'],
    ['src without the sandbox: lines', '87', '≤ 38,000'],
    ['src without the sandbox: files', '5', '≤ 340'],
    ['src: files of at most 40 lines, outside registries', '2', '≤ 60'],
    ['src: names that more than one file exports', '1', '≤ 10'],
    ['sandbox: lines', '2', '≤ 14,000'],
    ['tests and their support: lines', '48,001', '≤ 48,000', 'over'],
    ['bench: lines', '3', '≤ 700'],
    ['settings', '2', '–'],
    ['README and docs: words', '5', '≤ 45,000'],
    [''],
  ]);
});
