import { type Call, param } from '../http/router.ts';
import type { RoleAssignment } from '../state/schema-directory.ts';

export const scopeOfCall = (call: Call): string => `/${param(call, 'scope')}`;

const prefixOf = (scope: string): string => (scope === '/' ? '' : scope);

export const assignmentId = (assignment: RoleAssignment): string =>
  `${prefixOf(assignment.scope)}/providers/Microsoft.Authorization/roleAssignments/${assignment.name}`;

/** The shape of `RoleAssignment` in the 2022-04-01 description. */
export const assignmentBody = (assignment: RoleAssignment) => {
  const subscription = /^\/subscriptions\/[^/]+/i.exec(assignment.scope)?.[0] ?? '';
  return {
    id: assignmentId(assignment),
    name: assignment.name,
    type: 'Microsoft.Authorization/roleAssignments',
    properties: {
      scope: assignment.scope,
      roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${assignment.roleDefinitionId}`,
      principalId: assignment.principalId,
      principalType: assignment.principalType,
      ...(assignment.description === null ? {} : { description: assignment.description }),
      ...(assignment.condition === null ? {} : { condition: assignment.condition }),
      ...(assignment.conditionVersion === null ? {} : { conditionVersion: assignment.conditionVersion }),
      createdOn: assignment.createdOn,
      updatedOn: assignment.createdOn,
      createdBy: assignment.createdBy,
      updatedBy: assignment.createdBy,
    },
  };
};
