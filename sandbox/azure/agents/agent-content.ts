/** What a write of an agent can say, and the content after it. */

import { z } from 'zod';
import { Refusal } from '../../http.ts';
import { sameId } from '../arm/ids.ts';
import type { AgentContent, AgentIdentity } from '../state/agents.ts';
import type { SimulatorState } from '../state/schema.ts';

/**
 * Accepted members, from the descriptions.
 * Read-only members are accepted and ignored, because clients send back what they read. Others are refused: the real
 * platform checks payloads against the description.
 */
export const IdentityBody = z.strictObject({
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

const Tier = z.strictObject({ name: z.enum(['F0', 'S1', 'C0', 'PES', 'C1']) });

export const AgentPut = z.strictObject({
  id: z.string().optional(),
  name: z.string().optional(),
  type: z.string().optional(),
  location: z.string(),
  systemData: z.unknown().optional(),
  tags: z.record(z.string(), z.string()).nullish(),
  sku: Tier,
  identity: IdentityBody.nullish(),
  properties: z
    .strictObject({
      provisioningState: z.string().nullish(),
      botManagementPortalLink: z.string().nullish(),
      accessControlMethod: z.string().nullish(),
      keyVaultProperties: KeyBody.nullish(),
    })
    .nullish(),
});
export const AgentPatch = AgentPut.partial({ location: true, sku: true });
export type AgentPatch = z.infer<typeof AgentPatch>;
export type AgentPut = z.infer<typeof AgentPut>;

/** Code of the platform's payload check (from memory). */
export const payloadRefused = 'HttpRequestPayloadAPISpecValidationFailed';

/** Returns the user-assigned identities that a write names. Code `MissingIdentityIds` is from memory, the other invented. */
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
export const identityAfter = (
  state: SimulatorState,
  before: AgentIdentity | null,
  wanted: z.infer<typeof IdentityBody>,
): AgentIdentity => ({
  type: wanted.type,
  principalId: wanted.type.startsWith('SystemAssigned') ? (before?.principalId ?? null) : null,
  userAssignedIds: namedIdentities(state, wanted),
});

/** Applies a JSON merge patch: absent members stay, null removes. That null removes the key was never recorded. */
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
