import { z } from 'zod';
import { policyVersions } from '../arm/api-versions.ts';
import { sameId } from '../arm/ids.ts';
import { parseBody } from '../http/incoming.ts';
import { armRefusal, type Refusal, type Reply, reply } from '../http/reply.ts';
import { type Call, param, type Route } from '../http/router.ts';
import { PolicyAssignment, PolicyDefinition } from '../state/schema-policy.ts';
import { assignmentIdOf, definitionById } from './denial.ts';

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

const WrittenDefinition = z.object({ properties: PolicyDefinition.omit({ id: true }) });

/** Creates or replaces a custom definition of one subscription. */
const putDefinition = (call: Call): Reply => {
  const { state } = call.world;
  const { properties } = parseBody(WrittenDefinition, call.incoming.body);
  const [scope, name] = [`/subscriptions/${param(call, 'sub')}`, param(call, 'name')];
  const id = `${scope}/providers/Microsoft.Authorization/policyDefinitions/${name}`;
  state.policyDefinitions = [...state.policyDefinitions.filter((one) => !sameId(one.id, id)), { id, ...properties }];
  return reply(201, { id, name, type: 'Microsoft.Authorization/policyDefinitions', properties });
};

export const policyRoutes: readonly Route[] = [
  {
    method: 'PUT',
    pattern: '/subscriptions/{sub}/providers/Microsoft.Authorization/policyDefinitions/{name}',
    audience: 'arm',
    versions: policyVersions,
    action: 'Microsoft.Authorization/policyDefinitions/write',
    handle: putDefinition,
  },
  {
    method: 'PUT',
    pattern: '/{*scope}/providers/Microsoft.Authorization/policyAssignments/{name}',
    audience: 'arm',
    versions: policyVersions,
    action: 'Microsoft.Authorization/policyAssignments/write',
    handle: putAssignment,
  },
];
