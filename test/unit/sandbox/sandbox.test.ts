import { describe, expect, test } from '@jest/globals';
import { conditionHolds } from '../../../sandbox/azure/arm/authorization.ts';
import { ruleHolds } from '../../../sandbox/azure/arm/policy.ts';
import { withoutSecrets } from '../../../sandbox/azure/request-log.ts';
import { parseQuery, type Row, runQuery } from '../../../sandbox/azure/resource-graph.ts';
import { scenarios } from '../../../sandbox/azure/scenarios.ts';
import { Quotas } from '../../../sandbox/azure/server.ts';
import { hostPrincipalId, Settings } from '../../../sandbox/azure/state/schema.ts';
import { seedRoleAssignments, seedRoleDefinitions } from '../../../sandbox/azure/state/seed.ts';
import { azureArguments } from '../../../sandbox/bot-environment.ts';
import { Refusal } from '../../../sandbox/http.ts';
import { help, type LocalOptions, readOptions } from '../../../sandbox/options.ts';
import { grantCondition, logsRole, roleFiles } from '../../support/azure/role-files.ts';

/** What the simulated Azure evaluates: conditions of role assignments, rules of policies, quotas. */

const attribute = '@Request[Microsoft.Authorization/roleAssignments:PrincipalType]';
const is = (type: string): string => `(${attribute} StringEqualsIgnoreCase '${type}')`;

test.each([
  [`${is('User')}OR${is('Group')}`, true],
  [`(${is('User')}AND${is('Group')})||${is('App')}`, false],
  [`NOT(${is('Group')})`, true],
  [`NOT(${is('User')})`, false],
  [`${is('User')}${is('Group')}`, false],
])('the condition %s, without spaces, holds: %s', (condition, holds) => {
  const Request = new Map([['Microsoft.Authorization/roleAssignments:PrincipalType', 'User']]);
  expect(conditionHolds(condition, 'any', { Request, Resource: new Map() })).toBe(holds);
});

test.each([
  [{}, false],
  [{ location: 'West Europe' }, true],
])('the location of %j exists for a policy: %s', (body, exists) => {
  const resource = { id: '/things/a', type: 'things', name: 'a', body };
  expect(ruleHolds({ field: 'location', exists: true }, resource, new Map())).toBe(exists);
  expect(ruleHolds({ field: 'location', in: ['westeurope'] }, resource, new Map())).toBe(exists);
});

test('a throttled caller takes nothing from the others in its subscription', () => {
  const [quotas, now] = [new Quotas(), new Date()];
  const state = { settings: Settings.parse({ quotas: true }), latency: 'instant' } as const;
  const isServed = (principal: string): boolean => {
    try {
      quotas.countArm(state, { method: 'GET', path: '/subscriptions/a' }, principal, now);
      return true;
    } catch {
      return false;
    }
  };
  const served = Array.from({ length: 5_000 }, () => isServed('busy'));
  expect(served.lastIndexOf(true)).toBe(served.indexOf(false) - 1);
  expect(isServed('other')).toBe(true);
});

function options(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): LocalOptions {
  const read = readOptions(args, env);
  if (read === 'help') throw new Error('help was asked for');
  return read;
}

describe('the options of npm run local', () => {
  test('the command line wins over the environment, and that over what is usual', () => {
    const env = { CMK_LOCAL_BOT_PORT: '4001', CMK_LOCAL_TEAMS_PORT: '4002' };
    expect(options(['--bot-port', '5001'], env)).toMatchObject({
      'bot-port': 5001,
      'teams-port': 4002,
      'azure-port': 8443,
      reset: false,
    });
  });

  test('the log is for people unless a program reads it', () => {
    expect(options()).toMatchObject({ log: 'words' });
    expect(options(['--log', 'json'])).toMatchObject({ log: 'json' });
    expect(options([], { CMK_LOCAL_LOG: 'json' })).toMatchObject({ log: 'json' });
  });

  test('every mistake is named', () => {
    expect(() => options(['--bot-port', 'x', '--latency', 'slow'])).toThrow(/--bot-port: .*\n--latency: /);
  });
});

describe('what the local Azure is started with', () => {
  test('is what it was last, also as the page chose it, unless somebody says otherwise', () => {
    for (const name of ['--latency', '--scenario']) expect(azureArguments(options())).not.toContain(name);
  });

  test.each([
    [['--latency', 'instant'], {}, ['--latency', 'instant']],
    [[], { CMK_LOCAL_LATENCY: 'instant' }, ['--latency', 'instant']],
    [['--scenario', 'throttled', '--scenario', 'none'], {}, ['--scenario', 'throttled', '--scenario', 'none']],
    [[], { CMK_LOCAL_SCENARIO: 'throttled,none' }, ['--scenario', 'throttled', '--scenario', 'none']],
  ])('is what is said on the command line, %j, or in the environment, %j', (args, env, expected) => {
    expect(azureArguments(options(args, env)).slice(-expected.length)).toEqual(expected);
  });

  test('is refused with the names that there are when there is no such thing; help says what each does', () => {
    const refused = () => options(['--scenario', 'no-such-thing']);
    for (const { name, does } of scenarios) {
      expect(refused).toThrow(new RegExp(`--scenario: There is no scenario no-such-thing\\. .*${name}`));
      expect(help).toMatch(new RegExp(`^  ${name} +${does.replace(/[.()]/g, '\\$&')}$`, 'm'));
    }
  });
});

const rows: readonly Row[] = [
  { name: "b'|", kind: 'HSM', properties: { enabled: 'true', size: '3' } },
  { name: 'a', kind: 'RSA', properties: { size: 2 } },
];

test.each([
  [String.raw`resources | where name =~ 'B\'|' | project name`, [{ name: "b'|" }]],
  ["resources | where kind in~ ('rsa', 'ec') | project name", [{ name: 'a' }]],
  ["resources | where kind contains 's' | project kind | order by kind asc | limit 1", [{ kind: 'HSM' }]],
  [
    'resourcechanges | project on=tobool(properties.enabled), size=toint(properties.size), other=tostring(properties.no)',
    [
      { on: true, size: 3, other: '' },
      { on: null, size: 2, other: '' },
    ],
  ],
])('a served query: %s', (query, expected) => {
  expect(runQuery(parseQuery(query), rows)).toEqual(expected);
});

test.each([
  ['resourcecontainers', 'resourcecontainers'],
  ['resources | summarize count() by type', 'summarize count() by type'],
  ["resources | where name =~ 'a' and kind =~ 'b'", "where name =~ 'a' and kind =~ 'b'"],
  [String.raw`resources | where name =~ '\x41'`, String.raw`where name =~ '\x41'`],
  ['resources | limit 1.5', 'limit 1.5'],
])('the refusal of an unsupported query names the part: %s', (query, part) => {
  let refused: unknown;
  try {
    parseQuery(query);
  } catch (error) {
    refused = error instanceof Refusal ? error.reply.body : error;
  }
  const message = expect.stringContaining(part);
  expect(refused).toMatchObject({ error: { details: [{ code: 'InvalidQuery', message }] } });
});

test.each([
  ['an imported key', { key: { kty: 'RSA', n: 'n', d: 'd', p: 'p', q: 'q', dp: 'p', dq: 'q', qi: 'q', k: 'k' } }],
  ['a secret', { value: 'hush', contentType: 'text' }],
  ['a new password', { keyId: '1', secretText: 'hush' }],
])('the request log shows of %s what isn’t secret', (_, body) => {
  const logged = JSON.stringify(withoutSecrets(body));
  expect(logged).toMatch(/"kty":"RSA","n":"n","d":"REDACTED"|"contentType":"text"|"keyId":"1"/);
  expect(logged).not.toMatch(/"(d|p|q|dp|dq|qi|k|value|secretText)":"(?!REDACTED")/);
});

/** The simulated bot must not be able to do more, or less, than the role files let the real one do. */

const custom = seedRoleDefinitions().filter((role) => role.type === 'CustomRole');
test('the bot holds the roles of the files and no other, the one that assigns under the condition of its file', () => {
  const held = seedRoleAssignments().filter((one) => one.principalId === hostPrincipalId);
  const nameOf = (id: string) => custom.find((role) => role.id === id)?.roleName;
  expect(new Set(held.map((one) => nameOf(one.roleDefinitionId)))).toEqual(
    new Set([...roleFiles, logsRole].map((file) => file.Name)),
  );
  const without = (text: string | null) => text?.replace(/\s/g, '');
  for (const one of held) {
    const assigns = nameOf(one.roleDefinitionId) === 'CMK bot grants';
    expect(without(one.condition)).toBe(assigns ? without(grantCondition) : undefined);
  }
});
