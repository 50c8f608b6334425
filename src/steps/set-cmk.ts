import { isAsWished, isBusy } from '../domain/checks.ts';
import { done, type Outcome } from '../domain/failure.ts';
import { type CustomerKey, type ObservedResource, sameVaultUri } from '../domain/observed.ts';
import { firstVersion } from '../domain/plan.ts';
import { busy, missing, nothingBorn, readBackDiffers, type Step, type StepContext } from './step.ts';

const doing = ({ plan }: StepContext) => `setting the key of ${plan.observation.resource.name}`;

/** The pinned version: chosen with the key, or born when the key was made. */
const target = ({ plan, born }: StepContext): CustomerKey => {
  const keyVersion = plan.wish.keyVersion ?? born.keyVersion;
  if (keyVersion === undefined) throw new Error('the version of the new key is not known yet');
  return { vaultUri: plan.observation.vault.uri, keyName: plan.wish.keyName, keyVersion };
};

/** Whether ARM reports the agent under exactly this key. */
export const isUnder = (resource: ObservedResource, key: CustomerKey): boolean =>
  resource.customerKey !== null &&
  sameVaultUri(resource.customerKey.vaultUri, key.vaultUri) &&
  resource.customerKey.keyName === key.keyName &&
  resource.customerKey.keyVersion === key.keyVersion;

const wordsOf = (key: CustomerKey | null): string =>
  key === null
    ? 'no customer-managed key'
    : `key ${key.keyName} in ${key.vaultUri}, version ${key.keyVersion ?? 'newest'}`;

/** Reads the agent and says what ARM reports where that is not the wished key. */
export async function readKeyBack(context: StepContext): Promise<Outcome<'as-wished'>> {
  const resource = await context.azure.resources.get(context.plan.wish.resourceId);
  if (!resource.ok) return resource;
  if (resource.value === null) return missing(doing(context), 'The agent');
  const { provisioningState, customerKey } = resource.value;
  if (provisioningState !== 'Succeeded') {
    const found = `The agent is ${provisioningState}.`;
    return readBackDiffers(doing(context), { found, expected: 'The agent is Succeeded.' }, 'retry-until');
  }
  const wished = target(context);
  if (isUnder(resource.value, wished)) return done('as-wished');
  const found = `Azure accepted the change, and the agent now shows ${wordsOf(customerKey)}.`;
  return readBackDiffers(doing(context), { found, expected: `The agent shows ${wordsOf(wished)}.` });
}

/** Switches the agent from the key Microsoft manages to the chosen version of the customer's key. */
export const setCmk: Step = {
  name: 'set-cmk',
  reversibility: 'unknown',
  effects(observation, wish) {
    if (isAsWished(observation, wish)) return [];
    const { resource, vault } = observation;
    const before = resource.customerKey === null ? 'Microsoft-managed key' : resource.customerKey.keyName;
    const value = `${wish.keyName} ${wish.keyVersion ?? firstVersion} in ${vault.name}`;
    return [{ target: resource.id, property: 'keyVaultProperties', before, value }];
  },
  async observe(context) {
    const resource = await context.azure.resources.get(context.plan.wish.resourceId);
    if (!resource.ok) return resource;
    if (resource.value === null) return missing(doing(context), 'The agent');
    const { customerKey, provisioningState } = resource.value;
    // A change of ours whose answer was lost may be under way: it is waited for, not sent again.
    if (isBusy(provisioningState)) return busy(doing(context), provisioningState);
    if (isUnder(resource.value, target(context))) return done('already');
    if (customerKey === null) return done('to-do');
    // What was approved takes the agent from Microsoft's key. Taking it from another key of the customer's was not.
    const found = `Somebody put the agent under ${wordsOf(customerKey)}.`;
    return readBackDiffers(doing(context), { found, expected: 'The agent is still under Microsoft’s key.' });
  },
  apply: (context) => context.azure.resources.setCustomerKey(context.plan.wish.resourceId, target(context)),
  async verify(context) {
    const back = await readKeyBack(context);
    return back.ok ? done(nothingBorn) : back;
  },
};
