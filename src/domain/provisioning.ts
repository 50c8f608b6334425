/** What a resource's `provisioningState` says, in Azure's words. */

const failures = ['failed', 'canceled', 'cancelled'];
const isOneOf = (states: readonly string[], provisioningState: string): boolean =>
  states.includes(provisioningState.toLowerCase());

/**
 * The last operation on the resource ended without success, and the resource stays like this until another one succeeds.
 * Whatever it shows then is what somebody asked for, and not what holds.
 */
export const hasFailed = (provisioningState: string): boolean => isOneOf(failures, provisioningState);

/** Azure is at work on the resource, and will be done by itself. What has failed or was cancelled stays so. */
export const isBusy = (provisioningState: string): boolean =>
  !isOneOf(['succeeded', 'unknown', ...failures], provisioningState);
