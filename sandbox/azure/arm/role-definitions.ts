/** Role definitions over Resource Manager: built-in and custom roles, and the own permissions of a caller. */

import { z } from 'zod';
import { Refusal, type Reply, reply } from '../../http.ts';
import { armRoutes, type Call, param, type Route } from '../http.ts';
import { Names, parseBody } from '../incoming.ts';
import { type FilterPart, pageOf, readFilter } from '../lists.ts';
import type { RoleDefinition } from '../state/principals.ts';
import { authorizationVersions } from './api-versions.ts';
import { definitionIdAt, patternMatches, permissionsAt, requireLinked, scopeOfCall } from './authorization.ts';
import { sameId, within } from './ids.ts';
import { listedActions, listedDataActions } from './provider-operations.ts';

/** Scopes can't be single resources. */
const AssignableScope = z
  .string()
  .regex(
    /^\/(subscriptions\/[0-9a-f-]{36}(\/resourceGroups\/[^/]+)?|providers\/Microsoft\.Management\/managementGroups\/[^/]+)$/i,
  );

const Written = z.object({
  properties: z.object({
    roleName: z.string().min(1),
    description: z.string().nullish(),
    type: z.literal('CustomRole').nullish(),
    permissions: z.array(z.object({ actions: Names, notActions: Names, dataActions: Names, notDataActions: Names })),
    assignableScopes: z.array(AssignableScope).min(1),
  }),
});
type Properties = z.infer<typeof Written>['properties'];

export const refused = (code: string, message: string, status = 400): Refusal => Refusal.of(status, code, message);

/** Refuses actions that aren't listed; a wildcard must match a listed one. Azure lists tens of thousands more. */
function requireListed({ permissions }: Properties): void {
  const unlisted = (given: readonly string[], listed: readonly string[]): string | undefined =>
    given.find((pattern) => !listed.some((name) => patternMatches(pattern, name)));
  for (const one of permissions) {
    const action = unlisted([...one.actions, ...one.notActions], listedActions);
    const dataAction = unlisted([...one.dataActions, ...one.notDataActions], listedDataActions);
    const found = action ?? dataAction;
    if (found === undefined) continue;
    const code = action === undefined ? 'InvalidDataActionOrNotDataAction' : 'InvalidActionOrNotAction';
    throw refused(code, `'${found}' does not match any of the actions supported by the providers.`);
  }
}

function requireFreeName(call: Call, id: string, roleName: string): void {
  const { roleDefinitions } = call.world.state;
  if (!roleDefinitions.some((one) => sameId(one.roleName, roleName) && !sameId(one.id, id))) return;
  const text = 'A custom role with the same name already exists in this directory. Use a different name';
  throw refused('RoleDefinitionWithSameNameExists', text, 409);
}

function requireOwn(call: Call, id: string): RoleDefinition | undefined {
  if (!z.guid().safeParse(id).success) {
    throw refused('InvalidRoleDefinitionId', `The role definition ID '${id}' is not valid. It must be a GUID.`);
  }
  const there = call.world.state.roleDefinitions.find((one) => sameId(one.id, id));
  if (there?.type !== 'BuiltInRole') return there;
  throw refused('RoleDefinitionExists', `A role definition with the ID '${id}' already exists.`, 409);
}

const writeAction = 'Microsoft.Authorization/roleDefinitions/write';

/** Answers 201 for a new and for a changed role (2022-04-01 description). */
const putDefinition = (call: Call): Reply => {
  const { state } = call.world;
  const id = param(call, 'id').toLowerCase();
  const { properties } = parseBody(Written, call.incoming.body);
  const { roleName, description, permissions, assignableScopes } = properties;
  const there = requireOwn(call, id);
  requireFreeName(call, id, roleName);
  requireLinked(call, writeAction, writeAction, assignableScopes);
  requireListed(properties);
  const given = { id, roleName, description: description ?? '', permissions, assignableScopes };
  const role: RoleDefinition = { ...given, type: 'CustomRole' };
  state.roleDefinitions = [...state.roleDefinitions.filter((one) => one !== there), role];
  return reply(201, definitionBody(scopeOfCall(call), role));
};

/** The status of the refusal is from memory. */
const deleteDefinition = (call: Call): Reply => {
  const { state } = call.world;
  const id = param(call, 'id').toLowerCase();
  const there = requireOwn(call, id);
  if (there === undefined) return reply(204);
  if (state.roleAssignments.some((one) => sameId(one.roleDefinitionId, id))) {
    throw refused('RoleDefinitionHasAssignments', 'There are existing role assignments referencing role.', 409);
  }
  state.roleDefinitions = state.roleDefinitions.filter((one) => one !== there);
  return reply(200, definitionBody(scopeOfCall(call), there));
};

/** Built-in roles are assignable everywhere, custom roles only in their assignable scopes. */
const assignableAt = (role: RoleDefinition, scope: string): boolean =>
  role.type === 'BuiltInRole' || role.assignableScopes.some((one) => within(scope, one));

/** Finds a role by ID at any scope. It is unknown if Azure checks the assignable scopes here. */
const getDefinition = (call: Call): Reply => {
  const id = param(call, 'id').toLowerCase();
  const role = call.world.state.roleDefinitions.find((one) => one.id === id);
  if (role !== undefined) return reply(200, definitionBody(scopeOfCall(call), role));
  // Text from memory.
  throw refused('RoleDefinitionDoesNotExist', `The specified role definition with ID '${id}' does not exist.`, 404);
};

/** The filters of Microsoft's page on listing role definitions. */
const filters: readonly FilterPart<RoleDefinition>[] = [
  [/^roleName\s+eq\s+'([^']*)'$/i, (name) => (role) => sameId(role.roleName, name)],
  [/^type\s+eq\s+'(\w+)'$/i, (type) => (role) => sameId(role.type, type)],
  [/^atScopeAndBelow\(\)$/i, () => () => true],
];

const listDefinitions = (call: Call): Reply => {
  const scope = scopeOfCall(call);
  const below = /atScopeAndBelow\(\)/i.test(call.incoming.query.get('$filter') ?? '');
  const value = call.world.state.roleDefinitions
    .filter(readFilter(call, filters))
    .filter((role) => assignableAt(role, scope) || (below && role.assignableScopes.some((one) => within(one, scope))))
    .map((role) => definitionBody(scope, role));
  return reply(200, pageOf(call, value));
};

/** Lists the caller's own permissions at the scope. Azure's list doesn't contain conditions. */
const listPermissions = (call: Call): Reply => {
  const scope = scopeOfCall(call);
  const value = permissionsAt(call.world.state, call.caller.principalId, scope, call.now).map(
    ({ actions, notActions, dataActions, notDataActions }) => ({ actions, notActions, dataActions, notDataActions }),
  );
  return reply(200, { value });
};

const definitionRoute = armRoutes(authorizationVersions, 'Microsoft.Authorization');
const provider = '/{*scope}/providers/Microsoft.Authorization';

export const roleDefinitionRoutes: readonly Route[] = [
  definitionRoute('GET', `${provider}/roleDefinitions/{id}`, 'roleDefinitions/read', getDefinition),
  definitionRoute('PUT', `${provider}/roleDefinitions/{id}`, 'roleDefinitions/write', putDefinition),
  definitionRoute('DELETE', `${provider}/roleDefinitions/{id}`, 'roleDefinitions/delete', deleteDefinition),
  definitionRoute('GET', `${provider}/roleDefinitions`, 'roleDefinitions/read', listDefinitions),
  definitionRoute('GET', `${provider}/permissions`, 'permissions/read', listPermissions),
];

/** The shape of `RoleDefinition` in the 2022-04-01 description. That of built-in roles also has conditions. */
const definitionBody = (scope: string, { id, ...properties }: RoleDefinition) => ({
  id: definitionIdAt(scope, id),
  name: id,
  type: 'Microsoft.Authorization/roleDefinitions',
  properties,
});
