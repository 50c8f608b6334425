import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { routes } from '../../sandbox/azure/simulator.ts';
import { localAzureLists } from '../support/azure/local-azure-tables.ts';

const root = new URL('../../', import.meta.url);
const file = new URL('docs/develop/simulator.md', root);
const text = readFileSync(file, 'utf8');

const place = (name: string): RegExp => new RegExp(`(<!-- made: ${name} -->\n\n)([\\s\\S]*?)(<!-- /made -->)`);

/** Made anew by `UPDATE_GOLDEN=1 npm test -- test/contract/local-azure-doc`. */
const update = (): string =>
  Object.entries(localAzureLists).reduce(
    (made, [name, list]) => made.replace(place(name), (_, before, _old, after) => `${before}${list()}\n\n${after}`),
    text,
  );

describe('docs/develop/simulator.md', () => {
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, update());

  test.each(Object.entries(localAzureLists))('has the list of %s that the code makes', (name, list) => {
    const now = process.env.UPDATE_GOLDEN === '1' ? update() : text;
    expect(place(name).exec(now)?.[2]).toBe(`${list()}\n\n`);
  });

  test('names every door of the simulator, and no other', () => {
    const named = [...text.matchAll(/`((?:GET|PUT|POST|DELETE) \/simulator\/[\w-]+)/g)].map(([, door]) => door);
    expect([...new Set(named)].sort()).toEqual(Object.keys(routes).sort());
  });
});
