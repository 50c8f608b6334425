import { groupsOf } from '../identity/groups-of.ts';
import { reached } from '../state/latency.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { Permission, RoleAssignment } from '../state/schema-directory.ts';
import { type ConditionContext, conditionHolds } from './condition.ts';
import { within } from './ids.ts';

const patternMatches = (pattern: string, action: string): boolean => {
  const source = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
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

/** `request` is what a condition may ask about; without it a condition that asks is not fulfilled. */
export const holds = (
  state: SimulatorState,
  principalId: string,
  kind: 'action' | 'data-action',
  action: string,
  scope: string,
  now: Date,
  request: ConditionContext['request'] = new Map(),
): boolean => allowedBy(state, principalId, kind, action, scope, now, request) !== undefined;

/** The assignment by which it does. */
export const allowedBy = (
  state: SimulatorState,
  principalId: string,
  kind: 'action' | 'data-action',
  action: string,
  scope: string,
  now: Date,
  request: ConditionContext['request'] = new Map(),
): RoleAssignment | undefined =>
  assignmentsAt(state, principalId, scope, now).find(
    (assignment) =>
      permissionsOf(state, assignment).some((permission) => allows(permission, kind, action)) &&
      (assignment.condition === null || conditionHolds(assignment.condition, { action, request })),
  );

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
