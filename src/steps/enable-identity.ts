import { isBusy } from '../domain/checks.ts';
import { done } from '../domain/failure.ts';
import { sameArmId } from '../domain/ids.ts';
import type { ObservedAgent } from '../domain/observed.ts';
import { busy, missing, moved, readBackDiffers, type Step, type StepContext } from './step.ts';

const doing = ({ plan }: StepContext) => `enabling the identity of ${plan.observation.agent.name}`;

/** Losing a user-assigned identity would cut off whatever the agent reaches with it. */
function lostIdentity({ plan }: StepContext, agent: ObservedAgent): string | undefined {
  const { userAssignedIds } = plan.observation.agent;
  return userAssignedIds.find((id) => !agent.userAssignedIds.some((one) => sameArmId(one, id)));
}

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
    const lost = lostIdentity(context, agent.value);
    if (lost !== undefined) return moved(doing(context), 'IdentityLost', `The agent does not have ${lost} any more.`);
    if (agent.value.systemAssigned) return done('already');
    const { provisioningState } = agent.value;
    return isBusy(provisioningState) ? busy(doing(context), provisioningState) : done('to-do');
  },
  apply: ({ azure, plan }) => azure.agents.enableSystemIdentity(plan.wish.agentId),
  async verify(context) {
    const agent = await context.azure.agents.get(context.plan.wish.agentId);
    if (!agent.ok) return agent;
    const { systemAssigned, principalId, tenantId } = agent.value ?? {};
    if (systemAssigned !== true || !principalId || !tenantId) {
      const found = 'The agent shows no system-assigned identity.';
      return readBackDiffers(doing(context), { found, expected: 'It has one.' }, 'retry-until');
    }
    const lost = agent.value === null ? undefined : lostIdentity(context, agent.value);
    if (lost !== undefined) return moved(doing(context), 'IdentityLost', `The agent does not have ${lost} any more.`);
    return done({ born: { principalId, principalTenantId: tenantId }, proofs: [] });
  },
};
