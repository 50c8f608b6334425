import type { RequestId } from '../domain/ids.ts';
import type { StepName } from '../domain/plan.ts';

/** One try of one step of one run. */
export interface TryOf {
  readonly id: RequestId;
  readonly run: number;
  readonly step: StepName;
  readonly attempt: number;
}

/** What belongs to a try, in this process's memory alone: when the process ends it is gone. */
export interface AttemptStore<T> {
  keep(of: TryOf, what: T): void;
  /** Null: it was another process that had it, or nobody. */
  of(one: TryOf): T | null;
  forget(one: TryOf): void;
}

export function openKept<T>(): AttemptStore<T> {
  const kept = new Map<string, T>();
  const key = ({ id, run, step, attempt }: TryOf): string => `${id}:${run}/${step}/${attempt}`;
  return {
    keep: (one, what) => void kept.set(key(one), what),
    of: (one) => kept.get(key(one)) ?? null,
    forget: (one) => void kept.delete(key(one)),
  };
}
