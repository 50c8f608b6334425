/** Custom roles, made and taken away. Codes and statuses: tests of the official client libraries, and public reports. */
import { z } from 'zod';
import { parseBody } from '../http/incoming.ts';
import { armRefusal, type Refusal, type Reply, reply } from '../http/reply.ts';
import { type Call, param } from '../http/router.ts';
import type { RoleDefinition } from '../state/schema-directory.ts';
import { sameId } from './ids.ts';
import { listedActions, listedDataActions } from './provider-operations.ts';
import { holds, patternMatches } from './rbac.ts';
import { definitionBody } from './role-definition-body.ts';

const names = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);

const Written = z.object({
  properties: z.object({
    roleName: z.string().nullish(),
    description: z.string().nullish(),
    type: z.string().nullish(),
    permissions: z.array(z.object({ actions: names, notActions: names, dataActions: names, notDataActions: names })),
    assignableScopes: names,
  }),
});
type Properties = z.infer<typeof Written>['properties'];

/** By Microsoft's page on limits, for each tenant. */
const mostCustomRoles = 5000;

const refused = (code: string, message: string, status = 400): Refusal => armRefusal(status, code, message);

/**
 * Every name has to be listed, or a wildcard has to fit one that is. The lists here hold what this project uses: real Azure has
 * tens of thousands more.
 */
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

const scopeShape =
  /^\/(subscriptions\/[0-9a-f-]{36}(\/resourceGroups\/[^/]+)?|providers\/Microsoft\.Management\/managementGroups\/[^/]+)$/i;

/** A role is good for scopes in which the caller may make one, and for no resource alone. Texts recalled. */
function requireScopes(call: Call, { assignableScopes }: Properties): void {
  if (assignableScopes.length === 0) {
    throw refused('MissingAssignableScopes', 'The role definition has no assignable scopes. At least one is needed.');
  }
  const wrong = assignableScopes.find((scope) => !scopeShape.test(scope));
  if (wrong !== undefined) {
    const text = `Property id '${wrong}' at path 'properties.assignableScopes' is invalid. Expect fully qualified resource Id that start with '/subscriptions/{subscriptionId}' or '/providers/{resourceProviderNamespace}/'.`;
    throw refused('LinkedInvalidPropertyId', text);
  }
  const action = 'Microsoft.Authorization/roleDefinitions/write';
  const { principalId, appId } = call.caller;
  const foreign = assignableScopes.filter(
    (scope) => !holds(call.world.state, { principalId, kind: 'action', action, scope }, call.now),
  );
  if (foreign.length === 0) return;
  throw refused(
    'LinkedAuthorizationFailed',
    `The client '${appId}' with object id '${principalId}' has permission to perform action '${action}' on scope '${call.incoming.path}'; however, it does not have permission to perform action(s) '${action}' on the linked scope(s) '${foreign.join(',')}' (respectively) or the linked scope(s) are invalid.`,
    403,
  );
}

function requireName(call: Call, id: string, roleName: string): void {
  const { roleDefinitions } = call.world.state;
  if (roleName === '') throw refused('RoleDefinitionNameNullOrEmpty', 'The role definition needs a name.');
  if (!roleDefinitions.some((one) => sameId(one.roleName, roleName) && !sameId(one.id, id))) return;
  const text = 'A custom role with the same name already exists in this directory. Use a different name';
  throw refused('RoleDefinitionWithSameNameExists', text, 409);
}

function requireOwn(call: Call, id: string, type: string | null | undefined): RoleDefinition | undefined {
  if (!z.guid().safeParse(id).success) {
    throw refused('InvalidRoleDefinitionId', `The role definition ID '${id}' is not valid. It must be a GUID.`);
  }
  if (type && !sameId(type, 'CustomRole')) {
    throw refused('InvalidRoleDefinitionType', `The role definition type '${type}' is invalid.`);
  }
  const there = call.world.state.roleDefinitions.find((one) => sameId(one.id, id));
  if (there?.type !== 'BuiltInRole') return there;
  throw refused('RoleDefinitionExists', `A role definition with the ID '${id}' already exists.`, 409);
}

/** 201 for a new role and for a changed one, as the 2022-04-01 description has it. */
export const putDefinition = (call: Call): Reply => {
  const { state } = call.world;
  const id = param(call, 'id').toLowerCase();
  const { properties } = parseBody(Written, call.incoming.body);
  const { roleName, description, permissions, assignableScopes, type } = properties;
  const there = requireOwn(call, id, type);
  requireName(call, id, roleName ?? '');
  requireScopes(call, properties);
  requireListed(properties);
  if (
    there === undefined &&
    state.roleDefinitions.filter((one) => one.type === 'CustomRole').length >= mostCustomRoles
  ) {
    throw refused(
      'RoleDefinitionLimitExceeded',
      'Role definition limit exceeded. No more role definitions can be created.',
    );
  }
  const role: RoleDefinition = {
    id,
    roleName: roleName ?? '',
    description: description ?? '',
    type: 'CustomRole',
    permissions,
    assignableScopes,
  };
  state.roleDefinitions = [...state.roleDefinitions.filter((one) => one !== there), role];
  return reply(201, definitionBody(param(call, 'scope'), role));
};

/** The status of the refusal is recalled. */
export const deleteDefinition = (call: Call): Reply => {
  const { state } = call.world;
  const id = param(call, 'id').toLowerCase();
  const there = requireOwn(call, id, null);
  if (there === undefined) return reply(204);
  if (state.roleAssignments.some((one) => sameId(one.roleDefinitionId, id))) {
    throw refused('RoleDefinitionHasAssignments', 'There are existing role assignments referencing role.', 409);
  }
  state.roleDefinitions = state.roleDefinitions.filter((one) => one !== there);
  return reply(200, definitionBody(param(call, 'scope'), there));
};
