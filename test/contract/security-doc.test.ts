import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { StepName } from '../../src/domain/plan.ts';
import { attackSuites } from '../support/attacks/attack-suites.js';
import { roleFiles } from '../support/azure/role-files.ts';

const root = new URL('../../', import.meta.url);
const textOf = (page: string): string => readFileSync(new URL(page, root), 'utf8');

const rowsUnder = (page: string, head: string): readonly (readonly string[])[] => {
  const table =
    textOf(page)
      .split('\n\n')
      .find((block) => block.startsWith(`| ${head}`)) ?? '';
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

describe('what the pages say about security', () => {
  test('has a reason for every package that runs, and names no other', () => {
    const rows = rowsUnder('docs/reference/dependencies.md', 'package');
    const { dependencies } = JSON.parse(textOf('package.json'));
    expect(rows.map(([name]) => name?.replaceAll('`', ''))).toEqual(Object.keys(dependencies));
    expect(rows.filter(([, reason = '']) => reason.length < 8)).toEqual([]);
  });

  test('names the permissions of every step, in actions that the role files give', () => {
    const steps = rowsUnder('docs/reference/permissions.md', 'step');
    expect(steps.map(([step]) => step)).toEqual(StepName.options);
    const given = roleFiles.flatMap((role) => [...role.Actions, ...role.DataActions]);
    const named = steps.flatMap(([, needs = '']) =>
      [...needs.matchAll(/`(Microsoft\.[^`]+)`/g)].map(([, name = '']) => name),
    );
    expect(named.filter((name) => !given.includes(name))).toEqual([]);
    expect(named).toHaveLength(8);
  });

  test('has a row for every suite that attacks, in order, and none that did not hold', () => {
    const rows = rowsUnder('docs/security.md', 'what was tried').map(([heading, , outcome, by]) => [
      heading,
      outcome,
      by,
    ]);
    const suites = Object.entries(attackSuites);
    expect(rows).toEqual(suites.map(([suite, heading]) => [heading, 'all held', `\`${suite}\``]));
  });
});
