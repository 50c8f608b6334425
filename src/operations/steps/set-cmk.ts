import { judgeFirewall, judgeKey } from '../../domain/check.ts';
import { madeVersion } from '../../domain/effect.ts';
import { catchFailure, type Failure, failed, valueOrThrow } from '../../domain/failure.ts';
import { KeyVersion } from '../../domain/ids.ts';
import { isAlreadySet } from '../../domain/key-change.ts';
import { type CustomerKey, hasFailed, isBusy, isNamedAlike, isUnchangedKey } from '../../domain/observed.ts';
import { verifyAccess, verifyIdentity } from './grant-key-access.ts';
import { checkVersion } from './recover-key.ts';
import { failBusy, failStep, readResource, readVault, type Step, type StepContext } from './step.ts';

const doing = ({ work }: StepContext) => `setting the key of ${work.observed.resource.name}`;

/** Returns the key version: chosen, created by the request, or found as created by it. Throws if it's unknown. */
export function plannedVersion({ work: { to, observed }, outputs }: StepContext): KeyVersion {
  const found = observed.keyIs === 'own' ? observed.key?.version : undefined;
  return KeyVersion.parse(to.keyVersion ?? outputs.keyVersion ?? found);
}

/** Returns what the resource will show. A key is set without a version only if the resource shall follow new ones. */
function plannedKey(context: StepContext): CustomerKey {
  const { to, observed } = context.work;
  const keyVersion = to.follows ? null : plannedVersion(context);
  return { vaultUri: observed.vault.uri, keyName: to.keyName, keyVersion };
}

/** Returns the output for a created version that no step's output names: Azure's answer was lost, and the plan found the key. */
export const foundVersion = (context: StepContext): Readonly<Record<string, string>> =>
  context.work.to.keyVersion === null && context.outputs.keyVersion === undefined
    ? { keyVersion: plannedVersion(context) }
    : {};

const isUnder = (now: CustomerKey | null, key: CustomerKey): boolean => now !== null && isNamedAlike(now, key);

/**
 * Reads the resource and throws if ARM doesn't report the requested key. `whereFailed`: the reaction to a resource in state
 * `Failed`. It keeps that state until another write succeeds.
 */
export async function verifyKeySet(context: StepContext, whereFailed: Failure['next'] = 'retry-until'): Promise<void> {
  const { provisioningState, customerKey: shows } = await readResource(context, doing(context));
  if (provisioningState !== 'Succeeded') {
    const next = hasFailed(provisioningState) ? whereFailed : 'retry-until';
    failStep(doing(context), { code: 'resource-not-settled', provisioningState }, next);
  }
  const expected = plannedKey(context);
  if (isUnder(shows, expected)) return;
  // A read can lag behind a write: wait while the previous key is shown. Another key means another person's change.
  const next = isUnchangedKey(shows, context.work.from) ? 'wait' : 'ask';
  failStep(doing(context), { code: 'key-not-shown', shows, expected }, next);
}

/**
 * Returns whether the shown key might be left from a failed operation. After the failure, the resource can still show the key,
 * and any successful write, such as an identity's, makes it look settled. So it's set again, also if it had failed when people
 * approved.
 */
const isLeftover = ({ work }: StepContext, provisioningState: string): boolean =>
  hasFailed(provisioningState) || hasFailed(work.observed.resource.provisioningState);

/** Runs the plan's checks of key and vault again: Azure's codes for a key that it can't use aren't documented. */
async function verifyKeyUsable(context: StepContext): Promise<void> {
  const { azure, work, now, kind } = context;
  const keyVersion = plannedVersion(context);
  const key = valueOrThrow(await azure.keys.get(work.to.vaultId, work.to.keyName, keyVersion));
  const ofKey = key === null ? [await checkVersion(context, keyVersion)] : judgeKey(key, now);
  const vault = await readVault(context, doing(context));
  const check = [...ofKey, judgeFirewall(vault, kind)].find((one) => one?.outcome === 'block');
  if (check != null) failStep(doing(context), { code: 'blocked', check });
}

/**
 * Checks before another attempt that it can succeed. An attempt that the key vault refuses leaves the resource `Failed`, so
 * it's repeated only while this identity has access and the key works.
 */
async function verifyRetryUseful(context: StepContext): Promise<void> {
  await verifyAccess(context);
  await verifyKeyUsable(context);
}

/**
 * Judges by state, not by Azure's words, whether a refused key is access that isn't in effect yet: only if access, key and
 * vault look right. Else the next attempt finds out what is wrong.
 */
async function judgeRefusal(context: StepContext, failure: Failure): Promise<Failure> {
  if (failure.next !== 'retry-until') return failure;
  const useful = await catchFailure(() => verifyRetryUseful(context));
  return useful.ok ? failure : { ...failure, next: 'wait' };
}

export const setCmk: Step = {
  name: 'set-cmk',
  // An own version can be set again while it exists.
  reversibility: ({ from }, { goesBack }) => (from === null && goesBack === undefined ? 'unknown' : 'reversible'),
  effects(work) {
    const { resource, vault } = work.observed;
    if (isAlreadySet(work)) return [];
    const to = {
      vaultUri: vault.uri,
      keyName: work.to.keyName,
      keyVersion: work.to.follows ? null : (work.to.keyVersion ?? madeVersion),
    };
    return [{ change: 'customer-key', target: resource.id, to, before: resource.customerKey }];
  },
  async observe(context) {
    const { customerKey: shows, provisioningState, principalId } = await readResource(context, doing(context));
    // The bot's own change, whose response was lost, might be in progress: wait instead of sending it again.
    if (isBusy(provisioningState)) failBusy(doing(context), provisioningState);
    if (isUnder(shows, plannedKey(context)) && !isLeftover(context, provisioningState)) return 'already';
    const { from: expected } = context.work;
    if (!isUnder(shows, plannedKey(context)) && !isUnchangedKey(shows, expected))
      failStep(doing(context), { code: 'key-moved', shows, expected });
    if (context.attempt > 1) await verifyRetryUseful(context);
    else verifyIdentity(context, principalId);
    return 'to-do';
  },
  async apply(context) {
    const judged = await readResource(context, doing(context));
    const { resources } = context.azure;
    const set = await resources.setCustomerKey(context.work.resource, judged, plannedKey(context));
    return set.ok ? set.value : valueOrThrow(failed(await judgeRefusal(context, set.failure)));
  },
  async verify(context) {
    await verifyKeySet(context);
    return { outputs: foundVersion(context), proofs: [] };
  },
};
