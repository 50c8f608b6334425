import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = new URL('../../', import.meta.url);
const text = readFileSync(new URL('docs/contributing.md', root), 'utf8');
const quoted = [...text.matchAll(/`([^`]+)`/g)].map(([, words = '']) => words);

describe('the recipes for contributors', () => {
  test('name only files and folders that are there', () => {
    const paths = quoted.filter((words) => /^(src|test|cards|docs|manifest)\b[\w./-]*$/.test(words));
    expect(paths.length).toBeGreaterThan(20);
    const missing = paths.filter((path) => !existsSync(fileURLToPath(new URL(path, root))));
    // A NAME stands for one that is to be made.
    expect(missing.filter((path) => !path.includes('NAME'))).toEqual([]);
  });

  test.each([
    ['StepName', 'src/domain/plan.ts'],
    ['Command', 'src/domain/request/request-command.ts'],
    ['commandLists', 'manifest/manifest.json'],
  ])('say rightly that %s is in %s', (name, path) => {
    expect(text).toContain(`\`${name}\` in \`${path}\``);
    expect(readFileSync(new URL(path, root), 'utf8')).toMatch(new RegExp(`(type |")${name}\\b`));
  });

  test('give only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
    const used = [...text.matchAll(/npm run ([\w-]+)/g)].map(([, name = '']) => name);
    expect(used.filter((name) => !(name in scripts))).toEqual([]);
  });
});
