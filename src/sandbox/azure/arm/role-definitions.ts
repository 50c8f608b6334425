import { z } from 'zod';
import { parseBody } from '../http/incoming.ts';
import { pageOfBodies } from '../http/pages.ts';
import { armRefusal, type Refusal, type Reply, reply } from '../http/reply.ts';
import { armRoutes, type Call, param, type Route } from '../http/router.ts';
import type { RoleDefinition } from '../state/schema-directory.ts';
import { authorizationVersions } from './api-versions.ts';
import { sameId, within } from './ids.ts';
import { listedActions, listedDataActions } from './provider-operations.ts';
import { holds, patternMatches, permissionsAt, scopeOfCall } from './rbac.ts';

const names = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);

const Written = z.object({
  properties: z.object({
    roleName: z.string().nullish(),
    description: z.string().nullish(),
    type: z.string().nullish(),
    permissions: z.array(z.object({ actions: names, notActions: names, dataActions: names, notDataActions: names })),
    assignableScopes: names,
  }),
});
type Properties = z.infer<typeof Written>['properties'];

/** Limit for each tenant, from Microsoft's page on limits. */
const mostCustomRoles = 5000;

const refused = (code: string, message: string, status = 400): Refusal => armRefusal(status, code, message);

/**
 * Refuses actions that aren't listed; a wildcard must match a listed one. The lists hold what this project uses: Azure
 * has tens of thousands more.
 */
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

const scopeShape =
  /^\/(subscriptions\/[0-9a-f-]{36}(\/resourceGroups\/[^/]+)?|providers\/Microsoft\.Management\/managementGroups\/[^/]+)$/i;

/**
 * Checks that the caller can create roles in every assignable scope. Scopes can't be single resources. Texts from
 * memory.
 */
function requireScopes(call: Call, { assignableScopes }: Properties): void {
  if (assignableScopes.length === 0) {
    throw refused('MissingAssignableScopes', 'The role definition has no assignable scopes. At least one is needed.');
  }
  const wrong = assignableScopes.find((scope) => !scopeShape.test(scope));
  if (wrong !== undefined) {
    const text = `Property id '${wrong}' at path 'properties.assignableScopes' is invalid. Expect fully qualified resource Id that start with '/subscriptions/{subscriptionId}' or '/providers/{resourceProviderNamespace}/'.`;
    throw refused('LinkedInvalidPropertyId', text);
  }
  const action = 'Microsoft.Authorization/roleDefinitions/write';
  const { principalId, appId } = call.caller;
  const foreign = assignableScopes.filter(
    (scope) => !holds(call.world.state, { principalId, kind: 'action', action, scope }, call.now),
  );
  if (foreign.length === 0) return;
  throw refused(
    'LinkedAuthorizationFailed',
    `The client '${appId}' with object id '${principalId}' has permission to perform action '${action}' on scope '${call.incoming.path}'; however, it does not have permission to perform action(s) '${action}' on the linked scope(s) '${foreign.join(',')}' (respectively) or the linked scope(s) are invalid.`,
    403,
  );
}

function requireName(call: Call, id: string, roleName: string): void {
  const { roleDefinitions } = call.world.state;
  if (roleName === '') throw refused('RoleDefinitionNameNullOrEmpty', 'The role definition needs a name.');
  if (!roleDefinitions.some((one) => sameId(one.roleName, roleName) && !sameId(one.id, id))) return;
  const text = 'A custom role with the same name already exists in this directory. Use a different name';
  throw refused('RoleDefinitionWithSameNameExists', text, 409);
}

function requireOwn(call: Call, id: string, type: string | null | undefined): RoleDefinition | undefined {
  if (!z.guid().safeParse(id).success) {
    throw refused('InvalidRoleDefinitionId', `The role definition ID '${id}' is not valid. It must be a GUID.`);
  }
  if (type && !sameId(type, 'CustomRole')) {
    throw refused('InvalidRoleDefinitionType', `The role definition type '${type}' is invalid.`);
  }
  const there = call.world.state.roleDefinitions.find((one) => sameId(one.id, id));
  if (there?.type !== 'BuiltInRole') return there;
  throw refused('RoleDefinitionExists', `A role definition with the ID '${id}' already exists.`, 409);
}

/** Answers 201 for a new and for a changed role (2022-04-01 description). */
const putDefinition = (call: Call): Reply => {
  const { state } = call.world;
  const id = param(call, 'id').toLowerCase();
  const { properties } = parseBody(Written, call.incoming.body);
  const { roleName, description, permissions, assignableScopes, type } = properties;
  const there = requireOwn(call, id, type);
  requireName(call, id, roleName ?? '');
  requireScopes(call, properties);
  requireListed(properties);
  if (
    there === undefined &&
    state.roleDefinitions.filter((one) => one.type === 'CustomRole').length >= mostCustomRoles
  ) {
    throw refused(
      'RoleDefinitionLimitExceeded',
      'Role definition limit exceeded. No more role definitions can be created.',
    );
  }
  const role: RoleDefinition = {
    id,
    roleName: roleName ?? '',
    description: description ?? '',
    type: 'CustomRole',
    permissions,
    assignableScopes,
  };
  state.roleDefinitions = [...state.roleDefinitions.filter((one) => one !== there), role];
  return reply(201, definitionBody(scopeOfCall(call), role));
};

/** The status of the refusal is from memory. */
const deleteDefinition = (call: Call): Reply => {
  const { state } = call.world;
  const id = param(call, 'id').toLowerCase();
  const there = requireOwn(call, id, null);
  if (there === undefined) return reply(204);
  if (state.roleAssignments.some((one) => sameId(one.roleDefinitionId, id))) {
    throw refused('RoleDefinitionHasAssignments', 'There are existing role assignments referencing role.', 409);
  }
  state.roleDefinitions = state.roleDefinitions.filter((one) => one !== there);
  return reply(200, definitionBody(scopeOfCall(call), there));
};

/** Text from memory. */
const doesNotExist = (id: string) =>
  armRefusal(404, 'RoleDefinitionDoesNotExist', `The specified role definition with ID '${id}' does not exist.`);

/** Built-in roles are assignable everywhere, custom roles only in their assignable scopes. */
const assignableAt = (role: RoleDefinition, scope: string): boolean =>
  role.type === 'BuiltInRole' || role.assignableScopes.some((one) => within(scope, one));

/** Finds a role by ID at any scope. It is unknown if Azure checks the assignable scopes here. */
const getDefinition = (call: Call): Reply => {
  const id = param(call, 'id').toLowerCase();
  const role = call.world.state.roleDefinitions.find((one) => one.id === id);
  if (role === undefined) throw doesNotExist(id);
  return reply(200, definitionBody(scopeOfCall(call), role));
};

/**
 * Supports the filters of Microsoft's page on listing role definitions. Refuses anything else instead of ignoring it.
 */
const readFilter = (filter: string, scope: string): ((role: RoleDefinition) => boolean) => {
  const tests = filter.split(/\s+and\s+/i).map((part): ((role: RoleDefinition) => boolean) => {
    const name = /^\s*roleName\s+eq\s+'([^']*)'\s*$/i.exec(part)?.[1];
    if (name !== undefined) return (role) => sameId(role.roleName, name);
    const type = /^\s*type\s+eq\s+'(\w+)'\s*$/i.exec(part)?.[1];
    if (type !== undefined) return (role) => sameId(role.type, type);
    if (/^\s*atScopeAndBelow\(\)\s*$/i.test(part)) return () => true;
    throw armRefusal(400, 'UnsupportedQuery', `The filter '${part.trim()}' is not supported.`);
  });
  const below = /atScopeAndBelow\(\)/i.test(filter);
  return (role) =>
    tests.every((test) => test(role)) &&
    (assignableAt(role, scope) || (below && role.assignableScopes.some((one) => within(one, scope))));
};

const listDefinitions = (call: Call): Reply => {
  const filter = call.incoming.query.get('$filter') ?? '';
  const scope = scopeOfCall(call);
  const keep = filter.trim() === '' ? (role: RoleDefinition) => assignableAt(role, scope) : readFilter(filter, scope);
  const value = call.world.state.roleDefinitions.filter(keep).map((role) => definitionBody(scope, role));
  return reply(200, pageOfBodies(call, value));
};

/** Lists the caller's own permissions at the scope. Azure's list doesn't contain conditions. */
const listPermissions = (call: Call): Reply => {
  const scope = scopeOfCall(call);
  const value = permissionsAt(call.world.state, call.caller.principalId, scope, call.now).map(
    ({ actions, notActions, dataActions, notDataActions }) => ({ actions, notActions, dataActions, notDataActions }),
  );
  return reply(200, { value });
};

const route = armRoutes(authorizationVersions, 'Microsoft.Authorization');
const provider = '/{*scope}/providers/Microsoft.Authorization';

export const roleDefinitionRoutes: readonly Route[] = [
  route('GET', `${provider}/roleDefinitions/{id}`, 'roleDefinitions/read', getDefinition),
  route('PUT', `${provider}/roleDefinitions/{id}`, 'roleDefinitions/write', putDefinition),
  route('DELETE', `${provider}/roleDefinitions/{id}`, 'roleDefinitions/delete', deleteDefinition),
  route('GET', `${provider}/roleDefinitions`, 'roleDefinitions/read', listDefinitions),
  route('GET', `${provider}/permissions`, 'permissions/read', listPermissions),
];

const subscriptionOf = (scope: string): string => /^\/subscriptions\/[^/]+/i.exec(scope)?.[0] ?? '';

/** The shape of `RoleDefinition` in the 2022-04-01 description. That of built-in roles also has conditions. */
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
