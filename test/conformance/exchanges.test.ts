import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { Counted, isContradiction, type Problem } from './judgement.ts';

/**
 * Everything that a run's local Azures were asked and answered, held against Microsoft's own descriptions by programs that
 * know nothing of this one. docs/develop/simulator.md says how to run it; the descriptions are not part of the project.
 */

const { CMK_TEST_EXCHANGES: record, CMK_AZURE_SPECS: descriptions, CMK_OAV: oav } = process.env;
const root = fileURLToPath(new URL('../../', import.meta.url));

const judged = async (folders: readonly string[]): Promise<readonly Counted[]> => {
  const missing = folders.filter((folder) => !existsSync(folder));
  if (missing.length > 0) throw new Error(`there is no ${missing.join(', no ')}`);
  const args = ['--import', 'tsx', 'test/conformance/judge-process.ts', ...folders];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, maxBuffer: 2 ** 28 });
  return z.array(Counted).parse(JSON.parse(stdout));
};

const sum = (rows: readonly Counted[]): number => rows.reduce((total, { count }) => total + count, 0);

const unexplained = (row: Counted): readonly Problem[] =>
  row.response.filter((problem) => !isContradiction(row, problem));

const told = (row: Counted, problems: readonly Problem[]): string =>
  `${row.count} × ${row.method} ${row.operation} ${row.version} ${row.status}: ${problems.map(({ code, at, message }) => `${code} ${at} ${message}`).join('; ')}`;

/** How many exchanges were held against which description, and in how many the real service differs from its own. */
const summary = (rows: readonly Counted[]): string => {
  const held = (how: Counted['held']) => `${sum(rows.filter((one) => one.held === how))} ${how}`;
  const known = sum(rows.filter(({ response }) => response.length > 0));
  const hows = Counted.shape.held.options.map(held).join(', ');
  return `${sum(rows)} exchanges: ${hows}; ${known} differ\n`;
};

test('what the local Azure answers is what the official descriptions allow, but where the real service differs from them', async () => {
  if (!record || !descriptions || !oav) {
    process.stdout.write(
      'not run: it needs CMK_TEST_EXCHANGES, CMK_AZURE_SPECS and CMK_OAV (docs/develop/simulator.md)\n',
    );
    return;
  }
  const rows = await judged([record, descriptions, oav]);
  process.stdout.write(summary(rows));
  expect(sum(rows.filter(({ held }) => held === 'exact'))).toBeGreaterThan(0);
  const wrong = rows.filter((row) => unexplained(row).length > 0);
  expect(wrong.map((row) => told(row, unexplained(row)))).toEqual([]);
  // What was taken although its description forbids it.
  const taken = rows.filter(({ request, status }) => request.length > 0 && status < 400);
  expect(taken.map((row) => told(row, row.request))).toEqual([]);
}, 1_200_000);
