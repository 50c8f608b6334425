/** Whether the database takes what it is given, by what it answered last. */

/** What a database that answers gives as the reason for taking nothing: words of the program, and no more than these. */
export const whyRefused = ['read-only', 'disk-full', 'not-allowed', 'server-trouble'] as const;
export type WhyRefused = (typeof whyRefused)[number];

/**
 * For so long a refusal is believed while nothing is stored: whoever clicks after it tries the database anew, and no row is written
 * only to try it. In milliseconds.
 */
const believedMs = 60_000;

export interface Storing {
  /** The database answered that it does not take a statement. */
  refused(why: WhyRefused): void;
  /** Events were stored. */
  stored(): void;
  /** Why nothing can be stored; null: nothing was refused within the last minute, or something was stored since. */
  refusal(): WhyRefused | null;
  /** How often each reason was given. */
  counts(): Readonly<Record<WhyRefused, number>>;
}

export interface StoringTools {
  /** A clock that nobody can set, in milliseconds. */
  readonly elapsedMs: () => number;
  /** Called when the reason changes, not as often as it is given; null: something was stored after it. */
  readonly onChange: (why: WhyRefused | null) => void;
}

/** Nothing is known to be wrong at first. */
export function openStoring({ elapsedMs, onChange }: StoringTools): Storing {
  const counts: Record<WhyRefused, number> = { 'read-only': 0, 'disk-full': 0, 'not-allowed': 0, 'server-trouble': 0 };
  let last: { readonly why: WhyRefused; readonly at: number } | null = null;
  const refusal = (): WhyRefused | null => (last !== null && elapsedMs() - last.at < believedMs ? last.why : null);
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
