/** Interpretation of Azure's `provisioningState`. */

const failures = ['failed', 'canceled', 'cancelled'];
const isOneOf = (states: readonly string[], provisioningState: string): boolean =>
  states.includes(provisioningState.toLowerCase());

/**
 * Returns whether the last operation failed. The state lasts until another operation succeeds. Until then, the resource
 * shows the requested values, which might not be in effect.
 */
export const hasFailed = (provisioningState: string): boolean => isOneOf(failures, provisioningState);

/** Returns whether Azure is still working on the resource. A failed or cancelled operation isn't in progress. */
export const isBusy = (provisioningState: string): boolean =>
  !isOneOf(['succeeded', 'unknown', ...failures], provisioningState);
