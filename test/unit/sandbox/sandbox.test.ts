import { expect, test } from '@jest/globals';
import { hostPrincipalId } from '../../../sandbox/azure/state/schema.ts';
import { seedRoleAssignments, seedRoleDefinitions } from '../../../sandbox/azure/state/seed.ts';
import { grantCondition, logsRole, roleFiles } from '../../support/azure/role-files.ts';

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
