/** When nothing may be stored, because nobody knows what time it is. */

/** Replicas, databases and the machines of both differ by seconds; more is a clock that was moved. */
export const farMs = 60_000;

/** `clock`: this process's clock against the one it is compared with. `record`: the last stored event against both. */
export interface ClockApart {
  readonly kind: 'clock' | 'record';
  /** How far ahead it is; negative: behind. */
  readonly aheadMs: number;
}

/** Thrown instead of storing. Safe to repeat: once the clock is right, everything goes on. */
export class ClockNotBelieved extends Error {
  override readonly name = 'ClockNotBelieved';
  readonly apart: ClockApart;
  constructor(apart: ClockApart) {
    const far = `${Math.round(Math.abs(apart.aheadMs) / 1_000)} s ${apart.aheadMs > 0 ? 'ahead' : 'behind'}`;
    const what =
      apart.kind === 'clock'
        ? `this clock is ${far} of the one it is compared with`
        : `the last event is dated ${far} of this clock; cmk-bot audit resume tells more`;
    super(`storing an event: ${what}. Nothing was stored.`);
    this.apart = apart;
  }
}

const isFar = (ms: number): boolean => Math.abs(ms) > farMs;

/** Of a clock read before and after another one was asked: what may have passed in between is no difference. */
export function clockApart(before: Date, other: Date, after: Date): ClockApart | null {
  const [least, most] = [before.getTime() - other.getTime(), after.getTime() - other.getTime()];
  const aheadMs = least > 0 ? least : Math.min(most, 0);
  return isFar(aheadMs) ? { kind: 'clock', aheadMs } : null;
}

/** Of the last stored event, whose time is null before the first. A record that is behind is the usual case. */
export function recordApart(last: string | null, now: Date): ClockApart | null {
  const aheadMs = last === null ? 0 : Date.parse(last) - now.getTime();
  return aheadMs > 0 && isFar(aheadMs) ? { kind: 'record', aheadMs } : null;
}
