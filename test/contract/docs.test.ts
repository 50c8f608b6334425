import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { StepName } from '../../src/domain/plan.ts';
import { roleFiles } from '../support/azure/role-files.ts';
import { pages, sentencesOf, textOf } from '../support/docs/prose.ts';
import { attackSuites } from '../support/jest/attack-reporter.js';

const root = new URL('../../', import.meta.url);

const mostLines = 300;
const longestSentence = 25;
const averageSentence = 15;

/** Words that readers from outside stumble over, or that mean two things. CONTRIBUTING.md names the style. */
const privateWords =
  /\b(anew|mend(s|ed|ing)?|whoever|nobody|somebody|aloud|may|goes on|go on|put off|stands? still|unless set|give up|given up|looks? at|look again|comes? to rest|made elsewhere|the trail|taken for dead|local Azure|local Teams)\b/;

/** What a link to a heading ends with. */
const anchorsOf = (page: string): readonly string[] =>
  [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('the pages for people', () => {
  test('link only to files and headings that exist', () => {
    const lost = pages.flatMap((page) =>
      [...textOf(page).matchAll(/\]\((?!http)([^)\s]*)\)/g)]
        .map(([, link = '']) => link)
        .filter((link) => {
          const { pathname, hash } = new URL(link, new URL(page, root));
          const file = decodeURIComponent(pathname);
          return !existsSync(file) || (hash !== '' && !anchorsOf(readFileSync(file, 'utf8')).includes(hash.slice(1)));
        })
        .map((link) => `${page}: ${link}`),
    );
    expect(pages.length).toBeGreaterThan(70);
    expect(lost).toEqual([]);
  });

  test('name only files, folders and npm scripts that exist', () => {
    const { scripts } = JSON.parse(textOf('package.json'));
    const lost = [...pages, 'test/golden/database-attacks.md'].flatMap((page) => [
      ...[...textOf(page).matchAll(/`((?:src|infra|test|cards|docs|manifest)\/[\w./-]*)`/g)]
        .map(([, path = '']) => path)
        // A NAME stands for one that is to be made.
        .filter((path) => !path.includes('NAME') && !existsSync(new URL(path, root)))
        .map((path) => `${page}: ${path}`),
      ...[...textOf(page).matchAll(/npm run ([\w:-]+)/g)]
        .filter(([, name = '']) => !(name in scripts))
        .map(([words]) => `${page}: ${words}`),
    ]);
    expect(lost).toEqual([]);
  });

  test('are each linked from the index or from the list of decisions', () => {
    const index = `${textOf('docs/README.md')}${textOf('docs/decisions/README.md')}`;
    const inDocs = pages.filter((page) => page.startsWith('docs/') && !page.endsWith('README.md'));
    const lost = inDocs.filter((page) => !index.includes(`(${page.replace(/^docs\/(decisions\/)?/, '')})`));
    expect(lost).toEqual([]);
  });

  test(`have at most ${mostLines} lines each, unless they are generated`, () => {
    const long = pages.filter(
      (page) => textOf(page).split('\n').length - 1 > mostLines && !textOf(page).includes('<!-- generated'),
    );
    expect(long).toEqual([]);
  });

  test('use standard words', () => {
    const lost = pages.flatMap((page) =>
      sentencesOf(page)
        .filter(({ text }) => privateWords.test(text))
        .map(({ text }) => `${page}: ${text}`),
    );
    expect(lost).toEqual([]);
  });

  test(`have sentences of at most ${longestSentence} words, and ${averageSentence} on average`, () => {
    const all = pages.map((page) => ({ page, sentences: sentencesOf(page) }));
    const long = all.flatMap(({ page, sentences }) =>
      sentences.filter(({ words }) => words > longestSentence).map(({ text, words }) => ({ page, words, text })),
    );
    const prose = all.flatMap(({ sentences }) => sentences.filter(({ isCell }) => !isCell));
    const average = prose.reduce((sum, { words }) => sum + words, 0) / prose.length;
    if (process.env.CMK_PROSE === '1') {
      const lines = long.map(({ page, words, text }) => `${page} (${words}): ${text}`);
      lines.push(`${prose.length} sentences outside of tables, ${average.toFixed(1)} words on average`);
      process.stdout.write(`${lines.join('\n')}\n`);
    }
    expect(long).toEqual([]);
    expect(average).toBeLessThanOrEqual(averageSentence);
  });
});

const filesIn = (folder: string, extension: string): readonly string[] =>
  readdirSync(new URL(`${folder}/`, root), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension))
    .map((file) => `${folder}/${file}`);

const records = filesIn('docs/decisions', '.md').filter((file) => !file.endsWith('README.md'));
const numberOf = (file: string): number => Number(/(\d{4})-[^/]+$/.exec(file)?.[1]);

describe('the decision records', () => {
  test('have a title, a status and a date, and the list shows the title, and any status but accepted', () => {
    const index = textOf('docs/decisions/README.md');
    const wrong = records.filter((file) => {
      const text = textOf(file);
      const title = /^# (?:ADR \d+: )?(.+)$/m.exec(text)?.[1];
      const status = /^Status: (accepted|superseded|rejected)\b.*\d{4}-\d\d-\d\d/m.exec(text)?.[1];
      const row = `- [${numberOf(file)}: ${title}](${file.replace('docs/decisions/', '')})`;
      return status === undefined || !index.includes(`${row}${status === 'accepted' ? '' : ` ${status}`}\n`);
    });
    expect(wrong).toEqual([]);
  });
});

const rowsUnder = (page: string, head: string): readonly (readonly string[])[] => {
  const table =
    textOf(page)
      .split('\n\n')
      .find((block) => block.startsWith(`| ${head}`)) ?? '';
  return table
    .trim()
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
};

describe('what the pages say about security', () => {
  test('names the permissions of every step, in actions that the role files give', () => {
    const steps = rowsUnder('docs/install/permissions.md', 'step');
    expect(steps.map(([step]) => step)).toEqual(StepName.options);
    const given = roleFiles.flatMap((role) => [...role.Actions, ...role.DataActions]);
    const named = steps.flatMap(([, needs = '']) =>
      [...needs.matchAll(/`(Microsoft\.[^`]+)`/g)].map(([, name = '']) => name),
    );
    expect(named.filter((name) => !given.includes(name))).toEqual([]);
    expect(named).toHaveLength(8);
  });

  test('has a row for every suite that attacks, in order, and none that did not hold', () => {
    const rows = rowsUnder('test/golden/attacks.md', 'what was tried').map(([what, , outcome, by]) => [
      what,
      outcome,
      by,
    ]);
    const suites = Object.entries(attackSuites);
    expect(rows).toEqual(suites.map(([suite, what]) => [what, 'all held', `\`${suite}\``]));
  });
});
