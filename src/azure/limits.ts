/** Limits of what one call of a port takes of Azure’s time and of this process’s memory. */

/** In milliseconds, unless said otherwise. The workflow retries on its own, so these only bridge short trouble. */
export interface Limits {
  /** One HTTP request. */
  readonly requestMs: number;
  /** A whole call, sign-in and retries included. */
  readonly callMs: number;
  /** A call that only adds to what a waiting person sees, and that may be slow where a network is closed. */
  readonly briefMs: number;
  /** A call that a click waits for. Two fit into the 10 s after which Teams shows an error. */
  readonly clickMs: number;
  /** A call that waits for a long-running operation. */
  readonly operationMs: number;
  readonly retries: number;
  readonly firstRetryMs: number;
  /** No single pause is longer; when Azure asks for more, the call ends and says how long. */
  readonly longestRetryMs: number;
  /** One answer, unpacked. A longer one ends the call. */
  readonly answerBytes: number;
}

export const defaultLimits: Limits = {
  requestMs: 30_000,
  callMs: 60_000,
  briefMs: 8_000,
  clickMs: 4_000,
  operationMs: 600_000,
  retries: 3,
  firstRetryMs: 500,
  longestRetryMs: 10_000,
  answerBytes: 64 * 1_048_576,
};

/** How many reads go out side by side: more may become a burst that Azure throttles. */
const atOnce = 8;

/** Does the same with every item, some at once; results in the order of the items. */
export async function inBatches<T, R>(items: readonly T[], read: (item: T) => Promise<R>): Promise<readonly R[]> {
  const found: R[] = [];
  for (let start = 0; start < items.length; start += atOnce) {
    found.push(...(await Promise.all(items.slice(start, start + atOnce).map(read))));
  }
  return found;
}
