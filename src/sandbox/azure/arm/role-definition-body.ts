import type { RoleDefinition } from '../state/schema-directory.ts';

const subscriptionOf = (scope: string): string => /^\/subscriptions\/[^/]+/i.exec(`/${scope}`)?.[0] ?? '';

/** The shape of `RoleDefinition` in the 2022-04-01 description; built-in roles carry conditions beside it. */
export const definitionBody = (scope: string, role: RoleDefinition) => ({
  id: `${subscriptionOf(scope)}/providers/Microsoft.Authorization/roleDefinitions/${role.id}`,
  name: role.id,
  type: 'Microsoft.Authorization/roleDefinitions',
  properties: {
    roleName: role.roleName,
    description: role.description,
    type: role.type,
    permissions: role.permissions,
    assignableScopes: role.assignableScopes,
  },
});
