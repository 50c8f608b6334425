/** Pages for people: links and names that exist, standard words, short sentences, and what they say about security. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import MarkdownIt from 'markdown-it';
import { StepName } from '../../src/domain/plan.ts';
import { role, roleFiles } from '../support/azure/role-files.ts';
import { attackRows } from '../support/jest/attack-reporter.js';

const root = new URL('../../', import.meta.url);
const longestSentence = 25;
const averageSentence = 15;

const filesIn = (folder: string, ending: RegExp): readonly string[] =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((file) => ending.test(file))
    .map((file) => `${folder}/${file}`);
const textOf = (file: string): string => readFileSync(new URL(file, root), 'utf8');
const pages = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'SUPPORT.md',
  ...filesIn('docs', /\.md$/),
];

/** Words that readers stumble over, or that mean two things. CONTRIBUTING.md names the style. */
const privateWords =
  /\b(nobody|somebody|whoever|anew|may|mend(?:s|ed|ing)?|goe?s? on|put off|looks? (?:at|again)|the trail|taken for dead)\b/i;

const markdown = new MarkdownIt({ html: true });
const wordsOf = (text: string): number => text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;

/** Sentences of a page outside of generated tables. Code counts as one word. */
function sentencesOf(page: string) {
  const text = textOf(page).replaceAll(
    /<!-- (?:made:|attacks:|npm run bench) [\s\S]*?<!-- (?:\/made|\/attacks|end) -->/g,
    '',
  );
  const tokens = markdown.parse(text, {});
  return tokens.flatMap(({ type, children }, at) => {
    const around = tokens[at - 1]?.type ?? '';
    if (type !== 'inline' || around === 'heading_open' || around === 'th_open') return [];
    const parts = (children ?? []).map((part) => {
      if (part.type === 'code_inline') return 'Code';
      return part.type.endsWith('break') ? ' ' : part.type === 'text' ? part.content : '';
    });
    return parts
      .join('')
      .split(/(?<=[.!?][”)*]?)\s+(?=[\p{Lu}\p{N}“(✓])/u)
      .map((sentence) => ({ page, text: sentence.trim(), words: wordsOf(sentence), isCell: around === 'td_open' }))
      .filter(({ words }) => words > 0);
  });
}
const sentences = pages.flatMap(sentencesOf);

/** What a link to a heading ends with. */
const anchorsOf = (page: string): readonly string[] =>
  [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

test('pages link only to files and headings that exist', () => {
  const lost = pages.flatMap((page) =>
    [...textOf(page).matchAll(/\]\((?!http)([^)\s]*)\)/g)]
      .filter(([, link = '']) => {
        const { pathname, hash } = new URL(link, new URL(page, root));
        const file = decodeURIComponent(pathname);
        return !existsSync(file) || (hash !== '' && !anchorsOf(readFileSync(file, 'utf8')).includes(hash.slice(1)));
      })
      .map(([link]) => `${page}: ${link}`),
  );
  expect(pages.length).toBeGreaterThan(70);
  expect(lost).toEqual([]);
});

test('pages name only files, folders and npm scripts that exist', () => {
  const { scripts } = JSON.parse(textOf('package.json'));
  const lost = [...pages, 'test/golden/database-attacks.md'].flatMap((page) => [
    ...[...textOf(page).matchAll(/`((?:src|infra|test|cards|docs|manifest)\/[\w./-]*)`/g)]
      // A NAME stands for one that is to be made.
      .filter(([, path = '']) => !path.includes('NAME') && !existsSync(new URL(path, root)))
      .map(([path]) => `${page}: ${path}`),
    ...[...textOf(page).matchAll(/npm run ([\w:-]+)/g)]
      .filter(([, name = '']) => !(name in scripts))
      .map(([words]) => `${page}: ${words}`),
  ]);
  expect(lost).toEqual([]);
});

test(`sentences have at most ${longestSentence} words, ${averageSentence} on average, all of them standard ones`, () => {
  const prose = sentences.filter(({ isCell }) => !isCell);
  expect(prose.reduce((sum, { words }) => sum + words, 0) / prose.length).toBeLessThanOrEqual(averageSentence);
  expect(sentences.filter(({ text, words }) => words > longestSentence || privateWords.test(text))).toEqual([]);
});

const rowsUnder = (page: string, head: string): readonly (readonly string[])[] => {
  const blocks = textOf(page).split('\n\n');
  const rows =
    blocks
      .find((block) => block.startsWith(`| ${head}`))
      ?.trim()
      .split('\n')
      .slice(2) ?? [];
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
};

test('the permissions of every step are actions that the role files give', () => {
  const steps = rowsUnder('docs/install/permissions.md', 'step');
  expect(steps.map(([step]) => step)).toEqual(StepName.options);
  const files = [...roleFiles, role('custom-role-storage-account.json')];
  const given = files.flatMap(({ Actions, DataActions }) => [...Actions, ...DataActions]);
  const named = steps.flatMap(([, needs = '']) =>
    [...needs.matchAll(/`(Microsoft\.[^`]+)`/g)].map(([, name = '']) => name),
  );
  expect(named.filter((name) => !given.includes(name))).toEqual([]);
  expect(named).toHaveLength(10);
});

test('everything that is tried has its row, in order, and none that did not hold', () => {
  const rows = rowsUnder('test/golden/attacks.md', 'what was tried').map(([what, , outcome, by = '']) => [
    what,
    outcome,
    /`(.+)`/.exec(by)?.[1],
    /“(.+)”/.exec(by)?.[1] ?? '',
  ]);
  expect(rows).toEqual(attackRows.map(([what, ...by]) => [what, 'all held', ...by]));
});
