/** Azure Policy: assignments, rules, exemptions, and what they deny. */

import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isObject, Refusal, type Reply, reply } from '../../http.ts';
import { armRoutes, type Call, param, type Route } from '../http.ts';
import { type Incoming, parseBody } from '../incoming.ts';
import { type Row as Json, resourcesIn } from '../resources.ts';
import { PolicyAssignment, PolicyDefinition, PolicyExemption } from '../state/policies.ts';
import type { SimulatorState } from '../state/schema.ts';
import { exemptionVersions, policyVersions } from './api-versions.ts';
import { extensionRoutes } from './extensions.ts';
import { accountType, agentType, sameId, vaultType, within } from './ids.ts';
import { resolved, ruleHolds, type WrittenResource } from './policy-rules.ts';
import { hashOf, hasToken, mint, missingDetails } from './policy-tokens.ts';

/** Applies a JSON merge patch: absent members stay, null removes. */
const merged = (before: Json, patch: Json): Json => {
  const entries = Object.entries(patch).map(([name, value]): [string, unknown] => {
    const old = before[name];
    return [name, isObject(value) && isObject(old) ? merged(old, value) : value];
  });
  const after = { ...before, ...Object.fromEntries(entries) };
  return Object.fromEntries(Object.entries(after).filter(([, value]) => value !== null));
};

const currentBody = (state: SimulatorState, path: string): Json =>
  resourcesIn(state)
    .find(({ id }) => sameId(id, path))
    ?.body() ?? {};

/** Returns the resource that the path names; null if it isn't one. */
const namedBy = (path: string): Pick<WrittenResource, 'id' | 'type' | 'name'> | null => {
  const [, namespace, tail] = /^.*\/providers\/([^/]+)\/(.+)$/i.exec(path) ?? [];
  const parts = tail?.split('/') ?? [];
  if (namespace === undefined || parts.length % 2 !== 0) return null;
  const type = [namespace, ...parts.filter((_, n) => n % 2 === 0)].join('/');
  return { id: path, type, name: parts.at(-1) ?? '' };
};

/** Returns the resource before a DELETE, or after a PUT or PATCH; null if the path names none. */
const judgedResource = (state: SimulatorState, { method, path, body }: Incoming): WrittenResource | null => {
  const named = namedBy(path);
  const before = method === 'PUT' ? {} : currentBody(state, path);
  if (named === null || (method !== 'DELETE' && !isObject(body))) return null;
  return { ...named, body: isObject(body) ? merged(before, body) : before };
};

/** A built-in policy, with Microsoft's ID and rule (Azure/azure-policy). */
const auditsKeys: PolicyDefinition = {
  id: '/providers/Microsoft.Authorization/policyDefinitions/4d080fa5-a6d2-4f98-ba9c-f482d0d335c0',
  displayName: 'Azure Health Bots should use customer-managed keys to encrypt data at rest',
  description: '',
  mode: 'Indexed',
  parameters: { effect: { type: 'String', defaultValue: 'Audit' } },
  policyRule: {
    if: {
      allOf: [
        { field: 'type', equals: 'Microsoft.HealthBot/healthBots' },
        { field: 'Microsoft.HealthBot/healthBots/keyVaultProperties.keyVaultUri', exists: false },
      ],
    },
    // biome-ignore lint/suspicious/noThenProperty: the language's own word
    then: { effect: "[parameters('effect')]" },
  },
};

const definitionById = (state: SimulatorState, id: string): PolicyDefinition | undefined =>
  [auditsKeys, ...state.policyDefinitions].find((one) => sameId(one.id, id));

const assignmentIdOf = ({ scope, name }: PolicyAssignment): string =>
  `${scope === '/' ? '' : scope}/providers/Microsoft.Authorization/policyAssignments/${name}`;

const lastOf = (id: string): string => id.split('/').at(-1) ?? '';

/** The effects that refuse a write and a delete. */
type Refusing = 'deny' | 'denyAction';

interface Violation {
  readonly assignment: PolicyAssignment;
  readonly definition: PolicyDefinition;
  readonly refusing: Refusing;
}

/** Whether an exemption lifts the assignment here and now. */
const isExempt = ({ policyExemptions }: SimulatorState, assignment: PolicyAssignment, path: string, now: Date) =>
  policyExemptions.some(
    ({ scope, policyAssignmentId, expiresOn }) =>
      sameId(policyAssignmentId, assignmentIdOf(assignment)) &&
      within(path, scope) &&
      (expiresOn === undefined || Date.parse(expiresOn) > now.getTime()),
  );

/** Resource types with tags and a location. */
const indexed = [agentType, vaultType, accountType];

const violationOf = (
  resource: WrittenResource,
  assignment: PolicyAssignment,
  definition: PolicyDefinition,
  refusing: Refusing,
): Violation | null => {
  if (definition.mode === 'Indexed' && !indexed.some((type) => sameId(type, resource.type))) return null;
  const own = Object.entries(definition.parameters).map(([name, one]) => [name, one.defaultValue] as const);
  const given = Object.entries(assignment.parameters).map(([name, one]) => [name, one.value] as const);
  const parameters = new Map<string, unknown>([...own, ...given]);
  const effect = resolved(definition.policyRule.then.effect, parameters);
  if (!sameId(String(effect), refusing)) return null;
  const holds = ruleHolds(definition.policyRule.if, resource, parameters);
  return holds ? { assignment, definition, refusing } : null;
};

/** Shape from public reports. */
const infoOf = ({ assignment, definition, refusing }: Violation) => ({
  evaluationDetails:
    definition.externalEvaluationEnforcementSettings === undefined
      ? {}
      : { missingPolicyTokenDetails: missingDetails(definition.externalEvaluationEnforcementSettings) },
  policyDefinitionId: definition.id,
  policyDefinitionName: lastOf(definition.id),
  policyDefinitionDisplayName: definition.displayName,
  policyDefinitionEffect: refusing,
  policyAssignmentId: assignmentIdOf(assignment),
  policyAssignmentName: assignment.name,
  policyAssignmentDisplayName: assignment.displayName,
  policyAssignmentScope: assignment.scope,
  policyAssignmentParameters: assignment.parameters,
  policyExemptionIds: [],
});

/** Both forms are real (public reports): with the administrators' reasons, or with names and IDs of policies. */
const messageOf = (name: string, violations: readonly Violation[]): string => {
  const start = `Resource '${name}' was disallowed by policy.`;
  const reasons = violations.flatMap(({ assignment }) => assignment.nonComplianceMessages.map((one) => one.message));
  if (reasons.length > 0) {
    return `${start} Reasons: '${reasons.join("', '")}'. See error details for policy resource IDs.`;
  }
  const identifiers = violations.map(({ assignment, definition }) => ({
    policyAssignment: { name: assignment.displayName, id: assignmentIdOf(assignment) },
    policyDefinition: { name: definition.displayName, id: definition.id },
  }));
  return `${start} Policy identifiers: '${JSON.stringify(identifiers)}'.`;
};

/** Policies don't block changes of policies; otherwise they could not be removed (from memory). */
const isPolicy = ({ type }: WrittenResource): boolean => /^Microsoft\.Authorization\/policy/i.test(type);

const violationsOf = (state: SimulatorState, incoming: Incoming, now: Date): readonly Violation[] => {
  const refusing = incoming.method === 'DELETE' ? 'denyAction' : 'deny';
  const resource = judgedResource(state, incoming);
  if (resource === null || isPolicy(resource)) return [];
  return state.policyAssignments
    .filter(({ enforcementMode }) => enforcementMode === 'Default')
    .filter(({ scope }) => within(incoming.path, scope))
    .filter(({ notScopes }) => !notScopes.some((scope) => within(incoming.path, scope)))
    .filter((assignment) => !isExempt(state, assignment, incoming.path, now))
    .flatMap((assignment): Violation[] => {
      const definition = definitionById(state, assignment.policyDefinitionId);
      const violation = definition === undefined ? null : violationOf(resource, assignment, definition, refusing);
      return violation === null ? [] : [violation];
    });
};

/** Whether a policy token lifts it. */
const isExternal = ({ definition }: Violation): boolean =>
  definition.externalEvaluationEnforcementSettings !== undefined;

const isLifted = ({ definition }: Violation, incoming: Incoming, now: Date): boolean => {
  const settings = definition.externalEvaluationEnforcementSettings;
  return settings !== undefined && (!sameId(settings.missingTokenAction, 'deny') || hasToken(incoming, now));
};

/**
 * Refuses a write that violates an assigned `deny` policy, and a delete that a `denyAction` policy blocks.
 * Source: Microsoft, "Azure Policy definitions denyAction effect": 403. That its text is that of `deny` is from memory.
 */
export const requirePolicies = (state: SimulatorState, incoming: Incoming, now: Date): void => {
  const violations = violationsOf(state, incoming, now).filter((one) => !isLifted(one, incoming, now));
  if (violations.length === 0) return;
  const target = incoming.path.split('/').at(-1) ?? '';
  throw Refusal.of(403, 'RequestDisallowedByPolicy', messageOf(target, violations), {
    target,
    additionalInfo: violations.map((one) => ({ type: 'PolicyViolation', info: infoOf(one) })),
  });
};

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
  showsDeleted: true,
});

const WrittenExemption = z.object({ properties: PolicyExemption.omit({ name: true, scope: true }) });

const exemptionRoutes = extensionRoutes<PolicyExemption>({
  type: 'policyExemptions',
  versions: exemptionVersions,
  listIn: (state) => state.policyExemptions,
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
  const violations = violationsOf(call.world.state, asIncoming(call, operation), call.now).filter(isExternal);
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
