import type { FilterPart } from '../http/lists.ts';
import { type Call, param } from '../http/router.ts';
import { reached } from '../state/latency.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { DenyAssignment, Permission, RoleAssignment } from '../state/schema-directory.ts';
import { type Attributes, conditionHolds, noAttributes } from './condition.ts';
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

export const allows = (permission: Permission, kind: 'action' | 'data-action', action: string): boolean =>
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

/**
 * Returns what the assignments allow: one entry for each permission of a role. Ignores conditions, as Azure's list of a
 * caller's own permissions does.
 */
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
    condition === null || condition === undefined || conditionHolds(condition, { action, attributes });
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

export const assignmentId = ({ scope, name }: RoleAssignment): string =>
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

/** Returns the IDs of all groups of the member, including nested groups. */
export const groupsOf = (state: SimulatorState, memberId: string): ReadonlySet<string> => {
  const found = new Set<string>();
  const look = (id: string): void => {
    for (const group of state.groups) {
      if (found.has(group.id) || !group.memberIds.includes(id)) continue;
      found.add(group.id);
      look(group.id);
    }
  };
  look(memberId);
  return found;
};

/** Returns the IDs of all members of a group, including members of nested groups. */
export const membersOf = (state: SimulatorState, groupId: string): ReadonlySet<string> => {
  const found = new Set<string>();
  const groups = new Map(state.groups.map(({ id, memberIds }) => [id, memberIds]));
  const look = (id: string): void => {
    for (const member of groups.get(id) ?? []) {
      if (found.has(member)) continue;
      found.add(member);
      look(member);
    }
  };
  look(groupId);
  return found;
};
