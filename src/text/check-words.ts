/** Types of the texts of checks. */
import type { Check, CheckCode, FactOf } from '../domain/check.ts';

export interface CheckWords {
  readonly title: string;
  /** Why it matters; can be empty. */
  readonly text: string;
  /** What to do; empty if nothing can or must be done. */
  readonly remedy: string;
}

/** Texts by check code, from the check's facts. */
export type WordsByCode = {
  readonly [C in CheckCode]: (fact: FactOf<C>, outcome: Check['outcome']) => CheckWords;
};

export const pass = (title: string): CheckWords => ({ title, text: '', remedy: '' });
