/**
 * Deny assignments (Microsoft.Authorization 2022-04-01).
 * In Azure, clients can only read them: Azure creates them, for managed applications and deployment stacks. Here they
 * come from the state.
 */
import { pageOfBodies } from '../http/pages.ts';
import { armRefusal, type Reply, reply } from '../http/reply.ts';
import { armRoutes, type Call, param, type Route } from '../http/router.ts';
import type { DenyAssignment } from '../state/schema-directory.ts';
import { authorizationVersions } from './api-versions.ts';
import { sameId, within } from './ids.ts';
import { scopeOfCall } from './rbac.ts';

const bodyOf = (one: DenyAssignment) => ({
  id: `${one.scope === '/' ? '' : one.scope}/providers/Microsoft.Authorization/denyAssignments/${one.name}`,
  name: one.name,
  type: 'Microsoft.Authorization/denyAssignments',
  properties: {
    denyAssignmentName: one.displayName,
    description: one.description,
    permissions: one.permissions,
    scope: one.scope,
    doNotApplyToChildScopes: one.doNotApplyToChildScopes,
    principals: one.principals,
    excludePrincipals: one.excludePrincipals,
    isSystemProtected: true,
  },
});

/** Supports the description's filters, except `gdprExportPrincipalId`. Refuses anything else instead of ignoring it. */
const readFilter = (call: Call, filter: string | null): ((one: DenyAssignment) => boolean) => {
  if (filter === null || filter.trim() === '') return () => true;
  const part = filter.trim();
  const scope = scopeOfCall(call);
  if (/^atScope\(\)$/i.test(part)) return (one) => within(scope, one.scope);
  const name = /^denyAssignmentName\s+eq\s+'([^']*)'$/i.exec(part)?.[1];
  if (name !== undefined) return (one) => sameId(one.displayName, name);
  const principal = /^principalId\s+eq\s+'([0-9a-f-]+)'$/i.exec(part)?.[1];
  if (principal !== undefined) return (one) => one.principals.some(({ id }) => sameId(id, principal));
  throw armRefusal(400, 'UnsupportedQuery', `The filter '${part}' is not supported.`);
};

/** Lists deny assignments at the scope, inherited from above it, and below it. */
const listed = (call: Call): Reply => {
  const scope = scopeOfCall(call);
  const keep = readFilter(call, call.incoming.query.get('$filter'));
  const value = call.world.state.denyAssignments
    .filter((one) => (within(scope, one.scope) || within(one.scope, scope)) && keep(one))
    .map(bodyOf);
  return reply(200, pageOfBodies(call, value));
};

/** Code and text from memory. */
const single = (call: Call): Reply => {
  const [name, scope] = [param(call, 'name'), scopeOfCall(call)];
  const found = call.world.state.denyAssignments.find((one) => sameId(one.name, name) && within(scope, one.scope));
  if (found !== undefined) return reply(200, bodyOf(found));
  throw armRefusal(404, 'DenyAssignmentNotFound', `The deny assignment '${name}' is not found.`);
};

const route = armRoutes(authorizationVersions, 'Microsoft.Authorization/denyAssignments');
const all = '/{*scope}/providers/Microsoft.Authorization/denyAssignments';

export const denyAssignmentRoutes: readonly Route[] = [
  route('GET', all, 'read', listed),
  route('GET', `${all}/{name}`, 'read', single),
];
