/** Checks of a resource: its kind, its state and its present key. */
import { type Check, type CheckContext, judge, type KindRules } from './check.ts';
import { isAlreadySet, type KeyWork, showsRequestedKey } from './key-change.ts';
import type { OwnKey } from './key-ownership.ts';
import { type CustomerKey, hasFailed, isNamedAlike, type ObservedResource } from './observed.ts';

/** Whether it can take a key of its own at all. */
export function judgeKind(resource: ObservedResource, { checks }: Pick<KindRules, 'checks'>): readonly Check[] {
  const identity = resource.customerKey?.userIdentity;
  return [
    ...(checks?.(resource) ?? []),
    ...(identity === undefined ? [] : [judge('block', 'key-user-identity', { identity })]),
  ];
}

export function judgeResource(
  resource: ObservedResource,
  { kind, own }: Pick<CheckContext, 'kind' | 'own'>,
): readonly Check[] {
  const { provisioningState } = resource;
  const outcome = hasFailed(provisioningState) ? recoveryOutcome(own) : 'block';
  return [
    ...judgeKind(resource, kind),
    provisioningState === 'Succeeded'
      ? judge('pass', 'provisioning-settled', { provisioningState })
      : judge(outcome, 'provisioning-unsettled', { provisioningState }),
  ];
}

/**
 * Returns `warn` before the first run, because a successful change also resets the `Failed` state. Returns `pass` in a run: the
 * failed operation might be the run's own, and approvers aren't asked again for it.
 */
const recoveryOutcome = (own: OwnKey | null): Check['outcome'] => (own === null ? 'warn' : 'pass');

/** Null if it shows another key than the requested one, or none. */
export function judgeShown(work: KeyWork, { own }: Pick<CheckContext, 'own'>): Check | null {
  const { customerKey: key } = work.observed.resource;
  // A resource that follows new versions shows the same while another is made.
  const isFollowed = work.to.follows === true && work.make !== null && work.make.after !== null;
  if (key === null || isFollowed || !showsRequestedKey(work)) return null;
  const nothingToDo = own === null ? 'block' : 'pass';
  return judge(isAlreadySet(work) ? nothingToDo : recoveryOutcome(own), 'already-under-this-key', { key });
}

export const currentKey = (key: CustomerKey | null): Check =>
  key === null ? judge('pass', 'microsoft-managed', {}) : judge('pass', 'customer-managed', { key });

export const judgeFirstKey = (key: CustomerKey | null): Check =>
  key === null ? currentKey(key) : judge('block', 'already-under-another-key', { key });

export function judgeUnchangedKey({ from, observed }: KeyWork): Check {
  const { customerKey: key } = observed.resource;
  if (key === null) return judge('block', 'microsoft-managed', {});
  return from === null || isNamedAlike(key, from)
    ? currentKey(key)
    : judge('block', 'key-moved', { key, expected: from });
}
