import { z } from 'zod';
import { exemptionVersions, policyVersions } from '../arm/api-versions.ts';
import { sameId, within } from '../arm/ids.ts';
import { namedHere, scopeOfCall } from '../arm/rbac.ts';
import { parseBody } from '../http/incoming.ts';
import { pageOfBodies } from '../http/pages.ts';
import { armRefusal, type Refusal, type Reply, reply } from '../http/reply.ts';
import { armRoutes, type Call, param, type Route } from '../http/router.ts';
import { PolicyAssignment, PolicyDefinition, PolicyExemption } from '../state/schema-policy.ts';
import { assignmentIdOf, definitionById } from './denial.ts';

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

const found = (call: Call): PolicyAssignment | undefined => namedHere(call, call.world.state.policyAssignments);

/** Real code; text from memory. */
const definitionNotFound = (id: string): Refusal =>
  armRefusal(404, 'PolicyDefinitionNotFound', `The policy definition '${id.split('/').at(-1)}' could not be found.`);

/** Codes from memory; texts invented. */
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

const definitionId = (call: Call): string =>
  `/subscriptions/${param(call, 'sub')}/providers/Microsoft.Authorization/policyDefinitions/${param(call, 'name')}`;

const WrittenDefinition = z.object({ properties: PolicyDefinition.omit({ id: true }) });

/** Creates or replaces a custom definition of one subscription. */
const putDefinition = (call: Call): Reply => {
  const { state } = call.world;
  const { properties } = parseBody(WrittenDefinition, call.incoming.body);
  const [id, name] = [definitionId(call), param(call, 'name')];
  state.policyDefinitions = [...state.policyDefinitions.filter((one) => !sameId(one.id, id)), { id, ...properties }];
  return reply(201, { id, name, type: 'Microsoft.Authorization/policyDefinitions', properties });
};

const getDefinition = (call: Call): Reply => {
  const { state } = call.world;
  const found = state.policyDefinitions.find((one) => sameId(one.id, definitionId(call)));
  if (found === undefined) throw definitionNotFound(definitionId(call));
  const { id, ...properties } = found;
  const name = id.split('/').at(-1);
  const type = 'Microsoft.Authorization/policyDefinitions';
  return reply(200, { id, name, type, properties: { policyType: 'Custom', ...properties } });
};

/** What holds at the scope: set there, above it and, unless `atScope()` is asked for, below it (the description). */
const holdingAt = <T extends { readonly scope: string }>(call: Call, all: readonly T[]): readonly T[] => {
  const scope = scopeOfCall(call);
  const only = /^\s*atScope\(\)\s*$/i.test(call.incoming.query.get('$filter') ?? '');
  return all.filter((one) => within(scope, one.scope) || (!only && within(one.scope, scope)));
};

const listAssignments = (call: Call): Reply =>
  reply(200, pageOfBodies(call, holdingAt(call, call.world.state.policyAssignments).map(assignmentBody)));

const deleteAssignment = (call: Call): Reply => {
  const before = found(call);
  if (before === undefined) return reply(204);
  call.world.state.policyAssignments = call.world.state.policyAssignments.filter((one) => one !== before);
  return reply(200, assignmentBody(before));
};

const exemptionBody = ({ name, scope, ...properties }: PolicyExemption) => ({
  id: `${scope}/providers/Microsoft.Authorization/policyExemptions/${name}`,
  name,
  type: 'Microsoft.Authorization/policyExemptions',
  properties,
});

const listExemptions = (call: Call): Reply =>
  reply(200, pageOfBodies(call, holdingAt(call, call.world.state.policyExemptions).map(exemptionBody)));

const WrittenExemption = z.object({ properties: PolicyExemption.omit({ name: true, scope: true }) });

const putExemption = (call: Call): Reply => {
  const { state } = call.world;
  const { properties } = parseBody(WrittenExemption, call.incoming.body);
  const before = namedHere(call, state.policyExemptions);
  const exemption = { ...properties, name: param(call, 'name'), scope: scopeOfCall(call) };
  state.policyExemptions = [...state.policyExemptions.filter((one) => one !== before), exemption];
  return reply(before === undefined ? 201 : 200, exemptionBody(exemption));
};

const deleteExemption = (call: Call): Reply => {
  const { state } = call.world;
  const before = namedHere(call, state.policyExemptions);
  if (before === undefined) return reply(204);
  state.policyExemptions = state.policyExemptions.filter((one) => one !== before);
  return reply(200);
};

const route = armRoutes(policyVersions, 'Microsoft.Authorization');
const exemptionRoute = armRoutes(exemptionVersions, 'Microsoft.Authorization/policyExemptions');
const definition = '/subscriptions/{sub}/providers/Microsoft.Authorization/policyDefinitions/{name}';
const assignments = '/{*scope}/providers/Microsoft.Authorization/policyAssignments';
const exemptions = '/{*scope}/providers/Microsoft.Authorization/policyExemptions';

export const policyRoutes: readonly Route[] = [
  route('GET', definition, 'policyDefinitions/read', getDefinition),
  route('PUT', definition, 'policyDefinitions/write', putDefinition),
  route('GET', assignments, 'policyAssignments/read', listAssignments),
  route('PUT', `${assignments}/{name}`, 'policyAssignments/write', putAssignment),
  route('DELETE', `${assignments}/{name}`, 'policyAssignments/delete', deleteAssignment),
  exemptionRoute('GET', exemptions, 'read', listExemptions),
  exemptionRoute('PUT', `${exemptions}/{name}`, 'write', putExemption),
  exemptionRoute('DELETE', `${exemptions}/{name}`, 'delete', deleteExemption),
];
