/** What is said of one judgement of a check. */
import type { Check, CheckCode, FactOf } from '../domain/check.ts';

export interface CheckWords {
  readonly title: string;
  /** Why it matters; may be empty. */
  readonly text: string;
  /** What to do about it; empty where nothing can be done, or nothing has to. */
  readonly remedy: string;
}

/** From the facts that a judgement rests on. */
export type WordsByCode = {
  readonly [C in CheckCode]: (fact: FactOf<C>, outcome: Check['outcome']) => CheckWords;
};

export const pass = (title: string): CheckWords => ({ title, text: '', remedy: '' });
