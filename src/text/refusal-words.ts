/** Types of the texts of refusals: one function for each code, in the file of its topic. */
import type { Failure } from '../domain/failure.ts';
import type { RefusalCode } from '../domain/request/refusal.ts';

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
