import { pageOfBodies } from '../http/pages.ts';
import { armRefusal, type Reply, reply } from '../http/reply.ts';
import { type Call, param, type Route } from '../http/router.ts';
import { groupsOf } from '../identity/groups-of.ts';
import type { RoleAssignment } from '../state/schema-directory.ts';
import { authorizationVersions } from './api-versions.ts';
import { sameId, within } from './ids.ts';
import { assignmentBody, scopeOfCall } from './role-assignment-body.ts';
import { putAssignment } from './role-assignment-put.ts';

const byName = (call: Call): RoleAssignment | undefined =>
  call.world.state.roleAssignments.find(
    (one) => sameId(one.name, param(call, 'name')) && sameId(one.scope, scopeOfCall(call)),
  );

const getAssignment = (call: Call): Reply => {
  const found = byName(call);
  if (found !== undefined) return reply(200, assignmentBody(found));
  throw armRefusal(404, 'RoleAssignmentNotFound', `The role assignment '${param(call, 'name')}' is not found.`);
};

const deleteAssignment = (call: Call): Reply => {
  const found = byName(call);
  if (found === undefined) return reply(204);
  call.world.state.roleAssignments = call.world.state.roleAssignments.filter((one) => one !== found);
  return reply(200, assignmentBody(found));
};

/** The filters of the 2022-04-01 description; anything else is refused rather than ignored. */
const readFilter = (call: Call, filter: string | null): ((assignment: RoleAssignment) => boolean) => {
  if (filter === null || filter.trim() === '') return () => true;
  const scope = scopeOfCall(call);
  const tests = filter.split(/\s+and\s+/i).map((part): ((assignment: RoleAssignment) => boolean) => {
    if (/^\s*atScope\(\)\s*$/i.test(part)) return (one) => within(scope, one.scope);
    const principal = /^\s*principalId\s+eq\s+'?([0-9a-f-]+)'?\s*$/i.exec(part)?.[1];
    if (principal !== undefined) return (one) => sameId(one.principalId, principal);
    const holder = /^\s*assignedTo\('([0-9a-f-]+)'\)\s*$/i.exec(part)?.[1];
    if (holder === undefined) {
      throw armRefusal(400, 'UnsupportedQuery', `The filter '${part.trim()}' is not supported.`);
    }
    const holders = new Set([holder, ...groupsOf(call.world.state, holder)]);
    return (one) => holders.has(one.principalId);
  });
  return (one) => tests.every((test) => test(one));
};

/** Assignments at the scope, above it (they are inherited) and below it. */
const listAssignments = (call: Call): Reply => {
  const scope = scopeOfCall(call);
  const keep = readFilter(call, call.incoming.query.get('$filter'));
  const value = call.world.state.roleAssignments
    .filter((one) => (within(scope, one.scope) || within(one.scope, scope)) && keep(one))
    .map(assignmentBody);
  return reply(200, pageOfBodies(call, value));
};

const one = '/{*scope}/providers/Microsoft.Authorization/roleAssignments/{name}';

const assignmentRoute = (method: string, pattern: string, verb: string, handle: Route['handle']): Route => ({
  method,
  pattern,
  audience: 'arm',
  versions: authorizationVersions,
  action: `Microsoft.Authorization/roleAssignments/${verb}`,
  handle,
});

export const roleAssignmentRoutes: readonly Route[] = [
  assignmentRoute('GET', one, 'read', getAssignment),
  assignmentRoute('PUT', one, 'write', putAssignment),
  assignmentRoute('DELETE', one, 'delete', deleteAssignment),
  assignmentRoute('GET', '/{*scope}/providers/Microsoft.Authorization/roleAssignments', 'read', listAssignments),
];
