/** How often and how long a step has been tried in a run: what its patience is measured by. */
import type { StepName } from '../plan.ts';
import type { StoredEvent } from './events.ts';

export interface Tried {
  /** Tries that failed in a way that passes by itself; those that waited for a change to spread are not among them. */
  readonly waited: number;
  /** What was spent on tries and on the waits between them. */
  readonly spentMs: number;
  /** Of that, on the try that is under way. */
  readonly tryMs: number;
}

/** No try counts for longer: where a clock jumps in the middle of one, nobody's patience is used up by it. */
const longestTryMs = 120_000;

const between = (from: string | null, to: string): number =>
  from === null ? 0 : Math.min(longestTryMs, Math.max(0, Date.parse(to) - Date.parse(from)));

/**
 * From what is stored of it. A wait counts as long as it was meant to last, so that a clock which was set in the meantime makes
 * it neither longer nor shorter. `now` ends the try that is under way.
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
