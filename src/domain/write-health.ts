/** Whether events can be stored: whether the database accepts writes, by its last response, and whether clocks agree. */

/** Why the database rejects writes. It contains no text from the database. */
export const writeRejections = ['read-only', 'disk-full', 'not-allowed', 'server-trouble'] as const;
export type WriteRejection = (typeof writeRejections)[number];

/**
 * How long a rejection counts without a new write, in milliseconds. After that, the next click tries again. No test rows are
 * written.
 */
const freshMs = 60_000;

export interface WriteHealth {
  refused(why: WriteRejection): void;
  stored(): void;
  /** Null: no rejection in the last minute, or a write succeeded since. */
  refusal(): WriteRejection | null;
  counts(): Readonly<Record<WriteRejection, number>>;
}

interface WriteHealthTools {
  /** Monotonic clock in milliseconds. */
  readonly elapsedMs: () => number;
  /** Called only when the reason changes. Null: writes succeed again. */
  readonly onChange: (why: WriteRejection | null) => void;
}

export function trackWriteHealth({ elapsedMs, onChange }: WriteHealthTools): WriteHealth {
  const counts: Record<WriteRejection, number> = {
    'read-only': 0,
    'disk-full': 0,
    'not-allowed': 0,
    'server-trouble': 0,
  };
  let last: { readonly why: WriteRejection; readonly at: number } | null = null;
  const refusal = (): WriteRejection | null => (last !== null && elapsedMs() - last.at < freshMs ? last.why : null);
  return {
    refusal,
    counts: () => counts,
    refused(why) {
      counts[why] += 1;
      const changed = refusal() !== why;
      last = { why, at: elapsedMs() };
      if (changed) onChange(why);
    },
    stored() {
      if (last === null) return;
      last = null;
      onChange(null);
    },
  };
}

// Clock skew between this process, the database and the audit log. Events get the database's time.

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
