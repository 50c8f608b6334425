/** Retry policy of failed steps: wait and try again, or ask a person. Also what a throttled port asks its callers to wait. */
import type { Failure } from './failure.ts';
import type { StepName } from './plan.ts';
import type { StoredEvent } from './request/events.ts';

/** Thrown by a port whose server refuses calls until a time has passed. */
export class Throttled extends Error {
  override readonly name = 'Throttled';
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super(`the server refuses calls for ${retryAfterMs} ms`);
    this.retryAfterMs = retryAfterMs;
  }
}

type RetryDecision = { readonly kind: 'wait'; readonly ms: number } | { readonly kind: 'ask' };

/** Limits of automatic retries. The propagation window follows Azure's "up to ten minutes", plus a margin. */
export interface RetryLimits {
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** Attempts for failures that pass by themselves: throttling, outages. Attempts that waited for propagation don't count. */
  readonly waitAttempts: number;
  /** For changes that haven't propagated: limit on all attempts and waits of this step in this run. */
  readonly spreadWithinMs: number;
}

/** Returns the wait before reading again something that disappeared. Azure's replicas catch up within a second or so. */
export const rereadAfterMs = ({ firstWaitMs }: RetryLimits): number => firstWaitMs / 10;

/** Each wait is a fixed part of the time spent so far, so propagation is noticed late by at most that part. */
const partOfSpent = 1 / 4;

/**
 * Returns the wait before the next check for propagation. Time that the attempt itself took counts as waited. A minimum wait
 * lets other writers in.
 */
function untilNextLook({ spentMs, tryMs }: StepAttempts, { firstWaitMs, longestWaitMs }: RetryLimits): number {
  const wait = Math.min(Math.max(firstWaitMs, spentMs * partOfSpent), longestWaitMs);
  return Math.round(Math.max(wait - tryMs, firstWaitMs / 4));
}

/** Decides from the failure, the attempt's number in this run (from 1), and the attempts and time so far. */
export function decideRetry(
  failure: Failure,
  attempt: number,
  tried: StepAttempts,
  limits: RetryLimits,
): RetryDecision {
  const { waited, spentMs } = tried;
  const doubled = Math.min(limits.firstWaitMs * 2 ** (attempt - 1), limits.longestWaitMs);
  const backOff = failure.next === 'retry-until' ? untilNextLook(tried, limits) : doubled;
  const providerWaitMs = failure.source === 'bot' ? null : failure.retryAfterMs;
  const ms = Math.max(providerWaitMs ?? 0, backOff);
  switch (failure.next) {
    case 'ask':
      return { kind: 'ask' };
    case 'wait':
      return waited + 1 < limits.waitAttempts ? { kind: 'wait', ms } : { kind: 'ask' };
    case 'retry-until':
      return spentMs + ms <= limits.spreadWithinMs ? { kind: 'wait', ms } : { kind: 'ask' };
  }
}

/** Attempts and time spent on a step in a run, as input of the retry limits. */
interface StepAttempts {
  /** Failed attempts with a temporary cause, without those that waited for propagation or were interrupted. */
  readonly waited: number;
  readonly spentMs: number;
  readonly tryMs: number;
}

/** Upper limit per attempt, so that a clock jump doesn't exhaust the retry limits. */
const longestTryMs = 120_000;

const between = (from: string | null, to: string): number =>
  from === null ? 0 : Math.min(longestTryMs, Math.max(0, Date.parse(to) - Date.parse(from)));

/**
 * Computes the attempts from stored events. A wait counts with its planned duration, so a clock change in between has no effect. `now`
 * ends the current attempt.
 */
export function attemptsSoFar(events: readonly StoredEvent[], run: number, step: StepName, now: string): StepAttempts {
  let waited = 0;
  let spentMs = 0;
  let begun: string | null = null;
  for (const { body, time } of events) {
    if (body.type === 'step-intended' && body.data.run === run && body.data.step === step) begun = time;
    if (body.type !== 'step-failed' || body.data.run !== run || body.data.step !== step) continue;
    const { failure, interrupted, retryAt } = body.data;
    if (failure.next === 'wait' && interrupted !== true) waited += 1;
    spentMs += between(begun, time) + (retryAt === null ? 0 : Math.max(0, Date.parse(retryAt) - Date.parse(time)));
    begun = null;
  }
  const tryMs = between(begun, now);
  return { waited, spentMs: spentMs + tryMs, tryMs };
}
