/** What to do after a step failed: wait and try again, or ask a person. */
import type { Failure } from './failure.ts';
import type { Tried } from './request/tried.ts';

export type RetryDecision = { readonly kind: 'wait'; readonly ms: number } | { readonly kind: 'ask' };

/** Limits of automatic tries. The grant window follows Azure's "up to ten minutes", with room. */
export interface RetryLimits {
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** For calls that will do when repeated: throttling, outages. Tries that waited for a change to spread do not count. */
  readonly waitAttempts: number;
  /** For changes that have not spread yet: of tries and waits of this step in this run. */
  readonly spreadWithinMs: number;
}

/** Before something that isn't shown any more is read again: replicas of Azure catch up within a second or so. */
export const rereadAfterMs = ({ firstWaitMs }: RetryLimits): number => firstWaitMs / 10;

/** What is waited for comes when it comes: a wait of this part of all that was waited before notices it that much later at most. */
const partOfSpent = 1 / 4;

/**
 * Until the next look for a change that is spreading. What the try itself took, as an operation does that fails at its end, is
 * waited already; a moment is left for others to write in between.
 */
function untilNextLook({ spentMs, tryMs }: Tried, { firstWaitMs, longestWaitMs }: RetryLimits): number {
  const wait = Math.min(Math.max(firstWaitMs, spentMs * partOfSpent), longestWaitMs);
  return Math.round(Math.max(wait - tryMs, firstWaitMs / 4));
}

/** Decides from the failure, which try of this run it was (1 = the first), and what was tried before and how long in all. */
export function decideRetry(failure: Failure, attempt: number, tried: Tried, limits: RetryLimits): RetryDecision {
  const { waited, spentMs } = tried;
  const doubled = Math.min(limits.firstWaitMs * 2 ** (attempt - 1), limits.longestWaitMs);
  const backOff = failure.next === 'retry-until' ? untilNextLook(tried, limits) : doubled;
  const asked = failure.source === 'bot' ? null : failure.retryAfterMs;
  const ms = Math.max(asked ?? 0, backOff);
  switch (failure.next) {
    case 'ask':
      return { kind: 'ask' };
    case 'wait':
      return waited + 1 < limits.waitAttempts ? { kind: 'wait', ms } : { kind: 'ask' };
    case 'retry-until':
      return spentMs + ms <= limits.spreadWithinMs ? { kind: 'wait', ms } : { kind: 'ask' };
  }
}
