import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { digestOf } from '../../src/audit/evidence/pack-files.ts';
import { readConfig } from '../../src/config/config.ts';
import { readEnvironment } from '../../src/config/env.ts';
import { readEnvFile } from '../../src/config/env-file.ts';
import {
  environmentExample,
  environmentSchema,
  variableGroups,
  variableLists,
} from '../../src/config/settings/table.ts';
import { payloadsWith, RequestState } from '../../src/domain/request/payloads.ts';
import { commands } from '../../src/operations/commands/registry.ts';
import { checkSettings } from '../../src/operator/check-settings.ts';

/** Pages of reference, compared with the code. */

const root = new URL('../../', import.meta.url);
const textOf = (file: string): string => readFileSync(new URL(file, root), 'utf8');

/** Writes the file again where that is asked for. */
function holds(file: string, made: string): void {
  if (process.env.UPDATE_GOLDEN === '1' && textOf(file) !== made) writeFileSync(new URL(file, root), made);
  else expect(textOf(file)).toBe(made);
}

describe('what is said of variables', () => {
  test('is said of every variable that is read, once, with an example that the schema takes', () => {
    const examples = variableGroups.flatMap(({ settings }) => settings.flatMap(({ names }) => Object.entries(names)));
    expect(examples.map(([name]) => name).sort()).toEqual(Object.keys(environmentSchema.shape).sort());
    const schemas = new Map<string, { safeParse(value: string): { success: boolean } }>(
      Object.entries(environmentSchema.shape),
    );
    expect(examples.filter(([name, example]) => !schemas.get(name)?.safeParse(example).success)).toEqual([]);
  });

  test('is what docs/install/settings.md and .env.example say', () => {
    const lists = /(?<=<!-- made: settings -->\n\n)[\s\S]*(?=\n<!-- \/made -->)/;
    holds(
      'docs/install/settings.md',
      textOf('docs/install/settings.md').replace(lists, () => variableLists()),
    );
    holds('.env.example', environmentExample());
  });

  test('makes a whole production configuration of the example, with a witness or without', async () => {
    const example = readEnvFile(fileURLToPath(new URL('.env.example', root)));
    const commented = (name: string): string =>
      new RegExp(`^#${name}=(.*)$`, 'm').exec(environmentExample())?.[1] ?? '';
    const names = ['CMK_ANCHOR', 'CMK_LOG_KEY_FILE', 'CMK_WITNESSES', 'CMK_WITNESSES_NEEDED'];
    const [config, witnessed] = [{}, Object.fromEntries(names.map((name) => [name, commented(name)]))].map((more) =>
      readConfig({ ...example, ...more }),
    );
    expect([config?.server.mode, witnessed?.anchor?.witnesses.length]).toEqual(['production', 1]);
    for (const one of [config, witnessed]) expect(one && (await checkSettings(one))).toEqual([]);
  });
});

/** First words of the rows of a page's table. */
const firstCells = (page: string, pattern: RegExp): readonly (string | undefined)[] =>
  [...textOf(page).matchAll(pattern)].map(([, name]) => name).sort();
const observed = readdirSync(new URL('src/observability/', root)).map((file) => textOf(`src/observability/${file}`));

test.each<[string, string, RegExp, readonly (string | undefined)[]]>([
  [
    'command of Teams',
    'docs/use/commands-and-states.md',
    /^\| `(\/[\w-]+).*` \| [a-z]/gm,
    commands.map(({ name }) => name),
  ],
  [
    'metric of the bot',
    'docs/operate/monitor.md',
    /^\| `(cmk_\w+)`/gm,
    [...observed.join('\n').matchAll(/'(cmk_\w+)'/g)].map(([, name]) => name),
  ],
])('every %s has its row in %s, and no other', (_what, page, pattern, names) =>
  expect(firstCells(page, pattern)).toEqual([...new Set(names)].sort()),
);

test('every state of a request has its row, and its place in the picture', () => {
  const [table = ''] = (textOf('docs/use/commands-and-states.md').split('## States')[1] ?? '').split('## Steps');
  expect([...table.matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name)).toEqual(RequestState.options);
  const drawn = [...textOf('docs/explain/architecture.md').matchAll(/^ {2}(\S+) --> (\w+)/gm)].flatMap(
    ([, from = '', to = '']) => [from, to],
  );
  const states = new Set(drawn.filter((name) => name !== '[*]').map((name) => name.replaceAll('_', '-')));
  expect([...states].sort()).toEqual([...RequestState.options].sort());
});

describe('the page of files and events', () => {
  const [, doc = ''] = textOf('docs/audit/files-and-events.md').split('## Events');
  const rows = [...doc.matchAll(/^(?:\||-) (`[^|:]*?)(?: \||:) (.*?)(?: \|)?$/gm)].map(
    ([, names = '', words = '']) => ({ names: [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name), words }),
  );
  const payloads = payloadsWith(z.any());
  const types = Object.keys(payloads);

  test('has every type of event, with every field of its data: enough to write a verifier from', () => {
    const found = rows
      .filter(({ names }) => names.every((name) => types.includes(name)))
      .flatMap(({ names, words }) => {
        // A field comes before a colon, with others that share its meaning.
        const groups = [...words.matchAll(/(?:^|\. )((?:`\w+`(?:, )?)+):/g)].map(([, group = '']) => group);
        const fields = groups.flatMap((group) => [...group.matchAll(/`(\w+)`/g)].map(([, name = '']) => name));
        return names.map((name): [string, string[]] => [name, fields.sort()]);
      });
    const expected = Object.entries(payloads).map(([type, { shape }]) => [type, Object.keys(shape).sort()]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });

  test('has the fields around the data, as they are stored', () => {
    const { vectors } = JSON.parse(textOf('test/golden/chain.json')) as { vectors: readonly { body: string }[] };
    const fields = new Set(vectors.flatMap(({ body }) => Object.keys(JSON.parse(body))));
    const known = new Set(rows.flatMap(({ names }) => names).filter((name) => !types.includes(name)));
    expect([...known].sort()).toEqual([...fields].sort());
  });
});

test('the auditor’s guide has the digest of verify.py', () => {
  const digest = digestOf(readFileSync(new URL('src/audit/outside/verify.py', root)));
  const page = textOf('docs/audit/auditors-guide.md');
  const written = /SHA-256 of this version: `[0-9a-f]{64}`/;
  holds('docs/audit/auditors-guide.md', page.replace(written, `SHA-256 of this version: \`${digest}\``));
});

test('in a shell with azd’s values, no name of infra is taken for a mistyped setting', () => {
  const texts = readdirSync(new URL('infra/', root), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(bicep|json|sh)$/.test(file))
    .map((file) => textOf(`infra/${file}`));
  const variables = Object.keys(environmentSchema.shape);
  const named = new Set(texts.flatMap((text) => text.match(/\bCMK_[A-Z_]*[A-Z]\b/g) ?? []));
  const others = [...named].filter((name) => !variables.includes(name));
  expect(others.length).toBeGreaterThan(30);
  const mistakesWith = (more: object) =>
    readEnvironment({ ...Object.fromEntries(others.map((name) => [name, 'x'])), ...more })
      .mistakes.map(([name]) => name)
      .filter((name) => others.includes(name));
  expect(mistakesWith({ AZURE_ENV_NAME: 'prod' })).toEqual([]);
  // In the container, a name that isn't a setting would have no effect.
  expect(mistakesWith({ AZURE_ENV_NAME: 'prod', CONTAINER_APP_NAME: 'cmk-bot' })).toContain('CMK_VAULT');
});
