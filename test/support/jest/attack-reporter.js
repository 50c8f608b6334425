/**
 * Writes one table of everything that was tried against the product into test/golden/attacks.md, a row for each suite that attacks.
 * Only with `CMK_ATTACKS=write` (`npm run attacks`): how many attempts a suite makes is a figure, not a guarantee.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { attackSuites } from '../attacks/attack-suites.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const doc = path.join(root, 'test/golden/attacks.md');
const [start, end] = ['<!-- attacks: made by npm run attacks -->', '<!-- /attacks -->'];

const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim();

/** What a suite counted itself; none where each of its tests is one try. */
function counted(suite) {
  const folder = process.env.CMK_TEST_ATTACKS ?? '';
  const prefix = `${suite.replaceAll('/', '_')}.`;
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(prefix)) : [];
  return files.sort().flatMap((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')));
}

const row = (...cells) => `| ${cells.map(cell).join(' | ')} |`;

/** The row of each suite as the table has it; undefined: none. */
function written(text) {
  const lines = text.slice(text.indexOf(start), text.indexOf(end)).split('\n');
  return new Map(
    Object.keys(attackSuites).map((suite) => [suite, lines.find((line) => line.includes(`\`${suite}\``))]),
  );
}

function rowOf({ suite, heading, rows, broken }) {
  const tries = rows.reduce((sum, one) => sum + one.tries, 0);
  return row(heading, tries.toLocaleString('en'), broken === 0 ? 'all held' : `${broken} did not`, `\`${suite}\``);
}

const table = (rows) => ['| what was tried | tries | outcome | by |', '| --- | ---: | --- | --- |', ...rows].join('\n');

export default class AttackReporter {
  #wrong = null;

  onRunComplete(_contexts, { testResults }) {
    const suites = new Map(testResults.map((one) => [path.relative(root, one.testFilePath), one.testResults]));
    const ran = Object.entries(attackSuites).filter(([suite]) => suites.has(suite));
    const sections = ran.map(([suite, heading]) => {
      const [own, tests] = [counted(suite), suites.get(suite) ?? []];
      const broken = tests.filter(({ status }) => status === 'failed').length;
      return { suite, heading, broken, rows: own.length > 0 ? own : tests.map(() => ({ tries: 1 })) };
    });
    rmSync(process.env.CMK_TEST_ATTACKS ?? '', { recursive: true, force: true });
    if (process.env.CMK_ATTACKS === 'write') this.#write(sections);
  }

  getLastError() {
    return this.#wrong ?? undefined;
  }

  #write(sections) {
    const text = readFileSync(doc, 'utf8');
    const rows = written(text);
    for (const section of sections) rows.set(section.suite, rowOf(section));
    const never = [...rows].filter(([, line]) => line === undefined).map(([suite]) => suite);
    if (never.length > 0) {
      this.#wrong = new Error(`these suites never ran: ${never.join(', ')}`);
      return;
    }
    const [before, rest = ''] = text.split(start);
    const after = rest.split(end)[1];
    if (after === undefined) throw new Error(`test/golden/attacks.md has no place for the table: ${start} … ${end}`);
    writeFileSync(doc, `${before}${start}\n\n${table([...rows.values()])}\n\n${end}${after}`);
  }
}
