/**
 * Rate limits for pages and probes, so that floods don't slow down clicks. Process-wide, because a proxy hides the
 * caller.
 */
import { admits, openRateLimit, type RateLimits } from './rate-limit.ts';

/** Far above normal use by people and monitoring. For each group of pages and each probe. */
export const pageLimits: RateLimits = { burst: 100, perSecond: 20 };

/**
 * Returns whether a page is served. Sign-in pages have their own limit, so that floods of other pages don't keep
 * approvers out.
 */
export function openPageLimit(now: () => number): (path: string) => boolean {
  const limit = openRateLimit(pageLimits, now);
  return (path) => admits([[limit, path.split('/')[1] ?? '', 1]]);
}

/**
 * Limits the rate of a probe.
 * Calls above the limit, or during a running one, get the last answer: a refused probe would take a healthy replica out
 * of service.
 */
export function shareAnswers<T>(ask: () => Promise<T>, now: () => number): () => Promise<T> {
  const limit = openRateLimit(pageLimits, now);
  let last: Promise<T> | null = null;
  let isRunning = false;
  return () => {
    const isDue = !isRunning && admits([[limit, 'probe', 1]]);
    if (last !== null && !isDue) return last;
    isRunning = true;
    last = ask().finally(() => {
      isRunning = false;
    });
    return last;
  };
}
