import { z } from 'zod';
import { Refusal, type Reply, reply } from '../../http.ts';
import { parseBody } from '../http/incoming.ts';
import { type FilterPart, pageOf, readFilter } from '../http/lists.ts';
import { armRoutes, type Call, param, type Route } from '../http/router.ts';
import { later, reached } from '../state/latency.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { RoleAssignment } from '../state/schema-directory.ts';
import { authorizationVersions } from './api-versions.ts';
import { resourceNotFound } from './authorize.ts';
import { agentId, sameId, vaultId, within } from './ids.ts';
import { assignmentBody, atOrNear, atScope, groupsOf, namedHere, scopeOfCall } from './rbac.ts';

const PrincipalType = z.enum(['ServicePrincipal', 'User', 'Group']);

const AssignmentBody = z.strictObject({
  properties: z.strictObject({
    roleDefinitionId: z.string(),
    principalId: z.guid(),
    principalType: PrincipalType.optional(),
    description: z.string().nullable().default(null),
    condition: z.string().nullable().default(null),
    conditionVersion: z.string().nullable().default(null),
    scope: z.string().optional(),
    delegatedManagedIdentityResourceId: z.string().nullish(),
  }),
});

type PrincipalType = z.infer<typeof PrincipalType>;

/** Real text, with both ids as 32 hex digits; HTTP 400 by a Microsoft community post. */
const principalNotFound = (state: SimulatorState, principalId: string): Refusal =>
  Refusal.of(
    400,
    'PrincipalNotFound',
    `Principal ${principalId.replaceAll('-', '')} does not exist in the directory ${state.tenantId}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group. See https://aka.ms/docs-principaltype`,
  );

/**
 * Returns the type of principal. A new principal isn't found until it has propagated, even if its type is given (public
 * reports).
 */
const kindOf = (state: SimulatorState, principalId: string, now: Date): PrincipalType => {
  const principal = state.principals.find((one) => sameId(one.id, principalId));
  if (principal !== undefined && reached(principal.replicatedAt, now)) return 'ServicePrincipal';
  if (state.users.some((one) => sameId(one.id, principalId))) return 'User';
  if (state.groups.some((one) => sameId(one.id, principalId))) return 'Group';
  throw principalNotFound(state, principalId);
};

/**
 * ARM finds a resource before it assigns a role on it. It is unknown if Azure also checks keys; the simulator doesn't.
 */
const requireScope = (state: SimulatorState, scope: string): void => {
  if (!/\/providers\//i.test(scope)) return;
  const workspaces = state.workspaces.map(({ id }) => id);
  const owners = [...state.agents.map(agentId), ...state.vaults.map(vaultId), ...workspaces];
  if (!owners.some((id) => within(scope, id))) throw resourceNotFound(scope);
};

const requireRole = (state: SimulatorState, roleDefinitionId: string): string => {
  const id = roleDefinitionId.split('/').at(-1)?.toLowerCase() ?? '';
  if (state.roleDefinitions.some((role) => role.id === id)) return id;
  const message = `The specified role definition with ID '${id.replaceAll('-', '')}' does not exist.`;
  throw Refusal.of(400, 'RoleDefinitionDoesNotExist', message);
};

/** Real code. The misspelled `PrinciaplType` is Azure's (from memory, public reports). */
const requireSameKind = (principalId: string, kind: PrincipalType, asked: PrincipalType | undefined): void => {
  if (asked === undefined || asked === kind) return;
  const message = `The PrincipalId '${principalId.replaceAll('-', '')}' has type '${kind}' , which is different from specified PrinciaplType '${asked}'.`;
  throw Refusal.of(400, 'UnmatchedPrincipalType', message);
};

const sameGrant = (a: RoleAssignment, b: RoleAssignment): boolean =>
  sameId(a.scope, b.scope) && sameId(a.principalId, b.principalId) && a.roleDefinitionId === b.roleDefinitionId;

/**
 * Refuses duplicates and changes. Real codes and texts, from public reports; the existing assignment's ID has no
 * dashes.
 */
const requireNoConflict = (state: SimulatorState, wanted: RoleAssignment): void => {
  const twin = state.roleAssignments.find((one) => sameGrant(one, wanted) && !sameId(one.name, wanted.name));
  if (twin !== undefined) {
    const message = `The role assignment already exists. The ID of the existing role assignment is ${twin.name.replaceAll('-', '')}.`;
    throw Refusal.of(409, 'RoleAssignmentExists', message);
  }
  const namesake = state.roleAssignments.find((one) => sameId(one.name, wanted.name) && !sameGrant(one, wanted));
  if (namesake === undefined) return;
  const message = 'Tenant ID, application ID, principal ID, and scope are not allowed to be updated.';
  throw Refusal.of(400, 'RoleAssignmentUpdateNotPermitted', message);
};

/** Answers 201 for a new assignment, 200 for the same one again. */
const putAssignment = (call: Call): Reply => {
  const { state, latency } = call.world;
  const name = param(call, 'name');
  const scope = scopeOfCall(call);
  requireScope(state, scope);
  const { properties } = parseBody(AssignmentBody, call.incoming.body);
  const roleDefinitionId = requireRole(state, properties.roleDefinitionId);
  const principalType = kindOf(state, properties.principalId, call.now);
  requireSameKind(properties.principalId, principalType, properties.principalType);
  const wanted: RoleAssignment = {
    name,
    scope,
    roleDefinitionId,
    principalId: properties.principalId,
    principalType,
    description: properties.description,
    condition: properties.condition,
    conditionVersion: properties.conditionVersion,
    createdOn: call.now.toISOString(),
    createdBy: call.caller.principalId,
    effectiveAt: later(call.now, latency.propagation),
  };
  requireNoConflict(state, wanted);
  const existing = state.roleAssignments.find((one) => sameId(one.name, name));
  if (existing !== undefined) return reply(200, assignmentBody(existing));
  state.roleAssignments.push(wanted);
  return reply(201, assignmentBody(wanted));
};

const byName = (call: Call): RoleAssignment | undefined => namedHere(call, call.world.state.roleAssignments);

const getAssignment = (call: Call): Reply => {
  const found = byName(call);
  if (found !== undefined) return reply(200, assignmentBody(found));
  throw Refusal.of(404, 'RoleAssignmentNotFound', `The role assignment '${param(call, 'name')}' is not found.`);
};

const deleteAssignment = (call: Call): Reply => {
  const found = byName(call);
  if (found === undefined) return reply(204);
  call.world.state.roleAssignments = call.world.state.roleAssignments.filter((one) => one !== found);
  return reply(200, assignmentBody(found));
};

/** The filters of the 2022-04-01 description. */
const filters = (call: Call): readonly FilterPart<RoleAssignment>[] => [
  atScope(call),
  [/^principalId\s+eq\s+'?([0-9a-f-]+)'?$/i, (id) => (one) => sameId(one.principalId, id)],
  [
    /^assignedTo\('([0-9a-f-]+)'\)$/i,
    (holder) => {
      const holders = new Set([holder, ...groupsOf(call.world.state, holder)]);
      return (one) => holders.has(one.principalId);
    },
  ],
];

const listAssignments = (call: Call): Reply => {
  const found = atOrNear(call, call.world.state.roleAssignments).filter(readFilter(call, filters(call)));
  return reply(200, pageOf(call, found.map(assignmentBody)));
};

const all = '/{*scope}/providers/Microsoft.Authorization/roleAssignments';

const route = armRoutes(authorizationVersions, 'Microsoft.Authorization/roleAssignments');

export const roleAssignmentRoutes: readonly Route[] = [
  route('GET', `${all}/{name}`, 'read', getAssignment),
  route('PUT', `${all}/{name}`, 'write', putAssignment),
  route('DELETE', `${all}/{name}`, 'delete', deleteAssignment),
  route('GET', all, 'read', listAssignments),
];
