import { z } from 'zod';
import { Refusal } from '../../http.ts';
import type { Call } from '../http/router.ts';
import type { Caller } from '../identity/tokens.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { DenyAssignment } from '../state/schema-directory.ts';
import type { Attributes } from './condition.ts';
import { plainLocation, sameId, within } from './ids.ts';
import { allowedBy, allows, assignmentId, callerHolds, deniedBy, permissionsAt, type Wanted } from './rbac.ts';

/** With `condition`, a role allows the action, but its condition doesn't. Real texts, from many public reports. */
export const authorizationFailed = (caller: Caller, action: string, scope: string, condition = false): Refusal =>
  Refusal.of(
    403,
    'AuthorizationFailed',
    `The client '${caller.appId}' with object id '${caller.principalId}' does not have authorization ${condition ? 'or an ABAC condition not fulfilled ' : ''}to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );

/**
 * For a caller whose role allows the action, but a deny assignment blocks it. Real code and text, from public reports.
 */
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

/**
 * A write that names other resources also needs a permission on each: that of user-assigned identities, and that of a
 * role's scopes. Real code; text from public reports.
 */
export const requireLinked = (call: Call, action: string, linkedAction: string, ids: readonly string[]): void => {
  const { caller, incoming } = call;
  const refused = ids.filter((scope) => !callerHolds(call, linkedAction, scope));
  if (refused.length === 0) return;
  const message = `The client '${caller.appId}' with object id '${caller.principalId}' has permission to perform action '${action}' on scope '${incoming.path}'; however, it does not have permission to perform action(s) '${linkedAction}' on the linked scope(s) '${refused.join(',')}' (respectively) or the linked scope(s) are invalid.`;
  throw Refusal.of(403, 'LinkedAuthorizationFailed', message);
};

/** Checked before permissions, because no caller has any in an unknown subscription. Real code and text. */
export const requireSubscription = (state: SimulatorState, path: string): void => {
  const [, id] = /^\/subscriptions\/([^/]+)/i.exec(path) ?? [];
  if (id === undefined || state.subscriptions.some((one) => sameId(one.id, id))) return;
  throw Refusal.of(404, 'SubscriptionNotFound', `The subscription '${id}' could not be found.`);
};

/** Real code; the text is from public reports. */
export const requireGroup = (state: SimulatorState, path: string): void => {
  const [, subscriptionId, group] = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)/i.exec(path) ?? [];
  if (subscriptionId === undefined || group === undefined) return;
  const known = state.resourceGroups.some(
    (one) => sameId(one.subscriptionId, subscriptionId) && sameId(one.name, group),
  );
  if (!known) throw Refusal.of(404, 'ResourceGroupNotFound', `Resource group '${group}' could not be found.`);
};

/**
 * A read-only lock blocks writes at or below its scope; either kind of lock blocks deletes. Real text, from public
 * reports.
 */
export const requireUnlocked = (state: SimulatorState, path: string, operation: 'write' | 'delete'): void => {
  const locks = state.locks.filter(
    (lock) => within(path, lock.scope) && (operation === 'delete' || lock.level === 'ReadOnly'),
  );
  if (locks.length === 0) return;
  const message = `The scope '${path}' cannot perform ${operation} operation because following scope(s) are locked: '${locks.map((lock) => lock.scope).join(',')}'. Please remove the lock and try again.`;
  throw Refusal.of(409, 'ScopeLocked', message);
};

/** Real code; text from memory. */
export const resourceNotFound = (path: string): Refusal => {
  const parts = /\/resourceGroups\/([^/]+)\/providers\/(.+)$/i.exec(path);
  const [, group = '', rest = ''] = parts ?? [];
  return Refusal.of(
    404,
    'ResourceNotFound',
    `The Resource '${rest}' under resource group '${group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
};

interface Placed {
  readonly name: string;
  readonly resourceGroup: string;
  readonly location: string;
}

/** Refuses to move a resource to another region. Real code and text (public reports). */
export const requireSameLocation = (existing: Placed | undefined, wanted: string): void => {
  const location = plainLocation(wanted);
  if (existing === undefined || location === existing.location) return;
  const message = `The resource '${existing.name}' already exists in location '${existing.location}' in resource group '${existing.resourceGroup}'. A resource with the same name cannot be created in location '${location}'. Please select a new resource name.`;
  throw Refusal.of(409, 'InvalidResourceLocation', message);
};
