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
  /** Why it matters, or what to do; can be empty. */
  readonly text: string;
  /** What to do; empty if nothing can or must be done. */
  readonly remedy: string;
}

/** Sentences by code; from the code's facts where they have some. */
type Sentences<A extends readonly unknown[], W> = W | ((...facts: A) => W);

/** Texts by check code, from the check's facts. */
export type WordsByCode = {
  readonly [C in CheckCode]: Sentences<[fact: FactOf<C>, outcome: Check['outcome']], CheckWords>;
};

export interface Words extends CheckWords {
  /** Set if the text itself says that nothing changed. */
  readonly unchanged?: true;
}

/** By code: the text, from the refusal's fact. */
export type RefusalWords = { readonly [C in RefusalCode]?: Sentences<[fact: string, failure?: Failure], Words> };

export const wordsFor = <A extends readonly unknown[], W extends object>(of: Sentences<A, W>, ...facts: A): W =>
  typeof of === 'function' ? of(...facts) : of;

/** Sentences in lines: what happened, why it matters or what to do, and a remedy. A fact can't break a line. */
export function lines(written: TemplateStringsArray, ...facts: readonly (string | number | null)[]): CheckWords {
  const parts = [''];
  for (const [n, text] of written.entries()) {
    const [first = '', ...rest] = text.split(/\n */);
    parts.push(`${parts.pop()}${first}`, ...rest);
    parts.push(`${parts.pop()}${n < facts.length ? facts[n] : ''}`);
  }
  const [title = '', text = '', remedy = ''] = parts;
  return { title, text, remedy };
}
/** The same where the text itself says that nothing changed. */
export const unchangedLines = (...written: Parameters<typeof lines>): Words => ({
  ...lines(...written),
  unchanged: true,
});
