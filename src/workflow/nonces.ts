import type { RequestId } from '../domain/ids.ts';
import type { StepName } from '../domain/plan.ts';

/** One try of one step of one run. */
export interface TryOf {
  readonly id: RequestId;
  readonly run: number;
  readonly step: StepName;
  readonly attempt: number;
}

/**
 * Nonces between the storing of their hashes and the making of what carries them. In this process's memory alone: whoever reads
 * the database, a log or a card must not learn one before the key is made. When the process ends they are gone, and another
 * try has another.
 */
export interface Nonces {
  keep(of: TryOf, nonce: string): void;
  /** Null: it was another process that stored the hash. */
  of(one: TryOf): string | null;
  forget(one: TryOf): void;
}

export function openNonces(): Nonces {
  const kept = new Map<string, string>();
  const key = ({ id, run, step, attempt }: TryOf): string => `${id}:${run}/${step}/${attempt}`;
  return {
    keep: (one, nonce) => void kept.set(key(one), nonce),
    of: (one) => kept.get(key(one)) ?? null,
    forget: (one) => void kept.delete(key(one)),
  };
}
