/** Role definitions, role assignments and other extension resources, such as locks. */
import { z } from 'zod';
import { Refusal, type Reply, reply } from '../../http.ts';
import { later, reached } from '../fault.ts';
import { armRoutes, type Call, type FilterPart, pageOf, param, type Route, readFilter } from '../http.ts';
import { Names, parseBody } from '../incoming.ts';
import { resourcesIn } from '../resources.ts';
import { type ManagementLock, RoleAssignment, type RoleDefinition, type SimulatorState } from '../state/schema.ts';
import { authorizationVersions, lockVersions } from './api-versions.ts';
import {
  assignmentBody,
  atOrNear,
  atScope,
  definitionIdAt,
  groupsOf,
  namedHere,
  patternMatches,
  permissionsAt,
  requireLinked,
  resourceNotFound,
  scopeOfCall,
} from './authorization.ts';
import { sameId, within } from './ids.ts';

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

// Names from Microsoft's list of provider operations. Only those that the simulator, the product, its roles and its
// documents use. Source of names: `azure_permissions_cat.yaml` of peass-ng/Blue-CloudPEASS (2025-12-24, taken from
// Azure). Source of data actions: `Get-AzProviderOperation` in awsles/AzureServices (2023-08-12) and Azure's built-
// in roles (2026-08-22). Azure compares them without case, and spells them as here.

const namesIn = (operations: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(operations).flatMap(([type, verbs]) => verbs.split(' ').map((verb) => `${type}/${verb}`));

/** Actions that Azure Resource Manager checks. */
export const listedActions = namesIn({
  'Microsoft.Authorization/acquirePolicyToken': 'read',
  'Microsoft.Authorization/denyAssignments': 'delete read write',
  'Microsoft.Authorization': 'elevateAccess/action',
  'Microsoft.Authorization/locks': 'delete read write',
  'Microsoft.Authorization/permissions': 'read',
  'Microsoft.Authorization/policyAssignments': 'delete read write',
  'Microsoft.Authorization/policyDefinitions': 'delete read write',
  'Microsoft.Authorization/policyExemptions': 'delete read write',
  'Microsoft.Authorization/roleAssignments': 'delete read write',
  'Microsoft.Authorization/roleAssignmentScheduleRequests': 'write',
  'Microsoft.Authorization/roleDefinitions': 'delete read write',
  'Microsoft.Authorization/roleEligibilityScheduleRequests': 'write',
  'Microsoft.Authorization/roleManagementPolicies': 'write',
  'Microsoft.BotService/botServices/channels': 'read write',
  'Microsoft.BotService/botServices': 'read write',
  'Microsoft.EventGrid/eventSubscriptions': 'delete read write',
  'Microsoft.HealthBot/healthBots': 'Delete Read Write',
  'Microsoft.Insights/eventtypes/values': 'Read',
  'Microsoft.KeyVault/checkNameAvailability': 'read',
  'Microsoft.KeyVault/deletedManagedHsms': 'read',
  'Microsoft.KeyVault/deletedVaults': 'read',
  'Microsoft.KeyVault/locations/deletedVaults': 'purge/action read',
  'Microsoft.KeyVault/locations/operationResults': 'read',
  'Microsoft.KeyVault/managedHSMs': 'read',
  'Microsoft.KeyVault/operations': 'read',
  'Microsoft.KeyVault': 'register/action',
  'Microsoft.KeyVault/vaults/accessPolicies': 'write',
  'Microsoft.KeyVault/vaults': 'delete read write',
  'Microsoft.KeyVault/vaults/keys': 'read write',
  'Microsoft.KeyVault/vaults/keys/versions': 'read',
  'Microsoft.ManagedIdentity/userAssignedIdentities': 'assign/action',
  'Microsoft.OperationalInsights/workspaces/query/AZKVAuditLogs': 'read',
  'Microsoft.OperationalInsights/workspaces/query': 'read',
  'Microsoft.OperationalInsights/workspaces': 'read',
  'Microsoft.Resources/deploymentStacks': 'manageDenySetting/action',
  'Microsoft.Resources/subscriptions/locations': 'read',
  'Microsoft.Resources/subscriptions/providers': 'read',
  'Microsoft.Resources/subscriptions': 'read',
  'Microsoft.Resources/subscriptions/resourceGroups': 'delete read',
  'Microsoft.Resources/subscriptions/resourcegroups/resources': 'read',
  'Microsoft.Resources/subscriptions/resources': 'read',
  'Microsoft.Storage/storageAccounts': 'delete read write',
});

/** Data actions that services check at their own addresses. A name in both lists means two permissions. */
export const listedDataActions = namesIn({
  'Microsoft.KeyVault/vaults/keyrotationpolicies': 'read write',
  'Microsoft.KeyVault/vaults/keys':
    'backup/action create/action decrypt/action delete encrypt/action import/action purge/action read recover/action release/action restore/action rotate/action sign/action unwrap/action update/action verify/action wrap/action',
  'Microsoft.KeyVault/vaults/secrets': 'getSecret/action setSecret/action',
  'Microsoft.Storage/storageAccounts/blobServices/containers/blobs': 'read write',
});

/** Scopes can't be single resources. */
const AssignableScope = z
  .string()
  .regex(
    /^\/(subscriptions\/[0-9a-f-]{36}(\/resourceGroups\/[^/]+)?|providers\/Microsoft\.Management\/managementGroups\/[^/]+)$/i,
  );

const Written = z.object({
  properties: z.object({
    roleName: z.string().min(1),
    description: z.string().nullish(),
    type: z.literal('CustomRole').nullish(),
    permissions: z.array(z.object({ actions: Names, notActions: Names, dataActions: Names, notDataActions: Names })),
    assignableScopes: z.array(AssignableScope).min(1),
  }),
});
type Properties = z.infer<typeof Written>['properties'];

const refused = (code: string, message: string, status = 400): Refusal => Refusal.of(status, code, message);

/** Refuses actions that aren't listed; a wildcard must match a listed one. Azure lists tens of thousands more. */
function requireListed({ permissions }: Properties): void {
  const unlisted = (given: readonly string[], listed: readonly string[]): string | undefined =>
    given.find((pattern) => !listed.some((name) => patternMatches(pattern, name)));
  for (const one of permissions) {
    const action = unlisted([...one.actions, ...one.notActions], listedActions);
    const dataAction = unlisted([...one.dataActions, ...one.notDataActions], listedDataActions);
    const found = action ?? dataAction;
    if (found === undefined) continue;
    const code = action === undefined ? 'InvalidDataActionOrNotDataAction' : 'InvalidActionOrNotAction';
    throw refused(code, `'${found}' does not match any of the actions supported by the providers.`);
  }
}

function requireFreeName(call: Call, id: string, roleName: string): void {
  const { roleDefinitions } = call.world.state;
  if (!roleDefinitions.some((one) => sameId(one.roleName, roleName) && !sameId(one.id, id))) return;
  const text = 'A custom role with the same name already exists in this directory. Use a different name';
  throw refused('RoleDefinitionWithSameNameExists', text, 409);
}

function requireOwn(call: Call, id: string): RoleDefinition | undefined {
  if (!z.guid().safeParse(id).success) {
    throw refused('InvalidRoleDefinitionId', `The role definition ID '${id}' is not valid. It must be a GUID.`);
  }
  const there = call.world.state.roleDefinitions.find((one) => sameId(one.id, id));
  if (there?.type !== 'BuiltInRole') return there;
  throw refused('RoleDefinitionExists', `A role definition with the ID '${id}' already exists.`, 409);
}

const writeAction = 'Microsoft.Authorization/roleDefinitions/write';

/** Answers 201 for a new and for a changed role (2022-04-01 description). */
const putDefinition = (call: Call): Reply => {
  const { state } = call.world;
  const id = param(call, 'id').toLowerCase();
  const { properties } = parseBody(Written, call.incoming.body);
  const { roleName, description, permissions, assignableScopes } = properties;
  const there = requireOwn(call, id);
  requireFreeName(call, id, roleName);
  requireLinked(call, writeAction, writeAction, assignableScopes);
  requireListed(properties);
  const given = { id, roleName, description: description ?? '', permissions, assignableScopes };
  const role: RoleDefinition = { ...given, type: 'CustomRole' };
  state.roleDefinitions = [...state.roleDefinitions.filter((one) => one !== there), role];
  return reply(201, definitionBody(scopeOfCall(call), role));
};

/** The status of the refusal is from memory. */
const deleteDefinition = (call: Call): Reply => {
  const { state } = call.world;
  const id = param(call, 'id').toLowerCase();
  const there = requireOwn(call, id);
  if (there === undefined) return reply(204);
  if (state.roleAssignments.some((one) => sameId(one.roleDefinitionId, id))) {
    throw refused('RoleDefinitionHasAssignments', 'There are existing role assignments referencing role.', 409);
  }
  state.roleDefinitions = state.roleDefinitions.filter((one) => one !== there);
  return reply(200, definitionBody(scopeOfCall(call), there));
};

/** Built-in roles are assignable everywhere, custom roles only in their assignable scopes. */
const assignableAt = (role: RoleDefinition, scope: string): boolean =>
  role.type === 'BuiltInRole' || role.assignableScopes.some((one) => within(scope, one));

/** Finds a role by ID at any scope. It is unknown if Azure checks the assignable scopes here. */
const getDefinition = (call: Call): Reply => {
  const id = param(call, 'id').toLowerCase();
  const role = call.world.state.roleDefinitions.find((one) => one.id === id);
  if (role !== undefined) return reply(200, definitionBody(scopeOfCall(call), role));
  // Text from memory.
  throw refused('RoleDefinitionDoesNotExist', `The specified role definition with ID '${id}' does not exist.`, 404);
};

/** The filters of Microsoft's page on listing role definitions. */
const filters: readonly FilterPart<RoleDefinition>[] = [
  [/^roleName\s+eq\s+'([^']*)'$/i, (name) => (role) => sameId(role.roleName, name)],
  [/^type\s+eq\s+'(\w+)'$/i, (type) => (role) => sameId(role.type, type)],
  [/^atScopeAndBelow\(\)$/i, () => () => true],
];

const listDefinitions = (call: Call): Reply => {
  const scope = scopeOfCall(call);
  const below = /atScopeAndBelow\(\)/i.test(call.incoming.query.get('$filter') ?? '');
  const value = call.world.state.roleDefinitions
    .filter(readFilter(call, filters))
    .filter((role) => assignableAt(role, scope) || (below && role.assignableScopes.some((one) => within(one, scope))))
    .map((role) => definitionBody(scope, role));
  return reply(200, pageOf(call, value));
};

/** Lists the caller's own permissions at the scope. Azure's list doesn't contain conditions. */
const listPermissions = (call: Call): Reply => {
  const scope = scopeOfCall(call);
  const value = permissionsAt(call.world.state, call.caller.principalId, scope, call.now).map(
    ({ actions, notActions, dataActions, notDataActions }) => ({ actions, notActions, dataActions, notDataActions }),
  );
  return reply(200, { value });
};

const definitionRoute = armRoutes(authorizationVersions, 'Microsoft.Authorization');
const provider = '/{*scope}/providers/Microsoft.Authorization';

export const roleDefinitionRoutes: readonly Route[] = [
  definitionRoute('GET', `${provider}/roleDefinitions/{id}`, 'roleDefinitions/read', getDefinition),
  definitionRoute('PUT', `${provider}/roleDefinitions/{id}`, 'roleDefinitions/write', putDefinition),
  definitionRoute('DELETE', `${provider}/roleDefinitions/{id}`, 'roleDefinitions/delete', deleteDefinition),
  definitionRoute('GET', `${provider}/roleDefinitions`, 'roleDefinitions/read', listDefinitions),
  definitionRoute('GET', `${provider}/permissions`, 'permissions/read', listPermissions),
];

/** The shape of `RoleDefinition` in the 2022-04-01 description. That of built-in roles also has conditions. */
const definitionBody = (scope: string, { id, ...properties }: RoleDefinition) => ({
  id: definitionIdAt(scope, id),
  name: id,
  type: 'Microsoft.Authorization/roleDefinitions',
  properties,
});

interface AtScope {
  readonly name: string;
  readonly scope: string;
}

/** A type of resource that is set on a scope, under a name. */
interface Extension<T extends AtScope> {
  readonly type: string;
  readonly versions: readonly string[];
  readonly listIn: (state: SimulatorState) => T[];
  /** Missing: with all that it has. */
  readonly bodyOf?: (one: T) => { readonly id: string };
  /** Reads what is to be written. */
  readonly read: (call: Call, place: AtScope) => T;
  /** Azure answers each write with 201. */
  readonly alwaysCreates?: true;
  /** Azure answers a delete with what was deleted. */
  readonly showsDeleted?: true;
  /** Other filters of lists than the scope. */
  readonly filters?: (call: Call) => readonly FilterPart<T>[];
  /** The refusal if there is none with this name. Missing: single ones can't be read here. */
  readonly notFound?: (name: string) => Refusal;
}

/** Routes that list, write and delete resources of this type. */
export function extensionRoutes<T extends AtScope>(extension: Extension<T>): readonly Route[] {
  const { type, versions, read, filters = () => [], notFound } = extension;
  const all = `/{*scope}/providers/Microsoft.Authorization/${type}`;
  const plainBody = ({ name, scope, ...properties }: T) => ({
    id: `${scope}/providers/Microsoft.Authorization/${type}/${name}`,
    name,
    type: `Microsoft.Authorization/${type}`,
    properties,
  });
  const bodyOf: (one: T) => { readonly id: string } = extension.bodyOf ?? plainBody;
  const route = armRoutes(versions, `Microsoft.Authorization/${type}`);
  const listOf = ({ world }: Call): T[] => extension.listIn(world.state);
  const remove = (call: Call): T | undefined => {
    const there = namedHere(call, listOf(call));
    if (there !== undefined) listOf(call).splice(listOf(call).indexOf(there), 1);
    return there;
  };
  return [
    route('GET', all, 'read', (call) => {
      const found = atOrNear(call, listOf(call)).filter(readFilter(call, [atScope(call), ...filters(call)]));
      return reply(200, pageOf(call, found.map(bodyOf)));
    }),
    ...(notFound === undefined
      ? []
      : [
          route('GET', `${all}/{name}`, 'read', (call) => {
            const found = namedHere(call, listOf(call));
            if (found === undefined) throw notFound(param(call, 'name'));
            return reply(200, bodyOf(found));
          }),
        ]),
    route('PUT', `${all}/{name}`, 'write', (call) => {
      const written = read(call, { name: param(call, 'name'), scope: scopeOfCall(call) });
      const isNew = remove(call) === undefined;
      listOf(call).push(written);
      return reply(isNew || extension.alwaysCreates ? 201 : 200, bodyOf(written));
    }),
    route('DELETE', `${all}/{name}`, 'delete', (call) => {
      const removed = remove(call);
      if (removed === undefined) return reply(204);
      return reply(200, extension.showsDeleted ? bodyOf(removed) : undefined);
    }),
  ];
}

const WrittenLock = z.object({
  properties: z.object({ level: z.enum(['CanNotDelete', 'ReadOnly']), notes: z.string().max(512).nullish() }),
});

export const lockRoutes: readonly Route[] = extensionRoutes<ManagementLock>({
  type: 'locks',
  versions: lockVersions,
  listIn: (state) => state.locks,
  read: ({ incoming }, place) => {
    const { level, notes } = parseBody(WrittenLock, incoming.body).properties;
    return { ...place, level, notes: notes ?? '' };
  },
});

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
