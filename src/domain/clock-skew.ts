/** Clock skew between this process, the database and the audit log. Events get the database's time. */

/** Limit above which a difference counts as a wrong clock. Replicas and database hosts differ by seconds at most. */
export const maxSkewMs = 60_000;

/** A clock skew. `clock`: this process against the database. `record`: the last stored event against the database. */
export interface ClockSkew {
  readonly kind: 'clock' | 'record';
  /** Positive: ahead of the database. Negative: behind. */
  readonly aheadMs: number;
}

/** Thrown when the last event has a time in the future, so no event can be stored. Safe to retry. */
export class ClockSkewError extends Error {
  override readonly name = 'ClockSkewError';
  readonly apart: ClockSkew;
  constructor(apart: ClockSkew) {
    const far = `${Math.round(apart.aheadMs / 1_000)} s ahead of the database’s clock`;
    super(`storing an event: the last event is dated ${far}; cmk-bot audit resume tells more. Nothing was stored.`);
    this.apart = apart;
  }
}

const isFar = (ms: number): boolean => Math.abs(ms) > maxSkewMs;

/** Compares another clock with this one, read before and after it. A difference within the round trip doesn't count. */
export function clockSkew(before: Date, other: Date, after: Date): ClockSkew | null {
  const least = before.getTime() - other.getTime();
  const most = after.getTime() - other.getTime();
  const aheadMs = least > 0 ? least : Math.min(most, 0);
  return isFar(aheadMs) ? { kind: 'clock', aheadMs } : null;
}

/** Compares the time of the last stored event (null before the first) with now. Only a time in the future counts. */
export function auditLogSkew(last: string | null, now: Date): ClockSkew | null {
  const aheadMs = last === null ? 0 : Date.parse(last) - now.getTime();
  return aheadMs > 0 && isFar(aheadMs) ? { kind: 'record', aheadMs } : null;
}
