/**
 * The command `npm run size [-- --lower] [-- FOLDER]`: counts what the budgets of `.ci/size.json` limit, and exits with 1 above a
 * limit. `--lower` writes lower limits: each count, rounded up. It never raises one: a person does that, and says why.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import jsTokens from 'js-tokens';
import { z } from 'zod';
import { root } from './bundle.ts';

const { values, positionals } = parseArgs({ options: { lower: { type: 'boolean' } }, allowPositionals: true });
const folder = path.resolve(positionals[0] ?? root);

/** Text by path relative to the folder, with `/` as separator. */
const texts = new Map<string, string>();
for (const part of ['src', 'cards', 'sandbox', 'test', 'docs', 'infra']) {
  const entries = readdirSync(path.join(folder, part), { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const file = path.join(entry.parentPath, entry.name);
    texts.set(path.relative(folder, file).replaceAll(path.sep, '/'), readFileSync(file, 'utf8'));
  }
}
for (const file of ['README.md', '.env.example']) texts.set(file, readFileSync(path.join(folder, file), 'utf8'));

type Files = readonly (readonly [file: string, text: string])[];
const select = (pattern: RegExp): Files => [...texts].filter(([file]) => pattern.test(file));
const sum = (files: Files, count: (text: string) => number): number =>
  files.reduce((total, [, text]) => total + count(text), 0);
const lines = (files: Files): number => sum(files, (text) => text.split('\n').length - 1);
const characters = (files: Files): number => sum(files, (text) => text.length);
const tokens = (files: Files): number => sum(files, tokensIn);
const words = (files: Files): number => sum(files, (text) => text.split(/\s+/).filter(Boolean).length);

/** What makes code easier to read, not longer. */
const free = /^(WhiteSpace|LineTerminatorSequence|SingleLineComment|MultiLineComment)$/;

/** Imports, as the formatter writes them. They are free, or a limit would invite to merge files. */
const imports = /^import\b[^;]*;$/gm;

/** Returns the number of tokens of a text in TypeScript, without imports, comments and white space. A string is one token. */
function tokensIn(text: string): number {
  return [...jsTokens(text.replaceAll(imports, ''))].filter((token) => !free.test(token.type)).length;
}

/** Returns how often the inner pattern occurs in what the outer one captures. */
function countIn(files: Files, outer: RegExp, inner: RegExp): number {
  const found = files.map(([, text]) => outer.exec(text)?.[1]).find((text) => text !== undefined);
  if (found === undefined) throw new Error(`nothing to count: no file has ${outer}`);
  return [...found.matchAll(inner)].length;
}

const code = (folder: string): Files => select(new RegExp(`^${folder}/(?!golden/).*\\.[cm]?[jt]s$`));
const otherCode = /^(src|sandbox|test\/(?!golden\/)|infra).*\.(bicep|css|go|html|py|sh|sql)$/;
const cards = select(/^cards\/.*\.json$/);
const goldens = select(/^test\/golden\//);

/** By name: the count, and what its limit is a multiple of. */
const counts: Readonly<Record<string, readonly [count: number, step: number]>> = {
  'src: tokens': [tokens(code('src')), 500],
  'sandbox: tokens': [tokens(code('sandbox')), 500],
  'test: tokens without golden files': [tokens(code('test')), 500],
  'Bicep, CSS, Go, HTML, Python, shell, SQL: lines': [lines(select(otherCode)), 50],
  'cards: lines': [lines(cards), 250],
  'cards: characters': [characters(cards), 10_000],
  'golden files: lines': [lines(goldens), 250],
  'golden files: characters': [characters(goldens), 10_000],
  'README and docs: words without decisions': [words(select(/^(README|docs\/(?!decisions\/).*)\.md$/)), 250],
  'decisions: words': [words(select(/^docs\/decisions\/.*\.md$/)), 250],
  settings: [countIn(select(/^\.env\.example$/), /(.*)/s, /^#?[A-Za-z]\w*=/gm), 1],
  'doctor: findings': [countIn(code('src'), /^export const findings = \{([^}]*)\}/m, /^ {2}'/gm), 1],
  'event types': [countIn(code('src'), /^export const eventTypes = (.*?)^\}/ms, /^ {2}'?[a-z-]+'?:/gm), 1],
};

const limitsFile = path.join(folder, '.ci/size.json');
const limits = z.record(z.string(), z.number()).parse(JSON.parse(readFileSync(limitsFile, 'utf8')));
const limitOf = (name: string): number => {
  const limit = limits[name];
  if (limit === undefined) throw new Error(`.ci/size.json has no limit named ${name}`);
  return limit;
};

if (values.lower) {
  const lower = Object.entries(counts).map(([name, [count, step]]) => [
    name,
    Math.min(limitOf(name), Math.ceil(count / step) * step),
  ]);
  writeFileSync(limitsFile, `${JSON.stringify(Object.fromEntries(lower), null, 2)}\n`);
} else {
  const rows = Object.entries(counts).map(([name, [count]]) => {
    const over = count > limitOf(name) ? '  over' : '';
    return `${name.padEnd(50)}${count.toLocaleString('en').padStart(11)} ≤ ${limitOf(name).toLocaleString('en')}${over}\n`;
  });
  process.stdout.write(rows.join(''));
  if (rows.some((row) => row.endsWith('over\n'))) process.exitCode = 1;
}
