import { pageOfBodies } from '../http/pages.ts';
import { armRefusal, type Reply, reply } from '../http/reply.ts';
import { type Call, param, type Route } from '../http/router.ts';
import type { RoleDefinition } from '../state/schema-directory.ts';
import { authorizationVersions } from './api-versions.ts';
import { permissionsAt } from './rbac.ts';

const definitionBody = (scope: string, role: RoleDefinition) => ({
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

const subscriptionOf = (scope: string): string => /^\/subscriptions\/[^/]+/i.exec(`/${scope}`)?.[0] ?? '';

/** Recalled text. */
const doesNotExist = (id: string) =>
  armRefusal(404, 'RoleDefinitionDoesNotExist', `The specified role definition with ID '${id}' does not exist.`);

const getDefinition = (call: Call): Reply => {
  const id = param(call, 'id').toLowerCase();
  const role = call.world.state.roleDefinitions.find((one) => one.id === id);
  if (role === undefined) throw doesNotExist(id);
  return reply(200, definitionBody(param(call, 'scope'), role));
};

const listDefinitions = (call: Call): Reply => {
  const wanted = /roleName\s+eq\s+'([^']+)'/i.exec(call.incoming.query.get('$filter') ?? '')?.[1]?.toLowerCase();
  const value = call.world.state.roleDefinitions
    .filter((role) => wanted === undefined || role.roleName.toLowerCase() === wanted)
    .map((role) => definitionBody(param(call, 'scope'), role));
  return reply(200, pageOfBodies(call, value));
};

/** What the caller itself may do at the scope. */
const listPermissions = (call: Call): Reply => {
  const scope = `/${param(call, 'scope')}`;
  return reply(200, { value: permissionsAt(call.world.state, call.caller.principalId, scope, call.now) });
};

const authorizationRoute = (pattern: string, action: string, handle: Route['handle']): Route => ({
  method: 'GET',
  pattern,
  audience: 'arm',
  versions: authorizationVersions,
  action,
  handle,
});

export const roleDefinitionRoutes: readonly Route[] = [
  authorizationRoute(
    '/{*scope}/providers/Microsoft.Authorization/roleDefinitions/{id}',
    'Microsoft.Authorization/roleDefinitions/read',
    getDefinition,
  ),
  authorizationRoute(
    '/{*scope}/providers/Microsoft.Authorization/roleDefinitions',
    'Microsoft.Authorization/roleDefinitions/read',
    listDefinitions,
  ),
  authorizationRoute(
    '/{*scope}/providers/Microsoft.Authorization/permissions',
    'Microsoft.Authorization/permissions/read',
    listPermissions,
  ),
];
