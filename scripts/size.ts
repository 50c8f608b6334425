/**
 * The command `npm run size [-- FOLDER]`: prints the size budgets with their targets. Lines are those of code files, including
 * comments and empty lines.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './bundle.ts';

const folder = path.resolve(process.argv[2] ?? root);

/** Returns the paths of files below a folder, relative to the project's, with `/` as separator. */
const below = (name: string): readonly string[] =>
  existsSync(path.join(folder, name))
    ? readdirSync(path.join(folder, name), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
        .sort()
    : [];
const textOf = (file: string): string => {
  const full = path.join(folder, file);
  return existsSync(full) ? readFileSync(full, 'utf8') : '';
};
const isCode = (file: string): boolean => /\.[cm]?[jt]s$/.test(file);
const linesOf = (file: string): number => textOf(file).split('\n').length - 1;
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const linesIn = (files: readonly string[]): number => sum(files.filter(isCode).map(linesOf));
const words = (files: readonly string[]): number =>
  sum(files.map((file) => textOf(file).split(/\s+/).filter(Boolean).length));

const sandboxFolder = 'sandbox/';
const source = below('src').filter(isCode);
const product = source.filter((file) => !file.startsWith(sandboxFolder));
const sandbox = source.filter((file) => file.startsWith(sandboxFolder));

const small = 40;
/** Registries have one small file per entry. */
const isEntry = (file: string): boolean => source.includes(`${path.posix.dirname(file)}/registry.ts`);
const smallFiles = product.filter((file) => linesOf(file) <= small && !isEntry(file));

const exported = /^export (?:abstract )?(?:async )?(?:function\*?|const|let|class|interface|type|enum) (\w+)/gm;

function exportsOf(files: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const file of files) {
    const names = new Set([...textOf(file).matchAll(exported)].map(([, name = '']) => name));
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

const repeatedNames = [...exportsOf(product)].filter(([, count]) => count > 1);
const settings = [...textOf('.env.example').matchAll(/^#?[A-Za-z]\w*=/gm)].length;
const documents = ['README.md', ...below('docs').filter((file) => file.endsWith('.md'))];

/** Null: no limit. */
const budgets: readonly (readonly [what: string, now: number, target: number | null])[] = [
  ['src without the sandbox: lines', linesIn(product), 38_000],
  ['src without the sandbox: files', product.length, 340],
  [`src: files of at most ${small} lines, outside registries`, smallFiles.length, 60],
  ['src: names that more than one file exports', repeatedNames.length, 10],
  ['sandbox: lines', linesIn(sandbox), 14_000],
  ['tests and their support: lines', linesIn(below('test')), 48_000],
  ['bench: lines', linesIn(below('bench')), 700],
  ['settings', settings, null],
  ['README and docs: words', words(documents), 45_000],
];
const row = (what: string, now: string, target: string): string =>
  `${what.padEnd(52)}${now.padStart(8)}${target.padStart(10)}`;
const lines = budgets.map(([what, now, target]) => {
  const over = target !== null && now > target ? '  over' : '';
  return `${row(what, now.toLocaleString('en'), target === null ? '–' : `≤ ${target.toLocaleString('en')}`)}${over}`;
});
process.stdout.write(`${[row('', 'now', 'target'), ...lines].join('\n')}\n`);
