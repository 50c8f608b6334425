/** Names of variables are a contract with operators, not between parts of the program: they end where they are read. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSync } from '@swc/core';
import { readEnvironment } from '../../src/config/env.ts';
import { environmentSchema } from '../../src/config/settings/table.ts';

const src = fileURLToPath(new URL('../../src/', import.meta.url));

/** The packager runs apart from the bot; the local product sets the variables for the bot it starts. */
const elsewhere = /^(config|operator\/app-package)\//;
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

test('in a shell with azd’s values, no name of infra is taken for a mistyped setting', () => {
  const infra = fileURLToPath(new URL('../../infra/', import.meta.url));
  const texts = readdirSync(infra, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(bicep|json|sh)$/.test(file))
    .map((file) => readFileSync(infra + file, 'utf8'));
  const named = new Set(texts.flatMap((text) => text.match(/\bCMK_[A-Z_]*[A-Z]\b/g) ?? []));
  const others = [...named].filter((name) => !variables.has(name));
  expect(others.length).toBeGreaterThan(30);
  const mistakesWith = (more: object) =>
    readEnvironment({ ...Object.fromEntries(others.map((name) => [name, 'x'])), ...more })
      .mistakes.map(([name]) => name)
      .filter((name) => others.includes(name));
  expect(mistakesWith({ AZURE_ENV_NAME: 'prod' })).toEqual([]);
  // In the container, a name that isn't a setting would have no effect.
  expect(mistakesWith({ AZURE_ENV_NAME: 'prod', CONTAINER_APP_NAME: 'cmk-bot' })).toContain('CMK_VAULT');
});
