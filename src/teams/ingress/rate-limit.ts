/** Rate limits by token bucket, so that one person or conversation can't block the bot for others. */
interface RateLimits {
  readonly burst: number;
  readonly perSecond: number;
}

export const personLimits = (most: number): RateLimits => ({ burst: most, perSecond: most / 10 });
export const heavyLimits = (most: number): RateLimits => personLimits(5 * most);
/**
 * Limit of a person's calls to Azure.
 * By default, the sustained rate is that of Azure's read quota, minus a fifth (Microsoft, "Understand how Azure
 * Resource Manager throttles requests": 250 at once, 25 a second for each identity and subscription).
 */
export const azureLimits = (most: number): RateLimits => ({ ...personLimits(most), burst: 5 * most });
export const conversationLimits = (most: number): RateLimits => personLimits(5 * most);

/** Above this, the least recently used key is dropped. That can only allow more, never less. */
const mostKeys = 10_000;

interface RateLimit {
  /** False: over the limit. Takes nothing. */
  has(key: string, cost: number): boolean;
  take(key: string, cost: number): void;
}

export type Claim = readonly [limit: RateLimit, key: string, cost: number];

/** Takes each cost if all limits allow it, otherwise none: a refused call costs nothing. */
export function admits(claims: readonly Claim[]): boolean {
  const admitted = claims.every(([limit, key, cost]) => limit.has(key, cost));
  if (admitted) for (const [limit, key, cost] of claims) limit.take(key, cost);
  return admitted;
}

/** `now` in milliseconds, of a monotonic clock. */
export function openRateLimit({ burst, perSecond }: RateLimits, now: () => number): RateLimit {
  const buckets = new Map<string, { readonly left: number; readonly at: number }>();
  const leftOf = (key: string, at: number): number => {
    const bucket = buckets.get(key);
    return bucket === undefined ? burst : Math.min(burst, bucket.left + ((at - bucket.at) / 1_000) * perSecond);
  };
  return {
    has: (key, cost) => leftOf(key, now()) >= cost,
    take(key, cost) {
      const at = now();
      const left = leftOf(key, at) - cost;
      buckets.delete(key);
      buckets.set(key, { left, at });
      const [oldest] = buckets.keys();
      if (buckets.size > mostKeys && oldest !== undefined) buckets.delete(oldest);
    },
  };
}

/** Far above normal use by monitoring. For each probe. */
export const probeLimits: RateLimits = { burst: 100, perSecond: 20 };
/** Indexed reads of links, for each group of pages. Anyone can send invented names, so it's far above normal use. */
export const linkReadLimits: RateLimits = { burst: 1_000, perSecond: 200 };
export const linkLimits: RateLimits = { burst: 20, perSecond: 2 };

export interface PageLimit {
  /**
   * Returns whether the database is asked for a link. Sign-in pages have their own limit, so that floods of other pages
   * don't keep approvers out.
   */
  mayRead(path: string): boolean;
  /** Returns whether the page of a stored link is served. A flood of invented links or of another link doesn't count. */
  mayShow(name: string): boolean;
}

export function openPageLimit(now: () => number): PageLimit {
  const reads = openRateLimit(linkReadLimits, now);
  const links = openRateLimit(linkLimits, now);
  return {
    mayRead: (path) => admits([[reads, path.split('/')[1] ?? '', 1]]),
    mayShow: (name) => admits([[links, name, 1]]),
  };
}

/**
 * Limits the rate of a probe.
 * Calls above the limit, or during a running one, get the last answer: a refused probe would take a healthy replica out
 * of service.
 */
export function shareAnswers<T>(ask: () => Promise<T>, now: () => number): () => Promise<T> {
  const limit = openRateLimit(probeLimits, now);
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
