import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Sentences in src use plain English. */

const src = fileURLToPath(new URL('../../src/', import.meta.url));

const sources = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => /\.[jt]s$/.test(file));

/** Words that readers of cards, pages and terminals stumble over, or that mean two things. */
const privateWords =
  /\b(nobody|somebody|whoever|everybody|anybody|anew|goe?s? on|may|mend(?:s|ed|ing)?|the record|look(?:s|ed)? (?:at|again)|put off|brought up|dead|trail|believed)\b/i;

const literal = /'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)"|`((?:\\.|[^`\\])*)`/g;

/** Literals of three words and more, without those for the database. */
function sentences(file: string): readonly string[] {
  const code = readFileSync(path.join(src, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/[^\n]*/g, '');
  const texts = [...code.matchAll(literal)].map(([, single, double, template]) => single ?? double ?? template ?? '');
  return texts.filter((text) => text.split(/\s+/).length > 2 && !/^\s*(select|insert|update|delete|with)\b/.test(text));
}

const quotesAzure = (file: string): boolean => /^sandbox.azure.(?!scenarios)/.test(file);
/** Azure's own sentence, a name of a month, and names in code. */
const notOurs = /^The identity of the resource may not use the key|^January February|\$\{[^}]*(may|everybody|nobody)/;

test('sentences in src use plain words', () => {
  const found = sources
    .filter((file) => !quotesAzure(file))
    .flatMap((file) => sentences(file).map((text) => `${file}: ${text}`));
  expect(found.length).toBeGreaterThan(2_000);
  expect(found.filter((text) => privateWords.test(text) && !notOurs.test(text.slice(text.indexOf(': ') + 2)))).toEqual(
    [],
  );
});
