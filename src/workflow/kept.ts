import type { RequestId } from '../domain/ids.ts';
import type { StepName } from '../domain/plan.ts';

/** One attempt of a step in a run. */
export interface TryOf {
  readonly id: RequestId;
  readonly run: number;
  readonly step: StepName;
  readonly attempt: number;
}

/** Values of an attempt, in this process's memory only. They are deliberately not durable. */
export interface AttemptStore<T> {
  keep(of: TryOf, what: T): void;
  /** Returns null if this process has no value. */
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
