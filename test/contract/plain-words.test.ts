import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Comments in src use plain English: no word below in any new comment. */

const src = fileURLToPath(new URL('../../src/', import.meta.url));

const forbidden = /\b(nobody|somebody|whoever|anew|goes on|mend(?:s|ed|ing)?)\b/gi;

/** Comments on lines of their own, and behind code. */
const comment = /^[ \t]*\/\*[\s\S]*?\*\/|(?:^|[ \t])\/\/[ \t].*$/gm;

/** Comments from before this rule, by folder of src. Lower a number when you fix comments, and never raise one. */
const allowed: Readonly<Record<string, number>> = {};

const textOf = (found: string): string => found.replaceAll(/\s*\n\s*\*?\s*/g, ' ');

function uses(file: string): readonly string[] {
  const comments = readFileSync(path.join(src, file), 'utf8').matchAll(comment);
  return [...comments].flatMap(([found]) => [...textOf(found).matchAll(forbidden)].map(([word]) => `${file}: ${word}`));
}

const byFolder = new Map<string, string[]>();
for (const file of readdirSync(src, { recursive: true, encoding: 'utf8' }).sort()) {
  if (!/\.[jt]s$/.test(file)) continue;
  const folder = file.includes(path.sep) ? (file.split(path.sep)[0] ?? '') : '.';
  byFolder.set(folder, [...(byFolder.get(folder) ?? []), ...uses(file)]);
}

test.each([...byFolder])('comments in %s use plain words', (folder, found) => {
  expect(found.slice(allowed[folder] ?? 0)).toEqual([]);
});

test('the list of older comments names folders that have some', () => {
  const without = Object.keys(allowed).filter((folder) => (byFolder.get(folder) ?? []).length === 0);
  expect(without).toEqual([]);
});
