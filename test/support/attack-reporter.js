/**
 * One table of all that was tried against the product, in docs/security.md: made from the suites that attack, as they ran.
 * With `CMK_ATTACKS=write` the suites that ran are put there; else the run fails where the table names other attacks than were tried.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { attackSuites } from './attack-suites.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const doc = path.join(root, 'docs/security.md');
const [start, end] = ['<!-- attacks: made by npm run attacks -->', '<!-- /attacks -->'];

const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim();

/** What a suite counted itself; none where each of its tests is one try. */
function counted(suite) {
  const folder = process.env.CMK_TEST_ATTACKS ?? '';
  const prefix = `${suite.replaceAll('/', '_')}.`;
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(prefix)) : [];
  return files.sort().flatMap((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')));
}

/** A row for each test, whose name says what was tried and what came of it. */
const named = (testResults) =>
  testResults.map(({ ancestorTitles, title, status }) => ({
    attack: [...ancestorTitles, title].join(': '),
    tries: 1,
    outcome: status === 'passed' ? 'held' : 'did not hold',
  }));

const row = (...cells) => `| ${cells.map(cell).join(' | ')} |`;

/** What the table says of each suite: its line of the overview, and the lines of its attacks. */
function written(text) {
  const lines = text.slice(text.indexOf(start), text.indexOf(end)).split('\n');
  return new Map(
    Object.entries(attackSuites).map(([suite, heading]) => {
      const from = lines.indexOf(title(heading)) + 1;
      const to = lines.findIndex((line, at) => at >= from && (!line.startsWith('|') || line.startsWith('| **')));
      return [suite, { line: lines.find((line) => line.includes(`\`${suite}\``)), attacks: lines.slice(from, to) }];
    }),
  );
}

const title = (heading) => `| **${cell(heading)}** | | |`;

/** The same of what ran. */
function ranNow({ suite, heading, rows, broken }) {
  const tries = rows.reduce((sum, one) => sum + one.tries, 0);
  const outcome = broken === 0 ? 'all held' : `${broken} did not`;
  return {
    line: row(heading, tries.toLocaleString('en'), outcome, `\`${suite}\``),
    attacks: rows.map((one) => row(one.attack, one.tries, one.outcome)),
  };
}

/** The overview, a line a suite, and below it, folded, every single attack. */
function document(suites) {
  return [
    [
      '| what was tried | tries | outcome | by |',
      '| --- | ---: | --- | --- |',
      ...suites.map(([, { line }]) => line),
    ].join('\n'),
    '<details><summary>Every attack</summary>',
    [
      '| attack | tries | outcome |',
      '| --- | ---: | --- |',
      ...suites.flatMap(([suite, { attacks }]) => [title(attackSuites[suite]), ...attacks]),
    ].join('\n'),
    '</details>',
  ].join('\n\n');
}

export default class AttackReporter {
  #wrong = null;

  onRunComplete(_contexts, { testResults }) {
    const suites = new Map(testResults.map((one) => [path.relative(root, one.testFilePath), one.testResults]));
    const ran = Object.entries(attackSuites).filter(([suite]) => suites.has(suite));
    const sections = ran.map(([suite, heading]) => {
      const [own, tests] = [counted(suite), suites.get(suite) ?? []];
      const broken = tests.filter(({ status }) => status !== 'passed').length;
      return { suite, heading, broken, rows: own.length > 0 ? own : named(tests) };
    });
    rmSync(process.env.CMK_TEST_ATTACKS ?? '', { recursive: true, force: true });
    if (process.env.CMK_ATTACKS === 'write') this.#write(sections);
    else this.#compare(sections);
  }

  getLastError() {
    return this.#wrong ?? undefined;
  }

  #write(sections) {
    const text = readFileSync(doc, 'utf8');
    const old = written(text);
    for (const section of sections) old.set(section.suite, ranNow(section));
    const never = [...old].filter(([, { line }]) => line === undefined).map(([suite]) => suite);
    if (never.length > 0) {
      this.#wrong = new Error(`these suites never ran: ${never.join(', ')}`);
      return;
    }
    const [before, rest = ''] = text.split(start);
    const after = rest.split(end)[1];
    if (after === undefined) throw new Error(`docs/security.md has no place for the table: ${start} … ${end}`);
    writeFileSync(doc, `${before}${start}\n\n${document([...old])}\n\n${end}${after}`);
  }

  #compare(sections) {
    const text = readFileSync(doc, 'utf8');
    const unknown = sections.flatMap(({ suite, rows }) =>
      [`\`${suite}\``, ...rows.map(({ attack }) => `| ${cell(attack)} |`)].filter((one) => !text.includes(one)),
    );
    if (unknown.length === 0) return;
    this.#wrong = new Error(
      `docs/security.md does not have, of what was tried: ${unknown.slice(0, 5).join(' ')} (${unknown.length} in all). Run: CMK_ATTACKS=write npm test -- ${sections.map(({ suite }) => suite).join(' ')}`,
    );
    process.stderr.write(`\n${this.#wrong.message}\n`);
  }
}
