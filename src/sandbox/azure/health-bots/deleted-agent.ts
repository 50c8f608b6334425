import { agentId } from '../arm/ids.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { HealthBot } from '../state/schema-agents.ts';

/**
 * What is left of an agent: nothing. Its own identity goes with it, so whatever was granted to that identity opens no vault
 * any more, also not for an agent made anew under the same name. Data under a customer's key can be decrypted by nobody from
 * then on (Microsoft's page on customer-managed keys warns of that); the state remembers which.
 */
export const forgetAgent = (state: SimulatorState, agent: HealthBot, end: Date): void => {
  const key = agent.content.keyVaultProperties;
  if (key !== null) state.lostData.push({ agentId: agentId(agent), at: end.toISOString(), key });
  const own = agent.content.identity?.principalId ?? null;
  state.principals = state.principals.filter((one) => one.id !== own);
  state.agents = state.agents.filter((one) => one !== agent);
};
