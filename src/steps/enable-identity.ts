import { isBusy } from '../domain/checks.ts';
import { done } from '../domain/failure.ts';
import { sameArmId } from '../domain/ids.ts';
import type { ObservedResource } from '../domain/observed.ts';
import { busy, missing, moved, readBackDiffers, type Step, type StepContext } from './step.ts';

const doing = ({ plan }: StepContext) => `enabling the identity of ${plan.observation.resource.name}`;

/** Losing a user-assigned identity would cut off whatever the agent reaches with it. */
function lostIdentity({ plan }: StepContext, resource: ObservedResource): string | undefined {
  const { userAssignedIds } = plan.observation.resource;
  return userAssignedIds.find((id) => !resource.userAssignedIds.some((one) => sameArmId(one, id)));
}

/** Gives the agent a system-assigned identity and keeps the user-assigned ones it has. */
export const enableIdentity: Step = {
  name: 'enable-identity',
  reversibility: 'reversible',
  effects({ resource }) {
    if (resource.systemAssigned) return [];
    const before = resource.userAssignedIds.length === 0 ? 'none' : 'user-assigned';
    return [{ target: resource.id, property: 'identity.systemAssigned', before, value: 'on' }];
  },
  async observe(context) {
    const resource = await context.azure.resources.get(context.plan.wish.resourceId);
    if (!resource.ok) return resource;
    if (resource.value === null) return missing(doing(context), 'The agent');
    const lost = lostIdentity(context, resource.value);
    if (lost !== undefined) return moved(doing(context), 'IdentityLost', `The agent does not have ${lost} any more.`);
    if (resource.value.systemAssigned) return done('already');
    const { provisioningState } = resource.value;
    return isBusy(provisioningState) ? busy(doing(context), provisioningState) : done('to-do');
  },
  apply: ({ azure, plan }) => azure.resources.enableSystemIdentity(plan.wish.resourceId),
  async verify(context) {
    const resource = await context.azure.resources.get(context.plan.wish.resourceId);
    if (!resource.ok) return resource;
    const { systemAssigned, principalId, tenantId } = resource.value ?? {};
    if (systemAssigned !== true || !principalId || !tenantId) {
      const found = 'The agent shows no system-assigned identity.';
      return readBackDiffers(doing(context), { found, expected: 'It has one.' }, 'retry-until');
    }
    const lost = resource.value === null ? undefined : lostIdentity(context, resource.value);
    if (lost !== undefined) return moved(doing(context), 'IdentityLost', `The agent does not have ${lost} any more.`);
    return done({ born: { principalId, principalTenantId: tenantId }, proofs: [] });
  },
};
