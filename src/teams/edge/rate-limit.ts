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
export const conversationLimits = (most: number): RateLimits => personLimits(5 * most);

/** The longest untouched is forgotten first. Forgetting lets through too much, never too little. */
const mostKeys = 10_000;

export interface RateLimit {
  /** False: too much has come under this key. What is refused does not count. */
  admits(key: string, cost?: number): boolean;
}

/** `now` in milliseconds, of a clock that is never set back. */
export function openRateLimit({ burst, perSecond }: RateLimits, now: () => number): RateLimit {
  const buckets = new Map<string, { readonly left: number; readonly at: number }>();
  return {
    admits(key, cost = 1) {
      const at = now();
      const before = buckets.get(key);
      const left = before === undefined ? burst : Math.min(burst, before.left + ((at - before.at) / 1_000) * perSecond);
      buckets.delete(key);
      buckets.set(key, { left: left < cost ? left : left - cost, at });
      const [oldest] = buckets.keys();
      if (buckets.size > mostKeys && oldest !== undefined) buckets.delete(oldest);
      return left >= cost;
    },
  };
}
