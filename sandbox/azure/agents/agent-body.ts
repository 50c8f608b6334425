/** A healthcare agent service as Azure Resource Manager shows it. */

import { agentId, sameId } from '../arm/ids.ts';
import type { AgentIdentity, HealthBot, KeyVaultProperties } from '../state/agents.ts';
import type { SimulatorState } from '../state/schema.ts';

export const identityBody = (state: SimulatorState, identity: AgentIdentity) => {
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

/** The resource as recorded 2026-02-18 from the real provider: type in lower case, no `encryption` object. */
export const agentBody = (state: SimulatorState, agent: HealthBot) => {
  const { content } = agent;
  const { identity, keyVaultProperties: key } = content;
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
      accessControlMethod: 'AzureRBAC',
      ...(key === null ? {} : { keyVaultProperties: keyBody(key) }),
      provisioningState: shownState(agent),
    },
  };
};
