/** Texts for every refusal. The person who clicked gets title and text in a message that only they see. */

import type { Failure } from '../domain/failure.ts';
import type { Refusal, RefusalCode } from '../domain/request/refusal.ts';
import { failureLine } from './failures.ts';
import type { Words } from './refusal-words.ts';
import { refusedDeciding } from './refused-deciding.ts';
import { refusedLookup } from './refused-lookup.ts';
import { refusedRequest } from './refused-request.ts';

const words: { readonly [C in RefusalCode]: (fact: string, failure?: Failure) => Words } = {
  ...refusedRequest,
  ...refusedDeciding,
  ...refusedLookup,
};

/** Returns the texts of a refusal. Plain text, not escaped for cards. */
export function refusalWords({ code, fact, failure, near }: Refusal): Words {
  const said = words[code](failure === undefined ? fact : failureLine(failure), failure);
  if (near === undefined) return said;
  const hint = code === 'not-understood' ? `It takes ${near}.` : `Did you mean ${near}?`;
  return { ...said, text: code === 'not-understood' ? `${said.text} ${hint}` : `${hint} ${said.text}` };
}
