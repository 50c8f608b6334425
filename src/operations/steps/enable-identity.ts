import { done } from '../../domain/failure.ts';
import { sameArmId } from '../../domain/ids.ts';
import { isBusy, type ObservedResource } from '../../domain/observed.ts';
import { failBusy, failStep, readResource, reversible, type Step, type StepContext } from './step.ts';

const doing = ({ work }: StepContext) => `enabling the identity of ${work.observed.resource.name}`;

/** Returns a user-assigned identity that the resource lost. Losing one would cut off the resource's access through it. */
function lostIdentity({ work }: StepContext, resource: ObservedResource): string | undefined {
  const { userAssignedIds } = work.observed.resource;
  return userAssignedIds.find((id) => !resource.userAssignedIds.some((one) => sameArmId(one, id)));
}

/** Turns on the system-assigned identity and keeps the user-assigned ones. */
export const enableIdentity: Step = {
  name: 'enable-identity',
  reversibility: reversible,
  effects({ observed: { resource } }) {
    if (resource.systemAssigned) return [];
    const before = resource.userAssignedIds.length === 0 ? 'none' : 'user-assigned';
    return [{ change: 'identity', target: resource.id, before }];
  },
  async observe(context) {
    const resource = await readResource(context, doing(context));
    if (!resource.ok) return resource;
    const lost = lostIdentity(context, resource.value);
    if (lost !== undefined) return failStep(doing(context), { code: 'identity-lost', id: lost });
    if (resource.value.systemAssigned) return done('already');
    const { provisioningState } = resource.value;
    return isBusy(provisioningState) ? failBusy(doing(context), provisioningState) : done('to-do');
  },
  async apply(context) {
    const judged = await readResource(context, doing(context));
    return judged.ok ? context.azure.resources.enableSystemIdentity(context.work.resource, judged.value) : judged;
  },
  async verify(context) {
    const resource = await readResource(context, doing(context));
    if (!resource.ok) return resource;
    const { systemAssigned, principalId, tenantId } = resource.value;
    if (!systemAssigned || !principalId || !tenantId) {
      return failStep(doing(context), { code: 'identity-not-shown' }, 'retry-until');
    }
    const lost = lostIdentity(context, resource.value);
    if (lost !== undefined) return failStep(doing(context), { code: 'identity-lost', id: lost });
    return done({ outputs: { principalId, principalTenantId: tenantId }, proofs: [] });
  },
};
