import { done } from '../domain/failure.ts';
import { missing, readBackDiffers, type Step, type StepContext } from './step.ts';

const doing = ({ plan }: StepContext) => `enabling the identity of ${plan.observation.agent.name}`;

/** Gives the agent a system-assigned identity and keeps the user-assigned ones it has. */
export const enableIdentity: Step = {
  name: 'enable-identity',
  reversibility: 'reversible',
  effects({ agent }) {
    if (agent.systemAssigned) return [];
    const before = agent.userAssignedIds.length === 0 ? 'none' : 'user-assigned';
    return [{ target: agent.id, property: 'identity.systemAssigned', before, value: 'on' }];
  },
  async observe(context) {
    const agent = await context.azure.agents.get(context.plan.wish.agentId);
    if (!agent.ok) return agent;
    if (agent.value === null) return missing(doing(context), 'The agent');
    return done(agent.value.systemAssigned ? 'already' : 'to-do');
  },
  apply: ({ azure, plan }) => azure.agents.enableSystemIdentity(plan.wish.agentId),
  async verify(context) {
    const agent = await context.azure.agents.get(context.plan.wish.agentId);
    if (!agent.ok) return agent;
    const { systemAssigned, principalId, tenantId } = agent.value ?? {};
    if (systemAssigned !== true || !principalId || !tenantId) {
      return readBackDiffers(doing(context), 'The agent shows no system-assigned identity.', 'retry-until');
    }
    return done({ born: { principalId, principalTenantId: tenantId }, proofs: [] });
  },
};
