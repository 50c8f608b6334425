import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { table } from '../support/docs/table.ts';
import { contradictionOf, contradictions } from './contradictions.ts';
import { Counted, type Problem } from './judgement.ts';

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

const services = { arm: 'Azure Resource Manager', vault: 'vaults', graph: 'Microsoft Graph', open: 'signing in' };

const line = (name: string, rows: readonly Counted[]): readonly string[] => {
  const held = (how: Counted['held']) => String(sum(rows.filter((one) => one.held === how)));
  const wrong = rows.filter(({ response }) => response.length > 0);
  const [known, unknown] = [
    wrong.filter((row) => unexplained(row).length === 0),
    wrong.filter((row) => unexplained(row).length > 0),
  ];
  const counts = [held('exact'), held('nearest'), held('none'), held('fault'), held('absent')];
  return [name, String(sum(rows)), ...counts, String(sum(known)), String(sum(unknown))];
};

const unexplained = (row: Counted): readonly Problem[] =>
  row.response.filter((problem) => contradictionOf(row, problem) === undefined);

const told = (row: Counted, problems: readonly Problem[]): string =>
  `${row.count} × ${row.method} ${row.operation} ${row.version} ${row.status}: ${problems.map(({ code, at, message }) => `${code} ${at} ${message}`).join('; ')}`;

const print = (rows: readonly Counted[]): void => {
  const head = [
    'service',
    'exchanges',
    'exact',
    'nearest',
    'no description',
    'fault',
    'not served',
    'contradict',
    'errors',
  ];
  const of = (service: string) => rows.filter((one) => one.service === service);
  const lines = Object.entries(services).map(([service, name]) => line(name, of(service)));
  process.stdout.write(`${table('Held against the descriptions', head, [...lines, line('all', rows)])}\n`);
  const without = new Map<string, number>();
  for (const { method, operation, count } of rows.filter(({ held }) => held === 'none')) {
    const name = `${method} ${operation}`;
    without.set(name, (without.get(name) ?? 0) + count);
  }
  const list = [...without].map(([name, count]) => [name, String(count)]);
  process.stdout.write(`${table('No description covers', ['operation', 'exchanges'], list)}\n`);
  const seen = contradictions.map((one) => [
    one.what,
    String(sum(rows.filter((row) => row.response.some((problem) => contradictionOf(row, problem) === one)))),
  ]);
  process.stdout.write(`${table('The real service differs from its description', ['where', 'exchanges'], seen)}\n`);
};

test('what the local Azure answers is what the official descriptions allow, but where the real service differs from them', async () => {
  if (!record || !descriptions || !oav) {
    process.stdout.write(
      'not run: it needs CMK_TEST_EXCHANGES, CMK_AZURE_SPECS and CMK_OAV (docs/develop/simulator.md)\n',
    );
    return;
  }
  const rows = await judged([record, descriptions, oav]);
  print(rows);
  expect(sum(rows.filter(({ held }) => held === 'exact'))).toBeGreaterThan(0);
  const wrong = rows.filter((row) => unexplained(row).length > 0);
  expect(wrong.map((row) => told(row, unexplained(row)))).toEqual([]);
  // What was taken although its description forbids it.
  const taken = rows.filter(({ request, status }) => request.length > 0 && status < 400);
  expect(taken.map((row) => told(row, row.request))).toEqual([]);
}, 1_200_000);
