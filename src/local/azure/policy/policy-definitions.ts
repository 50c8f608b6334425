import { z } from 'zod';
import { policyVersions } from '../arm/api-versions.ts';
import { sameId, subscriptionScope, within } from '../arm/ids.ts';
import { parseBody } from '../http/incoming.ts';
import { pageOfBodies } from '../http/pages.ts';
import { armRefusal, type Refusal, type Reply, reply } from '../http/reply.ts';
import { type Call, param, type Route } from '../http/router.ts';
import { PolicyDefinition } from '../state/schema-policy.ts';
import { builtInDefinitions } from './built-in.ts';
import { definitionById } from './denial.ts';

const definitionBody = ({ id, ...properties }: PolicyDefinition) => ({
  id,
  name: id.split('/').at(-1),
  type: 'Microsoft.Authorization/policyDefinitions',
  properties: { policyType: id.startsWith('/providers/') ? 'BuiltIn' : 'Custom', ...properties },
});

/** Real code; the text is recalled. */
export const definitionNotFound = (id: string): Refusal =>
  armRefusal(404, 'PolicyDefinitionNotFound', `The policy definition '${id.split('/').at(-1)}' could not be found.`);

const idOf = (call: Call): string => {
  const tail = `/providers/Microsoft.Authorization/policyDefinitions/${param(call, 'name')}`;
  return call.params.sub === undefined ? tail : subscriptionScope(call.params.sub) + tail;
};

const getDefinition = (call: Call): Reply => {
  const found = definitionById(call.world.state, idOf(call));
  if (found === undefined) throw definitionNotFound(idOf(call));
  return reply(200, definitionBody(found));
};

const listDefinitions = (call: Call): Reply => {
  const { sub } = call.params;
  const own = call.world.state.policyDefinitions.filter(
    (one) => sub !== undefined && within(one.id, subscriptionScope(sub)),
  );
  return reply(200, pageOfBodies(call, [...builtInDefinitions, ...own].map(definitionBody)));
};

const Written = z.object({
  properties: PolicyDefinition.omit({ id: true }).extend({ displayName: z.string().optional(), mode: z.string() }),
});

/** A rule in words that are not read here is refused: what it would deny, nobody could say. */
const putDefinition = (call: Call): Reply => {
  const { state } = call.world;
  const { properties } = parseBody(Written, call.incoming.body, 'InvalidPolicyRule');
  const mode = sameId(properties.mode, 'All') ? 'All' : 'Indexed';
  const displayName = properties.displayName ?? param(call, 'name');
  const definition: PolicyDefinition = { ...properties, id: idOf(call), displayName, mode };
  state.policyDefinitions = [...state.policyDefinitions.filter((one) => !sameId(one.id, definition.id)), definition];
  return reply(201, definitionBody(definition));
};

/** That one in use stays is recalled; code and words are ours. */
const deleteDefinition = (call: Call): Reply => {
  const { state } = call.world;
  const id = idOf(call);
  const found = state.policyDefinitions.find((one) => sameId(one.id, id));
  if (found === undefined) return reply(204);
  if (state.policyAssignments.some((one) => sameId(one.policyDefinitionId, id))) {
    throw armRefusal(400, 'PolicyDefinitionInUse', `The policy definition '${param(call, 'name')}' is assigned.`);
  }
  state.policyDefinitions = state.policyDefinitions.filter((one) => one !== found);
  return reply(200, definitionBody(found));
};

const route = (method: string, scope: string, tail: string, verb: string | null, handle: Route['handle']): Route => ({
  method,
  pattern: `${scope}/providers/Microsoft.Authorization/policyDefinitions${tail}`,
  audience: 'arm',
  versions: policyVersions,
  action: verb === null ? null : `Microsoft.Authorization/policyDefinitions/${verb}`,
  handle,
});

const subscription = '/subscriptions/{sub}';

export const policyDefinitionRoutes: readonly Route[] = [
  route('GET', '', '', null, listDefinitions),
  route('GET', '', '/{name}', null, getDefinition),
  route('GET', subscription, '', 'read', listDefinitions),
  route('GET', subscription, '/{name}', 'read', getDefinition),
  route('PUT', subscription, '/{name}', 'write', putDefinition),
  route('DELETE', subscription, '/{name}', 'delete', deleteDefinition),
];
