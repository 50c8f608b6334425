/** Sentences of a code of a closed list: title, text and remedy, from the code’s facts. */

export interface CheckWords {
  readonly title: string;
  /** Why it matters, or what to do; can be empty. */
  readonly text: string;
  /** What to do; empty if nothing can or must be done. */
  readonly remedy: string;
}

/** Sentences by code; from the code's facts where they have some. */
export type Sentences<A extends readonly unknown[], W> = W | ((...facts: A) => W);

export interface Words extends CheckWords {
  /** Set if the text itself says that nothing changed. */
  readonly unchanged?: true;
}

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
