/** How long a step is tried again by itself before a person is asked. */
import type { RetryLimits } from '../domain/retry.ts';

/**
 * The usual limits, of which the environment changes the first wait and how long a grant is waited for. Six tries, each wait twice the one before, take a
 * little over three minutes. A grant takes "up to ten minutes" to spread, as Microsoft has it: twelve leave room.
 */
export const usualRetry: RetryLimits = {
  firstWaitMs: 10_000,
  longestWaitMs: 60_000,
  waitAttempts: 6,
  spreadWithinMs: 12 * 60_000,
};
