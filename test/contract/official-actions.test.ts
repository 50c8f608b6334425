import { readdirSync, readFileSync } from 'node:fs';
import { listedActions, listedDataActions } from '../../sandbox/azure/arm/provider-operations.ts';
import { dataActions, secretActions } from '../../sandbox/azure/key-vault/access.ts';
import { mainRouter } from '../../sandbox/azure/main-host.ts';
import { logsRole, publishingRole, roleFiles } from '../support/azure/role-files.ts';

/** Names of rights are Microsoft's, wherever the project has one, and the simulated Azure asks for those and no others. */

const root = new URL('../../', import.meta.url);

type Kind = 'action' | 'data-action';
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
      .filter((file) => !file.startsWith('golden/') && !file.endsWith('state/seed-roles.ts'))
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

  test('has the data actions that the simulated vaults ask for', () => {
    const asked = [...Object.values(dataActions), ...Object.values(secretActions)];
    expect(notListed('data-action', asked)).toEqual([]);
  });
});

/** Azure Resource Manager asks for NAMESPACE/TYPE/…/VERB of the path (Microsoft, "How Azure RBAC works"). These are other. */
const otherwise: Readonly<Record<string, string | null>> = {
  // "Policy token", listed as a read although it is a POST.
  'POST acquirePolicyToken': 'Microsoft.Authorization/acquirePolicyToken/read',
  // No operation is listed for it.
  'GET locations/operationStatuses': null,
  // Azure shows what the caller may read, and refuses nothing.
  'GET tenants': null,
  'GET subscriptions in all': null,
};
const verbs: Readonly<Record<string, string>> = { GET: 'read', PUT: 'write', PATCH: 'write', DELETE: 'delete' };

function officialRight(method: string, pattern: string): string | null {
  const [, namespace = 'Microsoft.Resources', rest = pattern] = /\/providers\/([\w.]+)\/(.*)$/.exec(pattern) ?? [];
  const segments = rest.split('/').filter((segment) => segment !== '');
  const types = segments.filter((_segment, n) => n % 2 === 0).join('/');
  const known = otherwise[`${method} ${types}${pattern === '/subscriptions' ? ' in all' : ''}`];
  return known === undefined ? `${namespace}/${types}/${verbs[method] ?? 'action'}` : known;
}

const routes = mainRouter.routes.filter(({ audience }) => audience === 'arm');
/** What these ask for depends on more than the address: on what is queried, and on whose provider it is. */
const elsewhere = /ResourceGraph\/resources$|\/(un)?register$/;

test.each(routes.filter(({ pattern }) => !elsewhere.test(pattern)))(
  'the simulated Azure asks for the official right: $method $pattern',
  ({ method, pattern, action }) => {
    expect(action?.toLowerCase()).toBe(officialRight(method, pattern)?.toLowerCase());
  },
);

test('the rights that the simulated Azure asks for are listed', () => {
  const asked = routes.flatMap(({ action }) => (action === null ? [] : [action]));
  expect(asked.length).toBeGreaterThan(30);
  expect(notListed('action', asked)).toEqual([]);
});
