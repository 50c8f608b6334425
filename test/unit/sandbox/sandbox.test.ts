import { expect, test } from '@jest/globals';
import { conditionHolds } from '../../../sandbox/azure/arm/authorization.ts';
import { withoutSecrets } from '../../../sandbox/azure/request-log.ts';
import { hostPrincipalId } from '../../../sandbox/azure/state/schema.ts';
import { seedRoleAssignments, seedRoleDefinitions } from '../../../sandbox/azure/state/seed.ts';
import { grantCondition, logsRole, roleFiles } from '../../support/azure/role-files.ts';

/** What the simulated Azure evaluates: conditions of role assignments. */

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
