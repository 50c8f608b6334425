import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { pages, sentencesOf, textOf } from '../support/docs/prose.ts';

const root = new URL('../../', import.meta.url);

const mostLines = 300;
const mostWords = 45_000;
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
    expect(pages.length).toBeGreaterThan(80);
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

  test('exist where comments outside of the pages name them', () => {
    const inRoot = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
      .map(({ name }) => name);
    const inInfra = readdirSync(new URL('infra', root), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.\w+$/.test(name))
      .map((name) => `infra/${name}`);
    const named = [...inRoot, ...inInfra].flatMap((file) =>
      [...textOf(file).matchAll(/\bdocs\/[\w/-]+\.md/g)].map(([page]) => ({ file, page })),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter(({ page }) => !existsSync(new URL(page, root)))).toEqual([]);
  });

  test('are each linked from the index or from the list of decisions', () => {
    const index = `${textOf('docs/README.md')}${textOf('docs/decisions/README.md')}`;
    const inDocs = pages.filter((page) => page.startsWith('docs/') && !page.endsWith('README.md'));
    const lost = inDocs.filter((page) => !index.includes(`(${page.replace(/^docs\/(decisions\/)?/, '')})`));
    expect(lost).toEqual([]);
  });

  test('say first whom they are for', () => {
    const inDocs = pages.filter((page) => page.startsWith('docs/') && !/decisions\/\d/.test(page));
    const lost = inDocs.filter((page) => !/^# .+\n\n(<!--.*-->\n\n)?For /.test(textOf(page)));
    expect(lost).toEqual([]);
  });

  test(`have at most ${mostLines} lines each, unless they are generated, and ${mostWords} words together`, () => {
    const long = pages.filter(
      (page) => textOf(page).split('\n').length - 1 > mostLines && !textOf(page).includes('<!-- generated'),
    );
    expect(long).toEqual([]);
    const counted = pages.filter((page) => page === 'README.md' || page.startsWith('docs/'));
    const words = counted.map((page) => textOf(page).split(/\s+/).filter(Boolean).length);
    expect(words.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(mostWords);
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
