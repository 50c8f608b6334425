/** Keeps one person, or one conversation, from taking the bot away from everybody else: a token bucket each. */
export interface RateLimits {
  /** What may come at once. */
  readonly burst: number;
  /** What may come for ever. */
  readonly perSecond: number;
}

/** Of a person: as many as configured at once, and a tenth of it each second for ever. */
export const personLimits = (most: number): RateLimits => ({ burst: most, perSecond: most / 10 });
/** Of what is heavy, from everybody together. */
export const heavyLimits = (most: number): RateLimits => personLimits(5 * most);
/**
 * Of a person's calls to Azure: as many for ever as Azure refills of the bot's quota for reads, less a fifth (Microsoft, "Understand
 * how Azure Resource Manager throttles requests": 250 at once, 25 a second for each identity and subscription), by default.
 */
export const azureLimits = (most: number): RateLimits => ({ ...personLimits(most), burst: 5 * most });
export const conversationLimits = (most: number): RateLimits => personLimits(5 * most);

/** The longest untouched is forgotten first. Forgetting lets through too much, never too little. */
const mostKeys = 10_000;

export interface RateLimit {
  /** False: too much has come under this key. Takes nothing. */
  has(key: string, cost: number): boolean;
  take(key: string, cost: number): void;
}

export type Claim = readonly [limit: RateLimit, key: string, cost: number];

/** Takes each cost if all of the limits have it, else none: a refused call costs nothing. */
export function admits(claims: readonly Claim[]): boolean {
  const admitted = claims.every(([limit, key, cost]) => limit.has(key, cost));
  if (admitted) for (const [limit, key, cost] of claims) limit.take(key, cost);
  return admitted;
}

/** `now` in milliseconds, of a clock that is never set back. */
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
