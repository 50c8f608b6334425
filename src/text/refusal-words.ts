/** What a refusal says, and who writes it: one function a code, in the file of what was refused. */
import type { Failure } from '../domain/failure.ts';
import type { RefusalCode } from '../domain/request/refusal.ts';

export interface Words {
  /** What is. */
  readonly title: string;
  /** What to do. */
  readonly text: string;
  /** The text says itself that nothing came of it. */
  readonly unchanged?: true;
}

/** By code: the words, for the one fact that they need. */
export type RefusalWords = { readonly [C in RefusalCode]?: (fact: string, failure?: Failure) => Words };
