/** What to do after a step failed: wait and try again, or ask a person. */
import type { Failure } from './failure.ts';

export type RetryDecision = { readonly kind: 'wait'; readonly ms: number } | { readonly kind: 'ask' };

/** Limits of automatic tries. The grant window follows Azure's "up to ten minutes", with room. */
export interface RetryLimits {
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** For calls that will do when repeated: throttling, outages. */
  readonly waitAttempts: number;
  /** For changes that have not spread yet: from the first try of this step in this run. */
  readonly spreadWithinMs: number;
}

/** Decides from the failure, how often the step was tried in this run (1 = once), and for how long. */
export function decideRetry(failure: Failure, attempt: number, sinceMs: number, limits: RetryLimits): RetryDecision {
  const backOff = Math.min(limits.firstWaitMs * 2 ** (attempt - 1), limits.longestWaitMs);
  const asked = failure.source === 'bot' ? null : failure.retryAfterMs;
  const ms = Math.max(asked ?? 0, backOff);
  switch (failure.next) {
    case 'ask':
      return { kind: 'ask' };
    case 'wait':
      return attempt < limits.waitAttempts ? { kind: 'wait', ms } : { kind: 'ask' };
    case 'retry-until':
      return sinceMs + ms <= limits.spreadWithinMs ? { kind: 'wait', ms } : { kind: 'ask' };
  }
}
