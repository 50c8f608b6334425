import { readdirSync, readFileSync } from 'node:fs';
import { listedActions, listedDataActions } from '../../sandbox/azure/arm/roles.ts';
import { dataActions, secretActions } from '../../sandbox/azure/key-vault/arm.ts';
import { mainRouter } from '../../sandbox/azure/server.ts';
import { logsRole, publishingRole, roleFiles } from '../support/azure/role-files.ts';
import { type Kind, officialCall, officialCalls } from '../support/permissions/official-calls.ts';

/** Names of rights are Microsoft's, wherever the project has one, and the simulated Azure asks for those and no others. */

const root = new URL('../../', import.meta.url);

const listed: Readonly<Record<Kind, ReadonlySet<string>>> = {
  action: new Set(listedActions.map((name) => name.toLowerCase())),
  'data-action': new Set(listedDataActions.map((name) => name.toLowerCase())),
};
const notListed = (kind: Kind, names: Iterable<string>): readonly string[] =>
  [...names].filter((name) => !listed[kind].has(name.toLowerCase()));

/** Not listed by Microsoft: only `*` gives them, as Owner and Contributor have it. */
const unlisted = ['Microsoft.HealthBot/register/action'];

const filesWithNames = (): readonly string[] =>
  ['src', 'sandbox', 'infra', 'docs', 'test'].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|js|json|md|sh|bicep|txt)$/.test(file))
      .filter((file) => !file.startsWith('golden/') && !file.endsWith('state/seed.ts'))
      .map((file) => `${folder}/${file}`),
  );

const namesIn = (text: string): readonly string[] =>
  text.match(/Microsoft\.[A-Za-z]+(?:\/[A-Za-z]+)+\/(?:read|write|delete|action)\b/gi) ?? [];

describe('the project’s part of Microsoft’s list', () => {
  test('has every name of a right that stands in sources, roles, documents and tests', () => {
    const names = new Set(filesWithNames().flatMap((file) => namesIn(readFileSync(new URL(file, root), 'utf8'))));
    expect(names.size).toBeGreaterThan(45);
    const strange = notListed('action', notListed('data-action', names));
    expect(strange.filter((one) => !unlisted.includes(one))).toEqual([]);
  });

  test('has what the roles give, each as the kind that it is given as', () => {
    const roles = [...roleFiles, logsRole, publishingRole];
    const actions = roles.flatMap((role) => role.Actions);
    expect(notListed('action', actions)).toEqual([]);
    const given = roles.flatMap((role) => role.DataActions);
    expect(notListed('data-action', given)).toEqual([]);
  });

  test('has what the table of calls names', () => {
    for (const kind of ['action', 'data-action'] as const) {
      const named = officialCalls.flatMap((call) => (call.kind === kind && call.right !== null ? [call.right] : []));
      expect(notListed(kind, named)).toEqual([]);
    }
  });

  test('has the data actions that the simulated vaults ask for', () => {
    const asked = [...Object.values(dataActions), ...Object.values(secretActions)];
    expect(notListed('data-action', asked)).toEqual([]);
  });
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
    expect(officialCall(method, sample(pattern))).toMatchObject({ kind: 'action', right: action });
  },
);
