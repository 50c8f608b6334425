import { pageOfBodies } from '../http/pages.ts';
import { armRefusal, type Reply, reply } from '../http/reply.ts';
import { type Call, param, type Route } from '../http/router.ts';
import type { RoleDefinition } from '../state/schema-directory.ts';
import { authorizationVersions } from './api-versions.ts';
import { sameId, within } from './ids.ts';
import { permissionsAt } from './rbac.ts';
import { definitionBody } from './role-definition-body.ts';
import { deleteDefinition, putDefinition } from './role-definition-put.ts';

/** Recalled text. */
const doesNotExist = (id: string) =>
  armRefusal(404, 'RoleDefinitionDoesNotExist', `The specified role definition with ID '${id}' does not exist.`);

/** Every role for everybody to see; a custom one where it can be assigned. */
const assignableAt = (role: RoleDefinition, scope: string): boolean =>
  role.type === 'BuiltInRole' || role.assignableScopes.some((one) => within(scope, one));

/** By its id a role is found at any scope: whether Azure looks at the assignable ones there is not known. */
const getDefinition = (call: Call): Reply => {
  const id = param(call, 'id').toLowerCase();
  const role = call.world.state.roleDefinitions.find((one) => one.id === id);
  if (role === undefined) throw doesNotExist(id);
  return reply(200, definitionBody(param(call, 'scope'), role));
};

/** The filters of Microsoft's page on listing role definitions; anything else is refused rather than ignored. */
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
  const scope = `/${param(call, 'scope')}`;
  const keep = filter.trim() === '' ? (role: RoleDefinition) => assignableAt(role, scope) : readFilter(filter, scope);
  const value = call.world.state.roleDefinitions.filter(keep);
  return reply(
    200,
    pageOfBodies(
      call,
      value.map((role) => definitionBody(param(call, 'scope'), role)),
    ),
  );
};

/** What the caller itself may do at the scope. Conditions have no place in this list. */
const listPermissions = (call: Call): Reply => {
  const scope = `/${param(call, 'scope')}`;
  const value = permissionsAt(call.world.state, call.caller.principalId, scope, call.now).map(
    ({ actions, notActions, dataActions, notDataActions }) => ({ actions, notActions, dataActions, notDataActions }),
  );
  return reply(200, { value });
};

const route = (method: string, tail: string, right: string, handle: Route['handle']): Route => ({
  method,
  pattern: `/{*scope}/providers/Microsoft.Authorization/${tail}`,
  audience: 'arm',
  versions: authorizationVersions,
  action: `Microsoft.Authorization/${right}`,
  handle,
});

export const roleDefinitionRoutes: readonly Route[] = [
  route('GET', 'roleDefinitions/{id}', 'roleDefinitions/read', getDefinition),
  route('PUT', 'roleDefinitions/{id}', 'roleDefinitions/write', putDefinition),
  route('DELETE', 'roleDefinitions/{id}', 'roleDefinitions/delete', deleteDefinition),
  route('GET', 'roleDefinitions', 'roleDefinitions/read', listDefinitions),
  route('GET', 'permissions', 'permissions/read', listPermissions),
];
