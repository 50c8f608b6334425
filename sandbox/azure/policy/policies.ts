import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Refusal, type Reply, reply } from '../../http.ts';
import { exemptionVersions, policyVersions } from '../arm/api-versions.ts';
import { extensionRoutes } from '../arm/extensions.ts';
import { sameId } from '../arm/ids.ts';
import { type Incoming, parseBody } from '../http/incoming.ts';
import { armRoutes, type Call, param, type Route } from '../http/router.ts';
import { PolicyAssignment, PolicyDefinition, PolicyExemption } from '../state/schema-policy.ts';
import { assignmentIdOf, definitionById, externalViolations, hashOf, mint, type Violation } from './denial.ts';

/** Real code; text from memory. */
const definitionNotFound = (id: string): Refusal =>
  Refusal.of(404, 'PolicyDefinitionNotFound', `The policy definition '${id.split('/').at(-1)}' could not be found.`);

/** Codes from memory; texts invented. */
const requireParameters = ({ parameters }: PolicyDefinition, given: PolicyAssignment['parameters']): void => {
  const unknown = Object.keys(given).find((name) => !(name in parameters));
  if (unknown !== undefined) {
    throw Refusal.of(400, 'UndefinedPolicyParameter', `The policy has no parameter '${unknown}'.`);
  }
  const missing = Object.entries(parameters).find(([name, one]) => one.defaultValue === undefined && !(name in given));
  if (missing === undefined) return;
  throw Refusal.of(400, 'MissingPolicyParameter', `The policy needs a value for its parameter '${missing[0]}'.`);
};

const Written = z.object({
  properties: PolicyAssignment.omit({ name: true, scope: true }).extend({ displayName: z.string().optional() }),
});

const assignmentRoutes = extensionRoutes<PolicyAssignment>({
  type: 'policyAssignments',
  versions: policyVersions,
  listIn: (state) => state.policyAssignments,
  bodyOf: (assignment) => {
    const { name, ...properties } = assignment;
    const type = 'Microsoft.Authorization/policyAssignments';
    return { id: assignmentIdOf(assignment), name, type, sku: { name: 'A0', tier: 'Free' }, properties };
  },
  read: ({ world, incoming }, place) => {
    const { properties } = parseBody(Written, incoming.body);
    const definition = definitionById(world.state, properties.policyDefinitionId);
    if (definition === undefined) throw definitionNotFound(properties.policyDefinitionId);
    requireParameters(definition, properties.parameters);
    return { ...properties, ...place, displayName: properties.displayName ?? place.name };
  },
  alwaysCreates: true,
});

const WrittenExemption = z.object({ properties: PolicyExemption.omit({ name: true, scope: true }) });

const exemptionRoutes = extensionRoutes<PolicyExemption>({
  type: 'policyExemptions',
  versions: exemptionVersions,
  listIn: (state) => state.policyExemptions,
  bodyOf: ({ name, scope, ...properties }) => ({
    id: `${scope}/providers/Microsoft.Authorization/policyExemptions/${name}`,
    name,
    type: 'Microsoft.Authorization/policyExemptions',
    properties,
  }),
  read: ({ incoming }, place) => ({ ...parseBody(WrittenExemption, incoming.body).properties, ...place }),
});

const definitionId = (call: Call): string =>
  `/subscriptions/${param(call, 'sub')}/providers/Microsoft.Authorization/policyDefinitions/${param(call, 'name')}`;

const definitionBody = ({ id, ...properties }: PolicyDefinition) => ({
  id,
  name: id.split('/').at(-1),
  type: 'Microsoft.Authorization/policyDefinitions',
  properties: { policyType: 'Custom', ...properties },
});

const WrittenDefinition = z.object({ properties: PolicyDefinition.omit({ id: true }) });

/** Creates or replaces a custom definition of one subscription. */
const putDefinition = (call: Call): Reply => {
  const { state } = call.world;
  const definition = { ...parseBody(WrittenDefinition, call.incoming.body).properties, id: definitionId(call) };
  const others = state.policyDefinitions.filter(({ id }) => !sameId(id, definition.id));
  state.policyDefinitions = [...others, definition];
  return reply(201, definitionBody(definition));
};

const getDefinition = (call: Call): Reply => {
  const found = call.world.state.policyDefinitions.find(({ id }) => sameId(id, definitionId(call)));
  if (found === undefined) throw definitionNotFound(definitionId(call));
  return reply(200, definitionBody(found));
};

/** `PT1H30M`, in milliseconds. */
const lifespanMs = (text: string): number => {
  const [, hours = '0', minutes = '0', seconds = '0'] = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/.exec(text) ?? [];
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
};

const Asked = z.object({
  operation: z.object({ uri: z.string(), httpMethod: z.string(), content: z.unknown().optional() }),
  changeReference: z.string().nullish(),
});

const verdictOf = ({ definition }: Violation, changeReference: string | null) => {
  const settings = definition.externalEvaluationEnforcementSettings;
  const details = settings?.endpointSettings.details;
  const message =
    details?.changeReferenceRequired === true && changeReference === null
      ? `Policy '${definition.displayName}' requires a change reference.`
      : details?.successProbability === 0
        ? `Policy '${definition.displayName}' denied the operation.`
        : null;
  return {
    policyInfo: { policyDefinitionId: definition.id },
    result: 'Succeeded',
    endpointKind: settings?.endpointSettings.kind,
    policyAction: message === null ? 'Allow' : 'Deny',
    ...(message === null ? {} : { message }),
  };
};

/** The write that a token is wanted for, as it would arrive. */
const asIncoming = (call: Call, { uri, httpMethod, content }: z.infer<typeof Asked>['operation']): Incoming => ({
  ...call.incoming,
  method: httpMethod.toUpperCase(),
  path: new URL(uri).pathname,
  sentUrl: uri,
  body: content,
});

const expirationOf = (violations: readonly Violation[], now: Date): string => {
  const spans = violations.map(({ definition }) =>
    lifespanMs(definition.externalEvaluationEnforcementSettings?.resultLifespan ?? ''),
  );
  return new Date(now.getTime() + Math.min(...spans, 3_600_000)).toISOString();
};

const acquireToken = (call: Call): Reply => {
  const { operation, changeReference = null } = parseBody(Asked, call.incoming.body);
  const violations = externalViolations(call.world.state, asIncoming(call, operation), call.now);
  const results = violations.map((one) => verdictOf(one, changeReference));
  const tokenId = randomUUID();
  if (results.some(({ policyAction }) => policyAction === 'Deny'))
    return reply(200, { result: 'Succeeded', tokenId, results });
  const expiration = expirationOf(violations, call.now);
  const { uri, httpMethod, content } = operation;
  const token = mint({ uri, httpMethod, contentHash: hashOf(content), expiration });
  return reply(200, { result: 'Succeeded', token, tokenId, expiration, results });
};

const route = armRoutes(policyVersions, 'Microsoft.Authorization/policyDefinitions');
const tokenRoute = armRoutes(['2025-03-01', '2025-11-01'], 'Microsoft.Authorization/acquirePolicyToken');
const provider = '/subscriptions/{sub}/providers/Microsoft.Authorization';
const definition = `${provider}/policyDefinitions/{name}`;

export const policyRoutes: readonly Route[] = [
  route('GET', definition, 'read', getDefinition),
  route('PUT', definition, 'write', putDefinition),
  tokenRoute('POST', `${provider}/acquirePolicyToken`, 'read', acquireToken),
  ...assignmentRoutes,
  ...exemptionRoutes,
];
