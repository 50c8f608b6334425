import { type Call, param } from '../http/router.ts';
import { reached } from '../state/latency.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { DenyAssignment, Permission, RoleAssignment } from '../state/schema-directory.ts';
import { type Attributes, conditionHolds, noAttributes } from './condition.ts';
import { sameId, within } from './ids.ts';

/**
 * A star stands for any text, and between two slashes also for nothing, so that one slash is left: only so do Key Vault Reader,
 * whose right to read vaults has a star between `vaults` and `read`, and Managed Identity Operator give what Microsoft says they
 * do. That is concluded; Microsoft's page on wildcards does not say it.
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

/** The principal's assignments that count at the scope now, its groups' included. */
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

/** What the assignments allow, one entry a role's permission. Conditions are left out, as in the list a caller reads of its own. */
export const permissionsAt = (
  state: SimulatorState,
  principalId: string,
  scope: string,
  now: Date,
): readonly Permission[] =>
  assignmentsAt(state, principalId, scope, now).flatMap((assignment) => permissionsOf(state, assignment));

/** What is wanted, of whom and where. */
export interface Wanted {
  readonly principalId: string;
  readonly kind: 'action' | 'data-action';
  readonly action: string;
  readonly scope: string;
  /** What a condition may ask about; without it a condition that asks is not fulfilled. */
  readonly attributes?: Attributes;
}

/** The assignment by which a role gives it, deny assignments left aside. */
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

/** Microsoft's page on deny assignments: this principal stands for everybody. */
const everyone = '00000000-0000-0000-0000-000000000000';

/** The deny assignment that takes it away, whatever role gives it. */
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

/** Whether the principal may do anything through Azure Resource Manager at the scope, above it or below it. */
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

/** The scope an action on this path is checked at: for a list, what the list hangs on. */
export const scopeOf = (path: string): string => {
  const list = /^(.*)\/providers\/[^/]+\/[^/]+$/i.exec(path);
  return list?.[1] ?? path;
};

export const scopeOfCall = (call: Call): string => `/${param(call, 'scope')}`;

const prefixOf = (scope: string): string => (scope === '/' ? '' : scope);

export const assignmentId = (assignment: RoleAssignment): string =>
  `${prefixOf(assignment.scope)}/providers/Microsoft.Authorization/roleAssignments/${assignment.name}`;

/** The shape of `RoleAssignment` in the 2022-04-01 description. */
export const assignmentBody = (assignment: RoleAssignment) => {
  const subscription = /^\/subscriptions\/[^/]+/i.exec(assignment.scope)?.[0] ?? '';
  return {
    id: assignmentId(assignment),
    name: assignment.name,
    type: 'Microsoft.Authorization/roleAssignments',
    properties: {
      scope: assignment.scope,
      roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${assignment.roleDefinitionId}`,
      principalId: assignment.principalId,
      principalType: assignment.principalType,
      ...(assignment.description === null ? {} : { description: assignment.description }),
      ...(assignment.condition === null ? {} : { condition: assignment.condition }),
      ...(assignment.conditionVersion === null ? {} : { conditionVersion: assignment.conditionVersion }),
      createdOn: assignment.createdOn,
      updatedOn: assignment.createdOn,
      createdBy: assignment.createdBy,
      updatedBy: assignment.createdBy,
    },
  };
};

/** The ids of all groups the member belongs to, also through other groups. */
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

/** The ids of all members of a group, also through groups in it. */
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
