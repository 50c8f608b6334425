import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readEnvironment } from '../../src/config/env.ts';
import { environmentSchema } from '../../src/config/settings/table.ts';

const variables = new Set(Object.keys(environmentSchema.shape));

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
