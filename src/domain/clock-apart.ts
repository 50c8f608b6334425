/** Differences between clocks. Events are dated by the database's. */

/** Replicas, databases and the machines of both differ by seconds; more is a clock that was moved. */
export const farMs = 60_000;

/** `clock`: this process's clock against the database's. `record`: the last stored event against the database's. */
export interface ClockApart {
  readonly kind: 'clock' | 'record';
  /** How far ahead it is; negative: behind. */
  readonly aheadMs: number;
}

/** Thrown instead of storing an event after one that is dated ahead. Safe to repeat. */
export class ClockNotBelieved extends Error {
  override readonly name = 'ClockNotBelieved';
  readonly apart: ClockApart;
  constructor(apart: ClockApart) {
    const far = `${Math.round(apart.aheadMs / 1_000)} s ahead of the database’s clock`;
    super(`storing an event: the last event is dated ${far}; cmk-bot audit resume tells more. Nothing was stored.`);
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
