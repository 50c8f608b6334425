import { readFileSync, writeFileSync } from 'node:fs';
import { logs, scenarios } from '../../sandbox/azure/scenarios.ts';
import { azureRemedies } from '../../src/text/remedies.ts';
import { discard, type RunningAzure, startAzure } from '../support/azure/local-azure.ts';
import { failuresGolden, failuresList, groups, limitsList, rows } from '../support/failures/catalogue.ts';
import type { FailureRow } from '../support/failures/harness.ts';
import { meet, type RowOutcome } from '../support/failures/harness.ts';

/**
 * The catalogue of failures: every row is met over HTTPS, by the product's own clients and the run's own rules, with the pauses
 * of a run left out. `UPDATE_GOLDEN=1 npm run test:long -- test/long/failures-doc` rewrites the page's lists and the golden.
 */

const file = new URL('../../docs/operate/azure-errors.md', import.meta.url);
const place = (name: string): RegExp => new RegExp(`(<!-- made: ${name} -->\n\n)([\\s\\S]*?)(<!-- /made -->)`);

const outcomes = new Map<FailureRow, Promise<RowOutcome>>();
let azure: RunningAzure;
const apart: RunningAzure[] = [];

beforeAll(async () => {
  azure = await startAzure();
  for (const row of rows.filter((one) => one.apart === true)) {
    const own = await startAzure();
    apart.push(own);
    const outcome = meet(own, row);
    outcome.catch(() => undefined);
    outcomes.set(row, outcome);
  }
});
afterAll(() => Promise.all([azure, ...apart].map(discard)));

const met = (row: FailureRow): Promise<RowOutcome> => {
  const outcome = outcomes.get(row) ?? meet(azure, row);
  outcomes.set(row, outcome);
  return outcome;
};

const titled = (row: FailureRow) => [row.what, row.kind === 'run' ? row.at : row.by, row.ends, row] as const;
// Those that take long by themselves are under way meanwhile.
const inOrder = (some: readonly FailureRow[]) =>
  [...some.filter((row) => row.apart !== true), ...some.filter((row) => row.apart === true)].map(titled);

describe.each(groups.map((group) => [group.title, group.rows] as const))('%s', (_title, inGroup) => {
  test.each(inOrder(inGroup))('%s (%s) It %s.', async (_what, _by, ends, row) => {
    const outcome = await met(row);
    expect(outcome).toMatchObject({ ends, code: row.code, unsaid: [] });
    if (ends !== 'continues') expect(outcome.remedy).not.toBe('');
  });
});

test('every scenario is met', () => {
  // A run that has ended is what logs are asked about: test/long/seen-in-use.
  const inRuns = scenarios.filter((one) => !(one.name in logs.scenarios));
  expect(inRuns.filter(({ name }) => rows.every(({ scenario }) => scenario !== name))).toEqual([]);
});

test('every code with a remedy is met', () => {
  const codes = new Set(rows.map(({ code }) => code));
  expect(Object.keys(azureRemedies).filter((code) => !codes.has(code))).toEqual([]);
});

async function outcomesOfAll(): Promise<(row: FailureRow) => RowOutcome> {
  const all = new Map<FailureRow, RowOutcome>();
  for (const row of rows) all.set(row, await met(row));
  return (row) => {
    const outcome = all.get(row);
    if (outcome === undefined) throw new Error(`nothing came of ${row.what}`);
    return outcome;
  };
}

describe('docs/operate/azure-errors.md', () => {
  test.each([
    ['limits', async () => limitsList()],
    ['failures', async () => failuresList(await outcomesOfAll())],
  ] as const)('has the %s that the code makes', async (name, make) => {
    const made = await make();
    const text = readFileSync(file, 'utf8');
    const update = process.env.UPDATE_GOLDEN === '1';
    const now = update ? text.replace(place(name), (_, before, _old, after) => `${before}${made}\n\n${after}`) : text;
    if (update) writeFileSync(file, now);
    expect(place(name).exec(now)?.[2]).toBe(`${made}\n\n`);
  });
});

test('test/golden/azure-failures.md has what came of every row', async () => {
  const golden = new URL('../golden/azure-failures.md', import.meta.url);
  const made = `# Failures of Azure, and what came of each\n\n${failuresGolden(await outcomesOfAll())}\n`;
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, made);
  expect(readFileSync(golden, 'utf8')).toBe(made);
});
