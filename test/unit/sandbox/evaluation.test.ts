import { expect, test } from '@jest/globals';
import { conditionHolds } from '../../../sandbox/azure/arm/authorization.ts';
import { ruleHolds } from '../../../sandbox/azure/arm/policy.ts';
import { Quotas } from '../../../sandbox/azure/server.ts';
import { Settings } from '../../../sandbox/azure/state/schema.ts';

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

test('a principal has 15 Resource Graph queries in 5 seconds', () => {
  const [quotas, now] = [new Quotas(), new Date()];
  const state = { settings: Settings.parse({ quotas: true }), latency: 'instant' } as const;
  const served = (at: Date) => quotas.countQuery(state, 'busy', at).served;
  expect(Array.from({ length: 16 }, () => served(now)).lastIndexOf(true)).toBe(14);
  expect(served(new Date(now.getTime() + 5_000))).toBe(true);
});
