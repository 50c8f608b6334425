import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { mainRouter } from '../../src/sandbox/azure/arm/routes.ts';
import { dataActions, secretActions } from '../../src/sandbox/azure/key-vault/vault-rights.ts';
import { seedRoleDefinitions } from '../../src/sandbox/azure/state/seed-roles.ts';
import { logsRole, publishingRole, roleFiles, signingRole } from '../support/azure/role-files.ts';
import { rightsIn, rightsOf, written } from '../support/permissions/judge.ts';
import { logCalls, officialCalls, tableRight } from '../support/permissions/official-calls.ts';
import {
  isListed,
  isListedAsAny,
  officialFile,
  officialFolder,
  shortList,
  wholeList,
} from '../support/permissions/official-list.ts';

/** Names of rights are Microsoft's, wherever the project has one, and the simulated Azure asks for those and no others. */

const root = new URL('../../', import.meta.url);

/** Lists that a name is looked up in: the project's own, and the whole one where this machine has it (CMK_TEST_PERMISSIONS). */
const lists: readonly (readonly [string, () => ReadonlySet<string>])[] = [
  ['the project’s list', () => shortList],
  ...(officialFolder === null ? [] : [['the whole list', wholeList] as const]),
];

/** Not listed by Microsoft: only `*` gives them, as Owner and Contributor have it. */
const unlisted = ['Microsoft.HealthBot/register/action'];

const filesWithNames = (): readonly string[] =>
  ['src', 'infra', 'docs', 'test'].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|js|json|md|sh|bicep|txt)$/.test(file))
      .filter((file) => !file.startsWith('golden/') && !file.endsWith('state/seed-roles.ts'))
      .map((file) => `${folder}/${file}`),
  );

const namesIn = (text: string): readonly string[] =>
  text.match(/Microsoft\.[A-Za-z]+(?:\/[A-Za-z]+)+\/(?:read|write|delete|action)\b/gi) ?? [];

describe.each(lists)('%s', (_name, list) => {
  test('has every name of a right that stands in sources, roles, documents and tests', () => {
    const names = new Set(filesWithNames().flatMap((file) => namesIn(readFileSync(new URL(file, root), 'utf8'))));
    expect(names.size).toBeGreaterThan(45);
    expect([...names].filter((one) => !isListedAsAny(one, list()) && !unlisted.includes(one))).toEqual([]);
  });

  test('has what the roles give, each as the kind that it is given as', () => {
    const given = [...roleFiles, logsRole, signingRole, publishingRole].flatMap(rightsIn);
    expect(given.filter((one) => !isListed(one, list())).map(written)).toEqual([]);
  });

  test('has what the table of calls names', () => {
    const named = [...officialCalls, ...logCalls, tableRight('AZKVAuditLogs')].flatMap(({ kind, right }) =>
      right === null ? [] : [{ kind, name: right }],
    );
    expect(named.filter((one) => !isListed(one, list())).map(written)).toEqual([]);
  });

  test('has the data actions that the simulated vaults ask for', () => {
    const asked = [...Object.values(dataActions), ...Object.values(secretActions)];
    expect(asked.filter((name) => !isListed({ kind: 'data-action', name }, list()))).toEqual([]);
  });
});

test('the project’s list has no name that Microsoft’s has not', () => {
  if (officialFolder === null) return void process.stdout.write('not run: it needs CMK_TEST_PERMISSIONS\n');
  const whole = wholeList();
  expect([...shortList].filter((one) => !whole.has(one))).toEqual([]);
});

const BuiltIn = z.object({
  roles: z.array(
    z.object({ roleName: z.string(), id: z.string(), permissions: z.array(z.record(z.string(), z.unknown())) }),
  ),
});

/** Without what is empty, and each name once: Azure's own list has one twice. */
const told = (permission: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(permission)
      .filter(([, value]) => !Array.isArray(value) || value.length > 0)
      .map(([name, value]): [string, unknown] => [
        name,
        Array.isArray(value) ? [...new Set(value)].sort() : String(value).replaceAll(/\s/g, ''),
      ]),
  );

test('the built-in roles of the simulated Azure are Azure’s', () => {
  if (officialFolder === null) return void process.stdout.write('not run: it needs CMK_TEST_PERMISSIONS\n');
  const official = new Map(BuiltIn.parse(officialFile('builtin-roles.json')).roles.map((one) => [one.id, one]));
  const seeded = seedRoleDefinitions().filter(({ type }) => type === 'BuiltInRole');
  expect(seeded).toHaveLength(13);
  for (const { id, roleName, permissions } of seeded) {
    const real = official.get(id);
    expect([roleName, ...permissions.map(told)]).toEqual([real?.roleName, ...(real?.permissions.map(told) ?? [])]);
  }
});

/** A call that a route serves. */
const sample = (pattern: string): string =>
  pattern.replace('{*scope}', 'subscriptions/s/resourceGroups/g').replaceAll(/\{\w+\}/g, 'x');

const routes = mainRouter.routes.filter(({ audience }) => audience === 'arm');
/** What these ask for depends on more than the address: on what is queried, and on whose provider it is. */
const elsewhere = /ResourceGraph\/resources$|\/(un)?register$/;

test.each(routes.filter(({ pattern }) => !elsewhere.test(pattern)))(
  'the simulated Azure asks for the official right: $method $pattern',
  ({ method, pattern, action }) => {
    const official = rightsOf({ method, url: sample(pattern), body: {} });
    expect(official).toEqual(action === null ? [] : [{ kind: 'action', name: action }]);
  },
);
