/** Whether the database accepts writes, by its last response. */

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
