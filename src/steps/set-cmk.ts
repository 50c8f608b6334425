import { madeVersion } from '../domain/effect.ts';
import { done, type Outcome } from '../domain/failure.ts';
import { KeyVersion } from '../domain/ids.ts';
import { isThere } from '../domain/key-change.ts';
import { type CustomerKey, isNamedAlike, sameKey } from '../domain/observed.ts';
import { hasFailed, isBusy } from '../domain/provisioning.ts';
import { busy, noOutputs, notSo, type Step, type StepContext } from './step.ts';

const doing = ({ work }: StepContext) => `setting the key of ${work.observed.resource.name}`;

/** The pinned version: chosen beforehand, or made in this run. Throws while it is not known: never a key without a version. */
export function wantedKey({ work: { to, observed }, outputs }: StepContext): CustomerKey & { keyVersion: KeyVersion } {
  const keyVersion = KeyVersion.parse(to.keyVersion ?? outputs.keyVersion);
  return { vaultUri: observed.vault.uri, keyName: to.keyName, keyVersion };
}

const isUnder = (now: CustomerKey | null, key: CustomerKey): boolean => now !== null && sameKey(now, key);

/** Reads the resource and says what ARM reports where that is not the wanted key. */
export async function readKeyBack(context: StepContext): Promise<Outcome<'as-wished'>> {
  const resource = await context.azure.resources.get(context.work.resource);
  if (!resource.ok) return resource;
  if (resource.value === null) return notSo(doing(context), { code: 'missing', what: 'resource' });
  const { provisioningState, customerKey: shows } = resource.value;
  if (provisioningState !== 'Succeeded') {
    return notSo(doing(context), { code: 'resource-not-settled', provisioningState }, 'retry-until');
  }
  const expected = wantedKey(context);
  return isUnder(shows, expected)
    ? done('as-wished')
    : notSo(doing(context), { code: 'key-not-shown', shows, expected });
}

/** Whether the resource is still under the key that the approval takes it from. */
const isWhereApproved = (now: CustomerKey | null, from: CustomerKey | null): boolean =>
  now === null || from === null ? now === from : isNamedAlike(now, from);

/**
 * Where the operation failed that was to set the key, the resource may go on showing it, and any other write that succeeds, such
 * as an identity's, makes it look settled. So it is set again, also where it had failed when people approved.
 */
const isLeftover = ({ work }: StepContext, provisioningState: string): boolean =>
  hasFailed(provisioningState) || hasFailed(work.observed.resource.provisioningState);

/** Switches the resource to the wanted version: from Microsoft's key, or from the customer's own. */
export const setCmk: Step = {
  name: 'set-cmk',
  // Azure's documentation says nothing of the way back to Microsoft's key. To an own version there is one while it lives.
  reversibility: ({ from }) => (from === null ? 'unknown' : 'reversible'),
  effects(work) {
    const { resource, vault } = work.observed;
    if (isThere(work)) return [];
    const to = {
      vaultUri: vault.uri,
      keyName: work.to.keyName,
      keyVersion: work.to.keyVersion ?? madeVersion,
    } as const;
    return [{ change: 'customer-key', target: resource.id, to, before: resource.customerKey }];
  },
  async observe(context) {
    const resource = await context.azure.resources.get(context.work.resource);
    if (!resource.ok) return resource;
    if (resource.value === null) return notSo(doing(context), { code: 'missing', what: 'resource' });
    const { customerKey: shows, provisioningState } = resource.value;
    // A change of ours whose answer was lost may be under way: it is waited for, not sent again.
    if (isBusy(provisioningState)) return busy(doing(context), provisioningState);
    if (isUnder(shows, wantedKey(context))) return done(isLeftover(context, provisioningState) ? 'to-do' : 'already');
    const { from: expected } = context.work;
    return isWhereApproved(shows, expected)
      ? done('to-do')
      : notSo(doing(context), { code: 'key-moved', shows, expected });
  },
  apply: (context) => context.azure.resources.setCustomerKey(context.work.resource, wantedKey(context)),
  async verify(context) {
    const back = await readKeyBack(context);
    return back.ok ? done(noOutputs) : back;
  },
};
