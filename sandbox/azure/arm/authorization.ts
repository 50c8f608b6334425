/** Azure RBAC: what a principal can do, and where. */

import { z } from 'zod';
import { Refusal } from '../../http.ts';
import { type Call, param } from '../http.ts';
import type { Caller } from '../identity/tokens.ts';
import { reached } from '../latency.ts';
import type { FilterPart } from '../lists.ts';
import type { DenyAssignment, Permission, RoleAssignment } from '../state/principals.ts';
import type { SimulatorState } from '../state/schema.ts';
import { type Attributes, conditionHolds, noAttributes } from './conditions.ts';
import { sameId, within } from './ids.ts';

/**
 * Returns true if the action matches the pattern.
 * A star matches any text. Between two slashes it can match nothing, and leaves one slash. Key Vault Reader (whose read
 * permission has a star between `vaults` and `read`) and Managed Identity Operator need this to allow what Microsoft
 * says they do. This is inferred: Microsoft's page on wildcards doesn't say it.
 */
export const patternMatches = (pattern: string, action: string): boolean => {
  const source = pattern
    .split('/*/')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*'))
    .join('/(?:.*/)?');
  return new RegExp(`^${source}$`, 'i').test(action);
};

const anyMatches = (patterns: readonly string[], action: string): boolean =>
  patterns.some((pattern) => patternMatches(pattern, action));

const allows = (permission: Permission, kind: 'action' | 'data-action', action: string): boolean =>
  kind === 'action'
    ? anyMatches(permission.actions, action) && !anyMatches(permission.notActions, action)
    : anyMatches(permission.dataActions, action) && !anyMatches(permission.notDataActions, action);

/** Returns the role assignments of the principal and its groups that are effective at the scope now. */
const assignmentsAt = (
  state: SimulatorState,
  principalId: string,
  scope: string,
  now: Date,
): readonly RoleAssignment[] => {
  const holders = new Set([principalId, ...groupsOf(state, principalId)]);
  return state.roleAssignments.filter(
    (one) => holders.has(one.principalId) && within(scope, one.scope) && reached(one.effectiveAt, now),
  );
};

const permissionsOf = (state: SimulatorState, assignment: RoleAssignment): readonly Permission[] =>
  state.roleDefinitions.find((role) => role.id === assignment.roleDefinitionId)?.permissions ?? [];

/** Returns what the assignments allow, without their conditions, as Azure's list of a caller's own permissions does. */
export const permissionsAt = (
  state: SimulatorState,
  principalId: string,
  scope: string,
  now: Date,
): readonly Permission[] =>
  assignmentsAt(state, principalId, scope, now).flatMap((assignment) => permissionsOf(state, assignment));

/** A permission check: action, principal and scope. */
export interface Wanted {
  readonly principalId: string;
  readonly kind: 'action' | 'data-action';
  readonly action: string;
  readonly scope: string;
  /** What a condition can compare. Without it, conditions that compare attributes aren't fulfilled. */
  readonly attributes?: Attributes;
}

/** Returns the role assignment that allows the action. Ignores deny assignments. */
export const allowedBy = (state: SimulatorState, wanted: Wanted, now: Date): RoleAssignment | undefined => {
  const { principalId, kind, action, scope, attributes = noAttributes } = wanted;
  const fulfilled = (condition: string | null | undefined): boolean =>
    condition === null || condition === undefined || conditionHolds(condition, action, attributes);
  return assignmentsAt(state, principalId, scope, now).find(
    (assignment) =>
      permissionsOf(state, assignment).some((one) => allows(one, kind, action) && fulfilled(one.condition)) &&
      fulfilled(assignment.condition),
  );
};

/** This principal means all principals (Microsoft's page on deny assignments). */
const everyone = '00000000-0000-0000-0000-000000000000';

/** Returns the deny assignment that blocks the action for this principal. */
export const deniedBy = (state: SimulatorState, wanted: Wanted): DenyAssignment | undefined => {
  const holders = new Set([wanted.principalId, ...groupsOf(state, wanted.principalId)]);
  const names = (principals: DenyAssignment['principals']): boolean =>
    principals.some(({ id }) => id === everyone || holders.has(id));
  return state.denyAssignments.find(
    (one) =>
      (one.doNotApplyToChildScopes ? sameId(wanted.scope, one.scope) : within(wanted.scope, one.scope)) &&
      names(one.principals) &&
      !names(one.excludePrincipals) &&
      one.permissions.some((permission) => allows(permission, wanted.kind, wanted.action)),
  );
};

export const holds = (state: SimulatorState, wanted: Wanted, now: Date): boolean =>
  allowedBy(state, wanted, now) !== undefined && deniedBy(state, wanted) === undefined;

/** Returns true if the caller has this ARM action at the scope. */
export const callerHolds = ({ world, caller, now }: Call, action: string, scope: string): boolean =>
  holds(world.state, { principalId: caller.principalId, kind: 'action', action, scope }, now);

/** Returns true if the principal has any ARM action at the scope, above it or below it. */
export const holdsAnyIn = (state: SimulatorState, principalId: string, scope: string, now: Date): boolean => {
  const holders = new Set([principalId, ...groupsOf(state, principalId)]);
  return state.roleAssignments.some(
    (one) =>
      holders.has(one.principalId) &&
      (within(scope, one.scope) || within(one.scope, scope)) &&
      reached(one.effectiveAt, now) &&
      permissionsOf(state, one).some(({ actions }) => actions.length > 0),
  );
};

/** Returns the scope at which an action on this path is checked: for a list, its parent. */
export const scopeOf = (path: string): string => {
  const list = /^(.*)\/providers\/[^/]+\/[^/]+$/i.exec(path);
  return list?.[1] ?? path;
};

export const scopeOfCall = (call: Call): string => `/${param(call, 'scope')}`;

/** Returns the entry with the name and the scope in the path. */
export const namedHere = <T extends { readonly name: string; readonly scope: string }>(
  call: Call,
  all: readonly T[],
): T | undefined => all.find((one) => sameId(one.name, param(call, 'name')) && sameId(one.scope, scopeOfCall(call)));

/** Returns the entries at the scope of the path, inherited from above it, and below it. */
export const atOrNear = <T extends { readonly scope: string }>(call: Call, all: readonly T[]): readonly T[] => {
  const scope = scopeOfCall(call);
  return all.filter((one) => within(scope, one.scope) || within(one.scope, scope));
};

/** The filter that leaves out what is below the scope. */
export const atScope = <T extends { readonly scope: string }>(call: Call): FilterPart<T> => [
  /^atScope\(\)$/i,
  () => (one) => within(scopeOfCall(call), one.scope),
];

const assignmentId = ({ scope, name }: RoleAssignment): string =>
  `${scope === '/' ? '' : scope}/providers/Microsoft.Authorization/roleAssignments/${name}`;

/** Returns the address of a role in the subscription of a scope. */
export const definitionIdAt = (scope: string, id: string): string =>
  `${/^\/subscriptions\/[^/]+/i.exec(scope)?.[0] ?? ''}/providers/Microsoft.Authorization/roleDefinitions/${id}`;

/** The shape of `RoleAssignment` in the 2022-04-01 description: what is null is left out. */
export const assignmentBody = (assignment: RoleAssignment) => {
  const { name, scope, effectiveAt: _, ...given } = assignment;
  const { createdOn, createdBy } = given;
  const roleDefinitionId = definitionIdAt(scope, given.roleDefinitionId);
  const properties = { scope, ...given, roleDefinitionId, updatedOn: createdOn, updatedBy: createdBy };
  return {
    id: assignmentId(assignment),
    name,
    type: 'Microsoft.Authorization/roleAssignments',
    properties: Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null)),
  };
};

const reachable = (start: string, next: (id: string) => readonly string[]): ReadonlySet<string> => {
  const found = new Set(next(start));
  // A set's loop also meets what is added during it.
  for (const id of found) for (const one of next(id)) found.add(one);
  return found;
};

/** Returns the IDs of all groups of the member, including nested groups. */
export const groupsOf = ({ groups }: SimulatorState, memberId: string): ReadonlySet<string> =>
  reachable(memberId, (id) => groups.filter((group) => group.memberIds.includes(id)).map((group) => group.id));

/** Returns the IDs of all members of a group, including members of nested groups. */
export const membersOf = (state: SimulatorState, groupId: string): ReadonlySet<string> => {
  const groups = new Map(state.groups.map(({ id, memberIds }) => [id, memberIds]));
  return reachable(groupId, (id) => groups.get(id) ?? []);
};

/** With `condition`, a role allows the action, but its condition doesn't. Real texts, from many public reports. */
export const authorizationFailed = (caller: Caller, action: string, scope: string, condition = false): Refusal =>
  Refusal.of(
    403,
    'AuthorizationFailed',
    `The client '${caller.appId}' with object id '${caller.principalId}' does not have authorization ${condition ? 'or an ABAC condition not fulfilled ' : ''}to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );

/** For a caller whose role allows the action, but a deny assignment blocks it. Real code and text, from public reports. */
const denied = (caller: Caller, action: string, scope: string, by: DenyAssignment): Refusal =>
  Refusal.of(
    403,
    'DenyAssignmentAuthorizationFailed',
    `The client '${caller.appId}' with object id '${caller.principalId}' has permission to perform action '${action}' on scope '${scope}'; however, the access is denied because of the deny assignment with name '${by.displayName}' and Id '${by.name.replaceAll('-', '')}' at scope '${by.scope}'.`,
  );

const AssignmentWrite = z.object({
  properties: z.object({
    roleDefinitionId: z.string(),
    principalId: z.string(),
    principalType: z.string().default('User'),
  }),
});

type AssignmentRights = z.infer<typeof AssignmentWrite>['properties'];

const attributesOf = ({ roleDefinitionId, principalId, principalType }: AssignmentRights): Map<string, string> => {
  const attribute = (name: string): string => `Microsoft.Authorization/roleAssignments:${name}`;
  return new Map([
    [attribute('RoleDefinitionId'), roleDefinitionId.split('/').at(-1) ?? ''],
    [attribute('PrincipalId'), principalId],
    [attribute('PrincipalType'), principalType],
  ]);
};

/** Returns what a condition can compare: attributes of the requested role assignment and of the existing one. */
const attributesFor = (state: SimulatorState, scope: string, body: unknown): Attributes => {
  const written = AssignmentWrite.safeParse(body);
  const there = state.roleAssignments.find((one) => sameId(assignmentId(one), scope));
  return {
    Request: written.success ? attributesOf(written.data.properties) : new Map(),
    Resource: there === undefined ? new Map() : attributesOf(there),
  };
};

export const requireAction = (
  state: SimulatorState,
  caller: Caller,
  action: string,
  target: { readonly scope: string; readonly body: unknown },
  now: Date,
): void => {
  const { principalId } = caller;
  const { scope, body } = target;
  const wanted: Wanted = { principalId, kind: 'action', action, scope, attributes: attributesFor(state, scope, body) };
  if (allowedBy(state, wanted, now) === undefined) {
    const withoutCondition = permissionsAt(state, principalId, scope, now).some((one) => allows(one, 'action', action));
    throw authorizationFailed(caller, action, scope, withoutCondition);
  }
  const by = deniedBy(state, wanted);
  if (by !== undefined) throw denied(caller, action, scope, by);
};

export const identityAssignAction = 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action';

/** A write that names other resources also needs a permission on each. Real code; text from public reports. */
export const requireLinked = (call: Call, action: string, linkedAction: string, ids: readonly string[]): void => {
  const { caller, incoming } = call;
  const refused = ids.filter((scope) => !callerHolds(call, linkedAction, scope));
  if (refused.length === 0) return;
  const message = `The client '${caller.appId}' with object id '${caller.principalId}' has permission to perform action '${action}' on scope '${incoming.path}'; however, it does not have permission to perform action(s) '${linkedAction}' on the linked scope(s) '${refused.join(',')}' (respectively) or the linked scope(s) are invalid.`;
  throw Refusal.of(403, 'LinkedAuthorizationFailed', message);
};
