import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { StepName } from '../../src/domain/plan.ts';
import { attackSuites } from '../support/attack-suites.js';
import { roleFiles } from '../support/role-files.ts';

const root = new URL('../../', import.meta.url);
const text = readFileSync(new URL('docs/security.md', root), 'utf8');

/** The rows of the table whose head begins so. */
const rowsUnder = (head: string): readonly (readonly string[])[] => {
  const table = text.split('\n\n').find((block) => block.startsWith(`| ${head} |`)) ?? '';
  return table
    .trim()
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
};

describe('docs/security.md', () => {
  test('gives a reason for every package that runs, and names no other', () => {
    const rows = rowsUnder('package');
    const { dependencies } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
    expect(rows.map(([name]) => name?.replaceAll('`', ''))).toEqual(Object.keys(dependencies));
    expect(rows.filter(([, reason = '']) => reason.length < 8)).toEqual([]);
  });

  test('says of every step which rights it needs, in actions that the role files give', () => {
    const steps = rowsUnder('step');
    expect(steps.map(([step]) => step)).toEqual(StepName.options);
    const given = roleFiles.flatMap((role) => [...role.Actions, ...role.DataActions]);
    const named = steps.flatMap(([, needs = '']) =>
      [...needs.matchAll(/`(Microsoft\.[^`]+)`/g)].map(([, name = '']) => name),
    );
    expect(named.filter((name) => !given.includes(name))).toEqual([]);
    expect(named).toHaveLength(8);
  });

  test('names a test that is there for everything that was found', () => {
    const rows = rowsUnder('no.');
    expect(rows.length).toBeGreaterThan(17);
    const lost = rows.filter(([, , , heldBy = '']) => {
      const [, file = '', title = ''] = /^`([^`]+)`: (.+)$/.exec(heldBy) ?? [];
      const tests = title === '' ? '' : readFileSync(new URL(file, root), 'utf8');
      // What a table of cases fills in stands there as dots.
      return title === '' || !title.split('…').every((part) => tests.includes(part.trim()));
    });
    expect(lost).toEqual([]);
  });

  test('has a row for every suite that attacks, in order, and none that did not hold', () => {
    const rows = rowsUnder('what was tried').map(([heading, , outcome, by]) => [heading, outcome, by]);
    const suites = Object.entries(attackSuites);
    expect(rows).toEqual(suites.map(([suite, heading]) => [heading, 'all held', `\`${suite}\``]));
  });

  test('points only to what is there', () => {
    const links = [...text.matchAll(/\]\((?!http|#)([^)]+)\)/g)].map(
      ([, link = '']) => new URL(link, new URL('docs/', root)),
    );
    const named = [...text.matchAll(/`((?:src|infra|test)\/[\w./-]+\w)`/g)].map(([, file = '']) => new URL(file, root));
    const missing = [...links, ...named].filter((url) => !existsSync(url));
    // Families of tests are named with a star, which is not in the shape above.
    expect(missing.map(({ pathname }) => pathname)).toEqual([]);
  });
});
