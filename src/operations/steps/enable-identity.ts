import { valueOrThrow } from '../../domain/failure.ts';
import { sameArmId } from '../../domain/ids.ts';
import { isBusy, type ObservedResource } from '../../domain/observed.ts';
import { failBusy, failStep, readResource, reversible, type Step, type StepContext } from './step.ts';

const doing = ({ work }: StepContext) => `enabling the identity of ${work.observed.resource.name}`;

/** Throws if the resource lost a user-assigned identity. Losing one would cut off the resource's access through it. */
function rejectLostIdentity(context: StepContext, resource: ObservedResource): void {
  const { userAssignedIds } = context.work.observed.resource;
  const lost = userAssignedIds.find((id) => !resource.userAssignedIds.some((one) => sameArmId(one, id)));
  if (lost !== undefined) failStep(doing(context), { code: 'identity-lost', id: lost });
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
    rejectLostIdentity(context, resource);
    const { systemAssigned, principalId, provisioningState } = resource;
    if (systemAssigned && principalId) return 'already';
    if (isBusy(provisioningState)) failBusy(doing(context), provisioningState);
    return systemAssigned ? 'already' : 'to-do';
  },
  async apply(context) {
    const judged = await readResource(context, doing(context));
    return valueOrThrow(await context.azure.resources.enableSystemIdentity(context.work.resource, judged));
  },
  async verify(context) {
    const resource = await readResource(context, doing(context));
    const { systemAssigned, principalId, tenantId } = resource;
    if (!systemAssigned || !principalId || !tenantId) {
      return failStep(doing(context), { code: 'identity-not-shown' }, 'retry-until');
    }
    rejectLostIdentity(context, resource);
    return { outputs: { principalId, principalTenantId: tenantId }, proofs: [] };
  },
};
