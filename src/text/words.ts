/** What several texts share: a count, and types. */
import type { Check, CheckCode, FactOf } from '../domain/check.ts';
import type { Failure } from '../domain/failure.ts';
import type { PersonId } from '../domain/ids.ts';
import type { RefusalCode } from '../domain/request/refusal.ts';

/** `1 step`, `3 steps` */
export const countOf = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

/** The status of a line, which cards show as a glyph. */
export type Mark = 'done' | 'now' | 'idle' | 'warn' | 'alarm' | 'bad';

/** Returns a person's name, as Teams last reported it. */
export type Names = (id: PersonId | null) => string;

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

export interface Words {
  /** What happened. */
  readonly title: string;
  /** What to do. */
  readonly text: string;
  /** Set if the text itself says that nothing changed. */
  readonly unchanged?: true;
}

/** By code: the text, from the refusal's fact. */
export type RefusalWords = { readonly [C in RefusalCode]?: (fact: string, failure?: Failure) => Words };
