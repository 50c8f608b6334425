import { type Check, judge } from '../../domain/check.ts';
import { madeVersion } from '../../domain/effect.ts';
import { done, type Failure, type Outcome } from '../../domain/failure.ts';
import { KeyVersion } from '../../domain/ids.ts';
import { isThere } from '../../domain/key-change.ts';
import { type CustomerKey, isNamedAlike, sameKey } from '../../domain/observed.ts';
import { hasFailed, isBusy } from '../../domain/provisioning.ts';
import { accessHolds, sameIdentity } from './grant-key-access.ts';
import { busy, noOutputs, notSo, type Step, type StepContext } from './step.ts';

const doing = ({ work }: StepContext) => `setting the key of ${work.observed.resource.name}`;

/** The pinned version: chosen beforehand, or made in this run. Throws while it is not known: never a key without a version. */
export function plannedKey({ work: { to, observed }, outputs }: StepContext): CustomerKey & { keyVersion: KeyVersion } {
  const keyVersion = KeyVersion.parse(to.keyVersion ?? outputs.keyVersion);
  return { vaultUri: observed.vault.uri, keyName: to.keyName, keyVersion };
}

const isUnder = (now: CustomerKey | null, key: CustomerKey): boolean => now !== null && sameKey(now, key);

/** Whether the resource is still under the key that the approval takes it from. */
const isWhereApproved = (now: CustomerKey | null, from: CustomerKey | null): boolean =>
  now === null || from === null ? now === from : isNamedAlike(now, from);

/**
 * Reads the resource and says what ARM reports where that is not the wanted key. `whereFailed`: what to do next about a resource
 * that is `Failed`. It stays so until another write succeeds.
 */
export async function readKeyBack(
  context: StepContext,
  whereFailed: Failure['next'] = 'retry-until',
): Promise<Outcome<'as-wished'>> {
  const resource = await context.azure.resources.get(context.work.resource);
  if (!resource.ok) return resource;
  if (resource.value === null) return notSo(doing(context), { code: 'missing', what: 'resource' });
  const { provisioningState, customerKey: shows } = resource.value;
  if (provisioningState !== 'Succeeded') {
    const next = hasFailed(provisioningState) ? whereFailed : 'retry-until';
    return notSo(doing(context), { code: 'resource-not-settled', provisioningState }, next);
  }
  const expected = plannedKey(context);
  if (isUnder(shows, expected)) return done('as-wished');
  // A read can lag behind a write: the key that was there before is waited out. Another key is somebody's change.
  const next = isWhereApproved(shows, context.work.from) ? 'wait' : 'ask';
  return notSo(doing(context), { code: 'key-not-shown', shows, expected }, next);
}

/**
 * Where the operation failed that was to set the key, the resource may go on showing it, and any other write that succeeds, such
 * as an identity's, makes it look settled. So it is set again, also where it had failed when people approved.
 */
const isLeftover = ({ work }: StepContext, provisioningState: string): boolean =>
  hasFailed(provisioningState) || hasFailed(work.observed.resource.provisioningState);

/** Whether the version is there and enabled: nothing that spreads makes one usable that isn't. */
async function keyStillWorks(context: StepContext): Promise<Outcome<'works'>> {
  const { to } = context.work;
  const key = await context.azure.keys.get(to.vaultId, to.keyName, plannedKey(context).keyVersion);
  if (!key.ok) return key;
  if (key.value?.enabled === true) return done('works');
  const check = key.value === null ? await missingKey(context) : judge('block', 'key-disabled', {});
  return notSo(doing(context), { code: 'blocked', check });
}

async function missingKey({ azure, work: { to, observed } }: StepContext): Promise<Check> {
  const deleted = await azure.keys.deleted(observed.vault.uri, to.keyName);
  return judge('block', 'key-missing', { deleted: deleted.ok ? deleted.value : 'not-checked' });
}

/**
 * Before another attempt: that waiting can lead to anything. An attempt that the key vault refuses leaves the resource `Failed`,
 * and is only repeated while access is given to this identity and the key works.
 */
async function canStillWork(context: StepContext): Promise<Outcome<unknown>> {
  const access = await accessHolds(context);
  return access.ok ? keyStillWorks(context) : access;
}

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
    const { customerKey: shows, provisioningState, principalId } = resource.value;
    // A change of ours whose answer was lost may be under way: it is waited for, not sent again.
    if (isBusy(provisioningState)) return busy(doing(context), provisioningState);
    if (isUnder(shows, plannedKey(context)) && !isLeftover(context, provisioningState)) return done('already');
    const { from: expected } = context.work;
    if (!isUnder(shows, plannedKey(context)) && !isWhereApproved(shows, expected))
      return notSo(doing(context), { code: 'key-moved', shows, expected });
    const worthwhile = context.attempt > 1 ? await canStillWork(context) : sameIdentity(context, principalId);
    return worthwhile.ok ? done('to-do') : worthwhile;
  },
  apply: (context) => context.azure.resources.setCustomerKey(context.work.resource, plannedKey(context)),
  async verify(context) {
    const back = await readKeyBack(context);
    return back.ok ? done(noOutputs) : back;
  },
};
