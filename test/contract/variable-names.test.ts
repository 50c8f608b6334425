/** Names of variables are a contract with operators, not between parts of the program: they end where they are read. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSync } from '@swc/core';
import { knownOtherNames } from '../../src/config/env.ts';
import { environmentSchema } from '../../src/config/settings/table.ts';

const src = fileURLToPath(new URL('../../src/', import.meta.url));

/** The packager runs apart from the bot; the local product sets the variables for the bot it starts. */
const elsewhere = /^(config|operator\/packaging|sandbox)\//;
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !elsewhere.test(file),
);

const variables = new Set(Object.keys(environmentSchema.shape));

/** What the program calls something in a file. What it says to people is text, and may name a variable. */
function identifiersIn(file: string): ReadonlySet<string> {
  const found = new Set<string>();
  const module = parseSync(readFileSync(src + file, 'utf8'), { syntax: 'typescript', target: 'es2022' });
  JSON.stringify(module, (_key, node: { readonly type?: string; readonly value?: string } | null) => {
    if (node?.type === 'Identifier') found.add(node.value ?? '');
    return node;
  });
  return found;
}

test('no name of a variable is used outside of src/config', () => {
  const used = files.flatMap((file) =>
    [...identifiersIn(file)].filter((name) => variables.has(name)).map((name) => `${file}: ${name}`),
  );
  expect(files.length).toBeGreaterThan(200);
  expect(used).toEqual([]);
});

test('every name of infra is a setting, or is known as a name that isn’t', () => {
  const infra = fileURLToPath(new URL('../../infra/', import.meta.url));
  const texts = readdirSync(infra, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(bicep|json|sh)$/.test(file))
    .map((file) => readFileSync(infra + file, 'utf8'));
  const named = new Set(texts.flatMap((text) => text.match(/\bCMK_[A-Z_]*[A-Z]\b/g) ?? []));
  expect(named.size).toBeGreaterThan(30);
  // A new one is added to src/config/env.ts: in a shell with azd's values the command line would refuse it.
  expect([...named].filter((name) => !variables.has(name) && !knownOtherNames.has(name))).toEqual([]);
});
