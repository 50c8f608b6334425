/** Limits on the duration, retries and memory of one port call, and on how many run at once. */

import pLimit from 'p-limit';

/** Milliseconds, if not named otherwise. The workflow retries on its own, so these only cover short outages. */
export interface Limits {
  readonly requestMs: number;
  /** A whole call, sign-in and retries included. */
  readonly callMs: number;
  /** An optional call for a waiting person, which can be slow in a closed network. */
  readonly briefMs: number;
  /** A call that a click waits for. Two fit in the 10 s after which Teams shows an error. */
  readonly clickMs: number;
  /** A call that waits for a long-running operation. */
  readonly operationMs: number;
  readonly retries: number;
  readonly firstRetryMs: number;
  /** Longest single pause. If Azure asks for more, the call ends and returns the requested wait. */
  readonly longestRetryMs: number;
  /** Size of one decompressed answer. A longer one ends the call. */
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

const readsAtOnce = 8;

/** Maps items with limited concurrency. Results are in the order of the items. */
export function inParallel<T, R>(items: readonly T[], read: (item: T) => Promise<R>): Promise<readonly R[]> {
  const limit = pLimit(readsAtOnce);
  return Promise.all(items.map((item) => limit(() => read(item))));
}
