import type { RequestId } from '../domain/ids.ts';
import type { StepName } from '../domain/plan.ts';

/** One attempt of a step in a run. */
export interface AttemptId {
  readonly id: RequestId;
  readonly run: number;
  readonly step: StepName;
  readonly attempt: number;
}

/** Values of an attempt, in this process's memory only. They are deliberately not durable. */
export interface AttemptStore<T> {
  keep(of: AttemptId, what: T): void;
  /** Returns null if this process has no value. */
  of(one: AttemptId): T | null;
  forget(one: AttemptId): void;
}

export function openAttemptStore<T>(): AttemptStore<T> {
  const values = new Map<string, T>();
  const key = ({ id, run, step, attempt }: AttemptId): string => `${id}:${run}/${step}/${attempt}`;
  return {
    keep: (one, what) => void values.set(key(one), what),
    of: (one) => values.get(key(one)) ?? null,
    forget: (one) => void values.delete(key(one)),
  };
}
