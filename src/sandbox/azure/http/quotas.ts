import type { SimulatorState } from '../state/schema.ts';
import type { Incoming } from './incoming.ts';
import { armRefusal, type Refusal } from './reply.ts';

export type OperationKind = 'reads' | 'writes' | 'deletes';

export const kindOf = (method: string): OperationKind => {
  if (method === 'DELETE') return 'deletes';
  return method === 'PUT' || method === 'PATCH' || method === 'POST' ? 'writes' : 'reads';
};

interface Limit {
  /** Requests that a full bucket allows at once. */
  readonly size: number;
  readonly perSecond: number;
}

/**
 * Token buckets of Azure Resource Manager, for each subscription (or the tenant), principal and kind of operation.
 * Source: Microsoft, "Understand how Azure Resource Manager throttles requests". A tenant recorded on 2026-02-18 had
 * 800 writes: Microsoft raises limits for some tenants.
 */
export const armLimits: Readonly<Record<OperationKind, Limit>> = {
  reads: { size: 250, perSecond: 25 },
  writes: { size: 200, perSecond: 10 },
  deletes: { size: 200, perSecond: 10 },
};

/** All principals together have 15 times this limit in a subscription. Same source. */
const principalsAtOnce = 15;

/**
 * Resource Graph: 15 queries in each window of 5 seconds, for each principal. Source: its page on throttled requests.
 */
export const graphLimit = { queries: 15, windowMs: 5_000 } as const;

/** Returns true if requests are counted: as the settings say, or else at the `realistic` pace. */
export const quotasCount = ({ settings, latency }: SimulatorState): boolean =>
  settings.quotas ?? latency === 'realistic';

class TokenBucket {
  private readonly limit: Limit;
  private tokens: number;
  private filledAt: number;

  constructor(limit: Limit, now: Date) {
    this.limit = limit;
    this.tokens = limit.size;
    this.filledAt = now.getTime();
  }

  /** Takes a token, if there is one. */
  take(now: Date): boolean {
    this.fill(now);
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }

  left(now: Date): number {
    this.fill(now);
    return Math.floor(this.tokens);
  }

  /** Whole seconds until the next token. */
  get waitSeconds(): number {
    return Math.max(1, Math.ceil((1 - this.tokens) / this.limit.perSecond));
  }

  private fill(now: Date): void {
    const seconds = Math.max(0, now.getTime() - this.filledAt) / 1_000;
    this.tokens = Math.min(this.limit.size, this.tokens + seconds * this.limit.perSecond);
    this.filledAt = now.getTime();
  }
}

type Asked = Pick<Incoming, 'method' | 'path'>;

interface GraphWindow {
  readonly startedAt: number;
  readonly used: number;
}

const subscriptionOf = (path: string): string | null =>
  /^\/subscriptions\/([^/]+)/i.exec(path)?.[1]?.toLowerCase() ?? null;

/** Code and text of a subscription's refusal are real (public reports of 2025). The tenant's are modeled on them. */
const throttled = (kind: OperationKind, subscription: string | null, principalId: string, seconds: number): Refusal => {
  const where = subscription === null ? 'tenant' : `subscription '${subscription}'`;
  return armRefusal(
    429,
    subscription === null ? 'TenantRequestsThrottled' : 'SubscriptionRequestsThrottled',
    `Number of '${kind.slice(0, -1)}' requests for ${where} actor '${principalId}' exceeded. Please try again after '${seconds}' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling for additional information.`,
    {},
    { 'retry-after': String(seconds) },
  );
};

const clock = (milliseconds: number): string =>
  new Date(Math.ceil(milliseconds / 1_000) * 1_000).toISOString().slice('1970-01-01T'.length, -'.000Z'.length);

/** Counts requests against Azure's quotas. In memory only: a restart fills every bucket. */
export class Quotas {
  private readonly buckets = new Map<string, TokenBucket>();
  private readonly windows = new Map<string, GraphWindow>();

  /** Counts a request to Azure Resource Manager. Throws the refusal if no token is left. */
  countArm(state: SimulatorState, { method, path }: Asked, principalId: string, now: Date): void {
    if (!quotasCount(state)) return;
    const kind = kindOf(method);
    const subscription = subscriptionOf(path);
    for (const bucket of this.bucketsOf(kind, subscription, principalId, now)) {
      if (!bucket.take(now)) throw throttled(kind, subscription, principalId, bucket.waitSeconds);
    }
  }

  /** Returns the headers with the principal's remaining requests. */
  armHeaders({ method, path }: Asked, principalId: string, now: Date): Readonly<Record<string, string>> {
    const kind = kindOf(method);
    const subscription = subscriptionOf(path);
    const [own, all] = this.bucketsOf(kind, subscription, principalId, now).map((one) => String(one.left(now)));
    if (subscription === null) return { [`x-ms-ratelimit-remaining-tenant-${kind}`]: own ?? '' };
    return {
      [`x-ms-ratelimit-remaining-subscription-${kind}`]: own ?? '',
      [`x-ms-ratelimit-remaining-subscription-global-${kind}`]: all ?? '',
    };
  }

  /** Counts a Resource Graph query. `served` is false over the quota. Both answers have the headers. */
  countQuery(
    state: SimulatorState,
    principalId: string,
    now: Date,
  ): { readonly served: boolean; readonly headers: Readonly<Record<string, string>> } {
    const at = now.getTime();
    const last = this.windows.get(principalId);
    const runs = last !== undefined && at >= last.startedAt && at < last.startedAt + graphLimit.windowMs;
    const { startedAt, used } = runs ? last : { startedAt: at, used: 0 };
    const served = used < graphLimit.queries || !quotasCount(state);
    if (quotasCount(state)) this.windows.set(principalId, { startedAt, used: Math.min(used + 1, graphLimit.queries) });
    const left = Math.max(0, graphLimit.queries - used - 1);
    const headers = {
      'x-ms-user-quota-remaining': String(left),
      'x-ms-user-quota-resets-after': clock(startedAt + graphLimit.windowMs - at),
    };
    return { served, headers };
  }

  /** Returns the principal's bucket and, in a subscription, the bucket that all principals share. */
  private bucketsOf(kind: OperationKind, subscription: string | null, principalId: string, now: Date): TokenBucket[] {
    const limit = armLimits[kind];
    const own = this.bucket(`${subscription ?? 'tenant'} ${kind} ${principalId}`, limit, now);
    if (subscription === null) return [own];
    const shared = { size: limit.size * principalsAtOnce, perSecond: limit.perSecond * principalsAtOnce };
    return [own, this.bucket(`${subscription} ${kind}`, shared, now)];
  }

  private bucket(name: string, limit: Limit, now: Date): TokenBucket {
    const found = this.buckets.get(name) ?? new TokenBucket(limit, now);
    this.buckets.set(name, found);
    return found;
  }
}
