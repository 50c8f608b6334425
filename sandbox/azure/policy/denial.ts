import { createHash, createHmac, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Refusal } from '../../http.ts';
import { sameId, within } from '../arm/ids.ts';
import type { Incoming } from '../http/incoming.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { PolicyAssignment, PolicyDefinition } from '../state/schema-policy.ts';
import { resolved, ruleHolds, storedResource, type WrittenResource, writtenResource } from './rule.ts';

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

export const definitionById = (state: SimulatorState, id: string): PolicyDefinition | undefined =>
  [auditsKeys, ...state.policyDefinitions].find((one) => sameId(one.id, id));

export const assignmentIdOf = ({ scope, name }: PolicyAssignment): string =>
  `${scope === '/' ? '' : scope}/providers/Microsoft.Authorization/policyAssignments/${name}`;

const lastOf = (id: string): string => id.split('/').at(-1) ?? '';

/**
 * External evaluation: a write that such a policy is about needs a token for exactly this write (Microsoft's REST descriptions and
 * clients, and the guide in Azure/azure-policy). Of the kinds of endpoint only `CoinFlip` is here, which always falls on one side.
 * A token for another body, or one that expired, counts as none. Words are ours.
 */

const header = 'x-ms-policy-external-evaluations';
const key = randomBytes(32);

const Bound = z.object({ uri: z.string(), httpMethod: z.string(), contentHash: z.string(), expiration: z.string() });
type Bound = z.infer<typeof Bound>;

/** Of what was parsed: both sides are written the same way again, so that the bytes and their order count. */
export const hashOf = (content: unknown): string =>
  createHash('sha256')
    .update(content === undefined || content === null ? '' : JSON.stringify(content))
    .digest('hex');

const signatureOf = (payload: string): string => createHmac('sha256', key).update(payload).digest('base64url');

export const mint = (bound: Bound): string => {
  const payload = Buffer.from(JSON.stringify(bound)).toString('base64url');
  return `PoP ${payload}.${signatureOf(payload)}`;
};

const read = (token: string): Bound | null => {
  const [payload = '', signature = ''] = token.replace(/^PoP /, '').split('.');
  if (!token.startsWith('PoP ') || signature !== signatureOf(payload)) return null;
  return Bound.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
};

/** Whether the request carries a token for itself. */
const hasToken = ({ headers, sentUrl, method, body }: Incoming, now: Date): boolean => {
  const token = headers[header];
  const bound = typeof token === 'string' ? read(token) : null;
  return (
    bound !== null &&
    sameId(bound.uri, sentUrl) &&
    sameId(bound.httpMethod, method) &&
    bound.contentHash === hashOf(body) &&
    Date.parse(bound.expiration) > now.getTime()
  );
};

type Settings = NonNullable<PolicyDefinition['externalEvaluationEnforcementSettings']>;

/** What a refusal says of the token that is missing. */
const missingDetails = ({ endpointSettings, resultLifespan, missingTokenAction }: Settings) => ({
  shouldDeny: sameId(missingTokenAction, 'deny'),
  endpointKind: endpointSettings.kind,
  endpointResultLifespan: resultLifespan,
  isChangeReferenceRequired: endpointSettings.details.changeReferenceRequired,
});

/** The effects that refuse a write and a delete. */
type Refusing = 'deny' | 'denyAction';

export interface Violation {
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
const indexed = ['microsoft.healthbot/healthbots', 'microsoft.keyvault/vaults'];

const violationOf = (
  resource: WrittenResource,
  assignment: PolicyAssignment,
  definition: PolicyDefinition,
  refusing: Refusing,
): Violation | null => {
  if (definition.mode === 'Indexed' && !indexed.includes(resource.type.toLowerCase())) return null;
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
  evaluationDetails: {
    ...(definition.externalEvaluationEnforcementSettings === undefined
      ? {}
      : { missingPolicyTokenDetails: missingDetails(definition.externalEvaluationEnforcementSettings) }),
  },
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
  const resource = refusing === 'deny' ? writtenResource(state, incoming) : storedResource(state, incoming);
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

const isExternal = ({ definition }: Violation): boolean =>
  definition.externalEvaluationEnforcementSettings !== undefined;

/** Violations that a policy token lifts. */
export const externalViolations = (state: SimulatorState, incoming: Incoming, now: Date): readonly Violation[] =>
  violationsOf(state, incoming, now).filter(isExternal);

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
