import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { policyFileSchema } from '../../src/config/policy-file.ts';
import {
  environmentExample,
  environmentSchema,
  variableGroups,
  variableRows,
} from '../../src/config/settings/table.ts';
import { commands } from '../../src/operations/commands/registry.ts';

const root = new URL('../../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');
const settingsPage = readFileSync(new URL('docs/configuration.md', root), 'utf8');

const text = (page: string): string => readFileSync(new URL(page, root), 'utf8');
const pages = [
  'README.md',
  ...readdirSync(new URL('docs', root), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** What a link to a heading ends with. */
const anchors = (page: string): string[] =>
  [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** The names in the first column of the table that follows a line. */
const firstColumn = (after: string): string[] => {
  const [, rest = ''] = readme.split(after);
  const table = rest.split('\n\n').find((block) => block.startsWith('|') || block.includes('\n|')) ?? '';
  return [...table.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );
};

/** Writes the file anew where that is asked for. */
function holds(file: string, was: string, made: string): void {
  if (process.env.UPDATE_GOLDEN === '1' && was !== made) writeFileSync(new URL(file, root), made);
  else expect(was).toBe(made);
}

describe('what is said of variables', () => {
  const settings = variableGroups.flatMap((group) => group.settings);

  test('is said of every variable that is read, once, and of no other', () => {
    const named = settings.flatMap(({ names }) => Object.keys(names));
    expect([...named].sort()).toEqual(Object.keys(environmentSchema.shape).sort());
  });

  test('shows for each an example that the schema takes', () => {
    const schemas = new Map<string, { safeParse(value: string): { success: boolean } }>(
      Object.entries(environmentSchema.shape),
    );
    const examples = settings.flatMap(({ names }) => Object.entries(names));
    const taken = examples.filter(([name, example]) => schemas.get(name)?.safeParse(example).success);
    expect(taken).toEqual(examples);
  });

  test('is what docs/configuration.md says', () => {
    const table = /(?<=\| variable \| meaning \|\n\| --- \| --- \|\n)(\|.*\n)+/;
    holds(
      'docs/configuration.md',
      settingsPage,
      settingsPage.replace(table, () => variableRows()),
    );
  });

  test('is what .env.example says', () => {
    holds('.env.example', readFileSync(new URL('.env.example', root), 'utf8'), environmentExample());
  });
});

describe('docs/configuration.md', () => {
  test('shows a policy file that is read', () => {
    const [, example = ''] = /## Finer rules[\s\S]*?```json\n([\s\S]*?)```/.exec(settingsPage) ?? [];
    const { rules } = policyFileSchema.parse(JSON.parse(example));
    expect(rules.map((rule) => rule.name)).toEqual(['research', 'tests', 'patient-facing']);
    // Between them the rules show every setting there is.
    const inside = (rule: (typeof rules)[number]) =>
      [rule.match, ...(rule.vaults ?? [])].flatMap((one) => Object.keys(one));
    const shown = new Set(rules.flatMap((rule) => [...Object.keys(rule), ...inside(rule)]));
    const { shape } = policyFileSchema.shape.rules.element;
    const vaults = shape.vaults.unwrap().element.shape;
    const every = [shape, shape.match.unwrap().shape, vaults].flatMap((one) => Object.keys(one));
    expect([...shown].sort()).toEqual([...new Set(every)].sort());
  });
});

describe('the README', () => {
  test('names every command, and no other', () => {
    const named = firstColumn('## What can be typed').map((text) => text.split(' ')[0]);
    expect([...named].sort()).toEqual(commands.map((command) => command.name).sort());
  });

  test('and the pages of docs link only to files and headings that are there', () => {
    const lost = pages.flatMap((page) =>
      [...text(page).matchAll(/\]\((?!http)([^)\s]*)\)/g)]
        .map(([, link = '']) => link)
        .filter((link) => {
          const { pathname, hash } = new URL(link, new URL(page, root));
          const file = decodeURIComponent(pathname);
          return !existsSync(file) || (hash !== '' && !anchors(readFileSync(file, 'utf8')).includes(hash.slice(1)));
        })
        .map((link) => `${page}: ${link}`),
    );
    expect(pages.length).toBeGreaterThan(40);
    expect(lost).toEqual([]);
  });

  test('gives only npm scripts that exist', () => {
    const scripts = Object.keys(JSON.parse(readFileSync(new URL('package.json', root), 'utf8')).scripts);
    const used = [...readme.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name);
    expect(used.filter((name) => !scripts.includes(name))).toEqual([]);
  });
});
