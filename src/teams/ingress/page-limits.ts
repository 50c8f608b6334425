/** Keeps floods of pages and probes from slowing clicks: limits for the whole process, because a proxy hides who calls. */
import { admits, openRateLimit, type RateLimits } from './rate-limit.ts';

/** Far more than the people of a team open, or what watches a bot asks. Of each group of pages, and of each probe. */
export const pageLimits: RateLimits = { burst: 100, perSecond: 20 };

/** Whether a page is shown. The pages of signing in have a limit of their own: a flood of others doesn't keep approvers out. */
export function openPageLimit(now: () => number): (path: string) => boolean {
  const limit = openRateLimit(pageLimits, now);
  return (path) => admits([[limit, path.split('/')[1] ?? '', 1]]);
}

/**
 * Asks no more often than the limit admits. A call beyond it, or while an answer is on its way, gets the last answer: a probe
 * that were refused would take a healthy replica out.
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
