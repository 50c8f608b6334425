import { z } from 'zod';
import { policyVersions } from '../arm/api-versions.ts';
import { sameId, within } from '../arm/ids.ts';
import { parseBody } from '../http/incoming.ts';
import { pageOfBodies } from '../http/pages.ts';
import { armRefusal, type Reply, reply } from '../http/reply.ts';
import { type Call, param, type Route } from '../http/router.ts';
import { PolicyAssignment, type PolicyDefinition } from '../state/schema-policy.ts';
import { assignmentIdOf, definitionById } from './denial.ts';
import { definitionNotFound } from './policy-definitions.ts';

const scopeOfCall = (call: Call): string => `/${param(call, 'scope')}`;

const assignmentBody = (assignment: PolicyAssignment) => {
  const { name, ...properties } = assignment;
  return {
    id: assignmentIdOf(assignment),
    name,
    type: 'Microsoft.Authorization/policyAssignments',
    sku: { name: 'A0', tier: 'Free' },
    properties,
  };
};

const found = (call: Call): PolicyAssignment | undefined =>
  call.world.state.policyAssignments.find(
    (one) => sameId(one.name, param(call, 'name')) && sameId(one.scope, scopeOfCall(call)),
  );

/** Real code; the text is recalled. */
const getAssignment = (call: Call): Reply => {
  const assignment = found(call);
  if (assignment !== undefined) return reply(200, assignmentBody(assignment));
  const text = `The policy assignment '${param(call, 'name')}' is not found.`;
  throw armRefusal(404, 'PolicyAssignmentNotFound', text);
};

/** At the scope, above it (they are inherited) and, unless `atScope()` is asked for, below it. */
const listAssignments = (call: Call): Reply => {
  const scope = scopeOfCall(call);
  const filter = call.incoming.query.get('$filter')?.trim() ?? '';
  if (!['', 'atScope()'].includes(filter)) {
    throw armRefusal(400, 'UnsupportedFilter', `The filter '${filter}' is not supported.`);
  }
  const listed = call.world.state.policyAssignments.filter(
    (one) => within(scope, one.scope) || (filter === '' && within(one.scope, scope)),
  );
  return reply(200, pageOfBodies(call, listed.map(assignmentBody)));
};

/** Codes recalled, words ours. */
const requireParameters = ({ parameters }: PolicyDefinition, given: PolicyAssignment['parameters']): void => {
  const unknown = Object.keys(given).find((name) => !(name in parameters));
  if (unknown !== undefined) {
    throw armRefusal(400, 'UndefinedPolicyParameter', `The policy has no parameter '${unknown}'.`);
  }
  const missing = Object.entries(parameters).find(([name, one]) => one.defaultValue === undefined && !(name in given));
  if (missing === undefined) return;
  throw armRefusal(400, 'MissingPolicyParameter', `The policy needs a value for its parameter '${missing[0]}'.`);
};

const Written = z.object({
  properties: PolicyAssignment.omit({ name: true, scope: true }).extend({ displayName: z.string().optional() }),
});

const putAssignment = (call: Call): Reply => {
  const { state } = call.world;
  const { properties } = parseBody(Written, call.incoming.body);
  const definition = definitionById(state, properties.policyDefinitionId);
  if (definition === undefined) throw definitionNotFound(properties.policyDefinitionId);
  requireParameters(definition, properties.parameters);
  const name = param(call, 'name');
  const assignment = { ...properties, name, scope: scopeOfCall(call), displayName: properties.displayName ?? name };
  const before = found(call);
  state.policyAssignments = [...state.policyAssignments.filter((one) => one !== before), assignment];
  return reply(201, assignmentBody(assignment));
};

const deleteAssignment = (call: Call): Reply => {
  const assignment = found(call);
  if (assignment === undefined) return reply(204);
  call.world.state.policyAssignments = call.world.state.policyAssignments.filter((one) => one !== assignment);
  return reply(200, assignmentBody(assignment));
};

const route = (method: string, tail: string, verb: string, handle: Route['handle']): Route => ({
  method,
  pattern: `/{*scope}/providers/Microsoft.Authorization/policyAssignments${tail}`,
  audience: 'arm',
  versions: policyVersions,
  action: `Microsoft.Authorization/policyAssignments/${verb}`,
  handle,
});

export const policyAssignmentRoutes: readonly Route[] = [
  route('GET', '', 'read', listAssignments),
  route('GET', '/{name}', 'read', getAssignment),
  route('PUT', '/{name}', 'write', putAssignment),
  route('DELETE', '/{name}', 'delete', deleteAssignment),
];
