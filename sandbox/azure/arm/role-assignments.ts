/** Role assignments over Resource Manager: who gets which role, and the refusals of such a write. */

import { z } from 'zod';
import { Refusal } from '../../http.ts';
import type { Call, Route } from '../http.ts';
import { parseBody } from '../incoming.ts';
import { later, reached } from '../latency.ts';
import type { FilterPart } from '../lists.ts';
import { resourcesIn } from '../resources.ts';
import { RoleAssignment } from '../state/principals.ts';
import type { SimulatorState } from '../state/schema.ts';
import { authorizationVersions } from './api-versions.ts';
import { assignmentBody, groupsOf } from './authorization.ts';
import { resourceNotFound } from './existence.ts';
import { type AtScope, extensionRoutes } from './extensions.ts';
import { sameId, within } from './ids.ts';
import { refused } from './role-definitions.ts';

const PrincipalType = z.enum(['ServicePrincipal', 'User', 'Group']);

const AssignmentBody = z.strictObject({
  properties: z.strictObject({
    roleDefinitionId: z.string(),
    principalId: z.guid(),
    principalType: PrincipalType.optional(),
    ...RoleAssignment.pick({ description: true, condition: true, conditionVersion: true }).shape,
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

/** Returns the type of principal. A new principal isn't found until it has propagated, even if its type is given (public reports). */
const kindOf = (state: SimulatorState, principalId: string, now: Date): PrincipalType => {
  const principal = state.principals.find((one) => sameId(one.id, principalId));
  if (principal !== undefined && reached(principal.replicatedAt, now)) return 'ServicePrincipal';
  if (state.users.some((one) => sameId(one.id, principalId))) return 'User';
  if (state.groups.some((one) => sameId(one.id, principalId))) return 'Group';
  throw principalNotFound(state, principalId);
};

/** ARM finds a resource before it assigns a role on it. It is unknown if Azure also checks keys; the simulator doesn't. */
const requireScope = (state: SimulatorState, scope: string): void => {
  if (!/\/providers\//i.test(scope)) return;
  const workspaces = state.workspaces.map(({ id }) => id);
  const owners = [...resourcesIn(state).map(({ id }) => id), ...workspaces];
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

/** Refuses duplicates and changes. Real codes and texts, from public reports; the existing assignment's ID has no dashes. */
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

/** Returns the assignment to store: the existing one if it is written again. */
const readAssignment = (call: Call, { name, scope }: AtScope): RoleAssignment => {
  const { state, latency } = call.world;
  requireScope(state, scope);
  const { properties } = parseBody(AssignmentBody, call.incoming.body);
  const { scope: _, delegatedManagedIdentityResourceId: _delegated, ...sent } = properties;
  const roleDefinitionId = requireRole(state, sent.roleDefinitionId);
  const principalType = kindOf(state, sent.principalId, call.now);
  requireSameKind(sent.principalId, principalType, sent.principalType);
  const wanted: RoleAssignment = {
    ...sent,
    name,
    scope,
    roleDefinitionId,
    principalType,
    createdOn: call.now.toISOString(),
    createdBy: call.caller.principalId,
    effectiveAt: later(call.now, latency.propagation),
  };
  requireNoConflict(state, wanted);
  return state.roleAssignments.find((one) => sameId(one.name, name)) ?? wanted;
};

/** The filters of the 2022-04-01 description. */
const assignmentFilters = (call: Call): readonly FilterPart<RoleAssignment>[] => [
  [/^principalId\s+eq\s+'?([0-9a-f-]+)'?$/i, (id) => (one) => sameId(one.principalId, id)],
  [
    /^assignedTo\('([0-9a-f-]+)'\)$/i,
    (holder) => {
      const holders = new Set([holder, ...groupsOf(call.world.state, holder)]);
      return (one) => holders.has(one.principalId);
    },
  ],
];

export const roleAssignmentRoutes: readonly Route[] = extensionRoutes<RoleAssignment>({
  type: 'roleAssignments',
  versions: authorizationVersions,
  listIn: (state) => state.roleAssignments,
  bodyOf: assignmentBody,
  read: readAssignment,
  showsDeleted: true,
  filters: assignmentFilters,
  notFound: (name) => refused('RoleAssignmentNotFound', `The role assignment '${name}' is not found.`, 404),
});
