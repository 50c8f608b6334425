/** Azure's quotas: how many requests a principal can send. */

import { Refusal } from '../http.ts';
import type { Incoming } from './incoming.ts';
import type { SimulatorState } from './state/schema.ts';

type OperationKind = 'reads' | 'writes' | 'deletes';

const kindOf = (method: string): OperationKind => {
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

/** Resource Graph: 15 queries in each window of 5 seconds, for each principal. Source: its page on throttled requests. */
export const graphLimit = { queries: 15, windowMs: 5_000 } as const;

type Pace = Pick<SimulatorState, 'settings' | 'latency'>;

/** Returns true if requests are counted: as the settings say, or else at the `realistic` pace. */
const quotasCount = ({ settings, latency }: Pace): boolean => settings.quotas ?? latency === 'realistic';

/** Code and text of a subscription's refusal are real (public reports of 2025). The tenant's are modeled on them. */
const throttled = (kind: OperationKind, subscription: string | null, principalId: string, seconds: number): Refusal => {
  const where = subscription === null ? 'tenant' : `subscription '${subscription}'`;
  return Refusal.of(
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
  private readonly buckets = new Map<string, { tokens: number; filledAt: number }>();
  private readonly windows = new Map<string, { readonly startedAt: number; readonly used: number }>();

  /** Counts a request to Azure Resource Manager in the principal's bucket. Throws the refusal if no token is left. */
  countArm(state: Pace, { method, path }: Pick<Incoming, 'method' | 'path'>, principalId: string, now: Date): void {
    if (!quotasCount(state)) return;
    const kind = kindOf(method);
    const subscription = /^\/subscriptions\/([^/]+)/i.exec(path)?.[1]?.toLowerCase() ?? null;
    const seconds = this.take(`${subscription ?? 'tenant'} ${kind} ${principalId}`, armLimits[kind], now);
    if (seconds > 0) throw throttled(kind, subscription, principalId, seconds);
  }

  /** Takes a token from a bucket. Returns the whole seconds until there is one, or 0 if there was. */
  private take(name: string, { size, perSecond }: Limit, now: Date): number {
    const bucket = this.buckets.get(name) ?? { tokens: size, filledAt: now.getTime() };
    const elapsed = Math.max(0, now.getTime() - bucket.filledAt) / 1_000;
    const tokens = Math.min(size, bucket.tokens + elapsed * perSecond);
    this.buckets.set(name, { tokens: tokens < 1 ? tokens : tokens - 1, filledAt: now.getTime() });
    return tokens < 1 ? Math.max(1, Math.ceil((1 - tokens) / perSecond)) : 0;
  }

  /** Counts a Resource Graph query. `served` is false over the quota. Both answers have the headers. */
  countQuery(
    state: Pace,
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
}
