/** What several texts share: a count, and types. */
import type { Check, CheckCode, FactOf } from '../domain/check.ts';
import type { PersonId } from '../domain/ids.ts';
import type { CheckWords, Sentences } from '../domain/words.ts';

/** `1 step`, `3 steps` */
export const countOf = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

export type Mark = 'done' | 'now' | 'idle' | 'warn' | 'alarm' | 'bad';

/** Returns a person's name, as Teams last reported it. */
export type Names = (id: PersonId | null) => string;

/** Texts by check code, from the check's facts. */
export type WordsByCode = {
  readonly [C in CheckCode]: Sentences<[fact: FactOf<C>, outcome: Check['outcome']], CheckWords>;
};
