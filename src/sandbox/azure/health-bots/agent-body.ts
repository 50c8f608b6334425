import { agentId, sameId } from '../arm/ids.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { AgentIdentity, HealthBot, KeyVaultProperties } from '../state/schema-agents.ts';

/** The first API version with each member. */
const firstWith = {
  identity: '2021-06-10',
  keyVaultProperties: '2021-08-24',
  propertiesInPatch: '2021-08-24',
  accessControlMethod: '2025-05-25',
} as const;

export const has = (member: keyof typeof firstWith, version: string): boolean => version >= firstWith[member];

/** Tiers that a write can name, with the first version that has it and the first one without it. */
const tiers: readonly (readonly [name: string, from: string, before: string])[] = [
  ['F0', '', '~'],
  ['S1', '', '2025-11-01'],
  ['C0', '', '~'],
  ['PES', '2023-05-01', '~'],
  ['C1', '2024-02-01', '~'],
];

export const offersTier = (tier: string, version: string): boolean =>
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
