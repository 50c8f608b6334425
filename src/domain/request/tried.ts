/** Attempts and time spent on a step in a run, as input of the retry limits. */
import type { StepName } from '../plan.ts';
import type { StoredEvent } from './events.ts';

export interface Tried {
  /** Failed attempts with a temporary cause, without those that waited for propagation. */
  readonly waited: number;
  /** Time spent on attempts and the waits between them. */
  readonly spentMs: number;
  /** The part of it spent on the current attempt. */
  readonly tryMs: number;
}

/** Upper limit per attempt, so that a clock jump doesn't exhaust the retry limits. */
const longestTryMs = 120_000;

const between = (from: string | null, to: string): number =>
  from === null ? 0 : Math.min(longestTryMs, Math.max(0, Date.parse(to) - Date.parse(from)));

/**
 * Computes it from stored events. A wait counts with its planned duration, so a clock change in between has no effect. `now`
 * ends the current attempt.
 */
export function triedSoFar(events: readonly StoredEvent[], run: number, step: StepName, now: string): Tried {
  let waited = 0;
  let spentMs = 0;
  let begun: string | null = null;
  for (const { body, time } of events) {
    if (body.type === 'step-intended' && body.data.run === run && body.data.step === step) begun = time;
    if (body.type !== 'step-failed' || body.data.run !== run || body.data.step !== step) continue;
    const { failure, retryAt } = body.data;
    if (failure.next === 'wait') waited += 1;
    spentMs += between(begun, time) + (retryAt === null ? 0 : Math.max(0, Date.parse(retryAt) - Date.parse(time)));
    begun = null;
  }
  const tryMs = between(begun, now);
  return { waited, spentMs: spentMs + tryMs, tryMs };
}
