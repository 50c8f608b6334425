import { z } from 'zod';
import { Refusal } from '../../http.ts';
import { agentId, sameId } from '../arm/ids.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { AgentContent, AgentIdentity, HealthBot, KeyVaultProperties } from '../state/schema-agents.ts';

/** The first API version with each member. */
const firstWith = {
  identity: '2021-06-10',
  keyVaultProperties: '2021-08-24',
  propertiesInPatch: '2021-08-24',
  accessControlMethod: '2025-05-25',
} as const;

const has = (member: keyof typeof firstWith, version: string): boolean => version >= firstWith[member];

/** Tiers that a write can name, with the first version that has it and the first one without it. */
const tiers: readonly (readonly [name: string, from: string, before: string])[] = [
  ['F0', '', '~'],
  ['S1', '', '2025-11-01'],
  ['C0', '', '~'],
  ['PES', '2023-05-01', '~'],
  ['C1', '2024-02-01', '~'],
];

const offersTier = (tier: string, version: string): boolean =>
  tiers.some(([name, from, before]) => name === tier && version >= from && version < before);

const identityBody = (state: SimulatorState, identity: AgentIdentity) => {
  const assigned = identity.userAssignedIds.map((id) => {
    const known = state.userAssignedIdentities.find((one) => sameId(one.id, id));
    return [id, known === undefined ? {} : { principalId: known.principalId, clientId: known.clientId }];
  });
  return {
    type: identity.type,
    ...(identity.principalId === null ? {} : { principalId: identity.principalId, tenantId: state.tenantId }),
    ...(assigned.length === 0 ? {} : { userAssignedIdentities: Object.fromEntries(assigned) }),
  };
};

const keyBody = (key: KeyVaultProperties) => ({
  keyName: key.keyName,
  ...(key.keyVersion === null ? {} : { keyVersion: key.keyVersion }),
  keyVaultUri: key.keyVaultUri,
  ...(key.userIdentity === null ? {} : { userIdentity: key.userIdentity }),
});

/** Microsoft doesn't document if Azure shows a lost key in this way. */
const shownState = ({ provisioningState, lostKey }: HealthBot): string =>
  provisioningState === 'Succeeded' && lostKey ? 'Failed' : provisioningState;

/** The version of the recordings. */
export const newestVersion = '2025-11-01';

/**
 * The resource as recorded 2026-02-18 from the real provider: type in lower case, no `encryption` object. Older
 * versions lack later members.
 */
export const agentBody = (state: SimulatorState, agent: HealthBot, version: string = newestVersion) => {
  const { content } = agent;
  const identity = has('identity', version) ? content.identity : null;
  const key = has('keyVaultProperties', version) ? content.keyVaultProperties : null;
  return {
    id: agentId(agent),
    name: agent.name,
    type: 'microsoft.healthbot/healthbots',
    sku: { name: content.sku },
    location: agent.location,
    ...(content.tags === null ? {} : { tags: content.tags }),
    ...(identity === null ? {} : { identity: identityBody(state, identity) }),
    systemData: agent.systemData,
    properties: {
      botManagementPortalLink: `https://${agent.location}.healthbot.microsoft.com/account/${agent.name}-fprdctl`,
      ...(has('accessControlMethod', version) ? { accessControlMethod: 'AzureRBAC' } : {}),
      ...(key === null ? {} : { keyVaultProperties: keyBody(key) }),
      provisioningState: shownState(agent),
    },
  };
};

/**
 * Accepted members, from the descriptions.
 * Read-only members are accepted and ignored, because clients send back what they read. Others are refused: the real
 * platform checks payloads against the description.
 */
const IdentityBody = z.strictObject({
  type: z.enum(['SystemAssigned', 'UserAssigned', 'SystemAssigned, UserAssigned', 'None']),
  principalId: z.string().nullish(),
  tenantId: z.string().nullish(),
  userAssignedIdentities: z.record(z.string(), z.looseObject({}).nullable()).nullish(),
});

const KeyBody = z.strictObject({
  keyName: z.string().min(1),
  keyVaultUri: z.string().min(1),
  keyVersion: z.string().nullable().default(null),
  userIdentity: z.string().nullable().default(null),
});

const Properties = {
  provisioningState: z.string().nullish(),
  botManagementPortalLink: z.string().nullish(),
};

const propertiesBody = (version: string) =>
  z.strictObject({
    ...Properties,
    ...(has('accessControlMethod', version) ? { accessControlMethod: z.string().nullish() } : {}),
    keyVaultProperties: has('keyVaultProperties', version) ? KeyBody.nullish() : z.undefined().optional(),
  });

const tierBody = (version: string) =>
  z.strictObject({ name: z.string().refine((tier) => offersTier(tier, version), 'The tier is not offered.') });

/** Members that a version doesn't have are refused as unknown. */
export const agentPatch = (version: string) =>
  z.strictObject({
    id: z.string().optional(),
    name: z.string().optional(),
    type: z.string().optional(),
    location: z.string().optional(),
    systemData: z.unknown().optional(),
    tags: z.record(z.string(), z.string()).nullish(),
    sku: tierBody(version).optional(),
    identity: has('identity', version) ? IdentityBody.nullish() : z.undefined().optional(),
    properties: has('propertiesInPatch', version) ? propertiesBody(version).nullish() : z.undefined().optional(),
  });

type AgentPatch = z.infer<ReturnType<typeof agentPatch>>;

export const agentPut = (version: string) =>
  agentPatch(version).extend({
    location: z.string(),
    sku: tierBody(version),
    properties: propertiesBody(version).nullish(),
  });
type AgentPut = z.infer<ReturnType<typeof agentPut>>;

/** Code of the platform's payload check (from memory). */
export const payloadRefused = 'HttpRequestPayloadAPISpecValidationFailed';

/**
 * Returns the user-assigned identities that a write names; each must exist. Real code `MissingIdentityIds` (from
 * memory); the other is invented.
 */
const namedIdentities = (state: SimulatorState, wanted: z.infer<typeof IdentityBody>): string[] => {
  if (!wanted.type.includes('UserAssigned')) return [];
  const ids = Object.entries(wanted.userAssignedIdentities ?? {}).flatMap(([id, value]) =>
    value === null ? [] : [id],
  );
  if (ids.length === 0) {
    const message = "The identity ids must not be null or empty for 'UserAssigned' identity type.";
    throw Refusal.of(400, 'MissingIdentityIds', message);
  }
  const missing = ids.find((id) => !state.userAssignedIdentities.some((one) => sameId(one.id, id)));
  if (missing === undefined) return ids;
  const message = `Identity operation failed: the identity '${missing}' was not found.`;
  throw Refusal.of(400, 'FailedIdentityOperation', message);
};

/** Returns the identity after a write: a system-assigned principal stays while its type stays, the rest is replaced. */
const identityAfter = (
  state: SimulatorState,
  before: AgentIdentity | null,
  wanted: z.infer<typeof IdentityBody>,
): AgentIdentity => ({
  type: wanted.type,
  principalId: wanted.type.startsWith('SystemAssigned') ? (before?.principalId ?? null) : null,
  userAssignedIds: namedIdentities(state, wanted),
});

/**
 * Applies a JSON merge patch: absent members stay, null removes. That null removes the key is inferred: it isn't
 * documented and was never recorded.
 */
export const patched = (state: SimulatorState, before: AgentContent, patch: AgentPatch): AgentContent => {
  const key = patch.properties?.keyVaultProperties;
  return {
    tags: patch.tags === undefined ? before.tags : patch.tags,
    sku: patch.sku?.name ?? before.sku,
    identity: patch.identity ? identityAfter(state, before.identity, patch.identity) : before.identity,
    keyVaultProperties: key === undefined ? before.keyVaultProperties : key,
  };
};

/** Applies a PUT: what it leaves out is removed. What it does to a key in the real service was never recorded. */
export const replaced = (state: SimulatorState, before: AgentContent | null, put: AgentPut): AgentContent => ({
  tags: put.tags ?? null,
  sku: put.sku.name,
  identity: put.identity ? identityAfter(state, before?.identity ?? null, put.identity) : null,
  keyVaultProperties: put.properties?.keyVaultProperties ?? null,
});
