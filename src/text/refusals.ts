/** Texts for every refusal. The person who clicked gets title and text in a message that only they see. */
import type { Failure } from '../domain/failure.ts';
import type { Refusal } from '../domain/request/refusal.ts';
import { excerptLine } from './excerpt.ts';
import { refusedDeciding } from './refused-deciding.ts';
import { refusedLookup } from './refused-lookup.ts';
import { refusedRequest } from './refused-request.ts';
import { type RefusalWords, type Words, wordsFor } from './words.ts';

const words: Required<RefusalWords> = {
  ...refusedRequest,
  ...refusedDeciding,
  ...refusedLookup,
};

/** Short enough that what to do follows on a phone. */
const longestExcerpt = 200;

/** An excerpt of another service's message, as a sentence. */
const excerptSentence = (failure: Failure): string => excerptLine(failure, longestExcerpt).replace(/(?<![.!?…])$/, '.');

/** Returns the texts of a refusal. Plain text, not escaped for cards. */
export function refusalWords({ code, fact, failure, near }: Refusal): Words {
  const said = wordsFor(words[code], failure === undefined ? fact : excerptSentence(failure), failure);
  if (near === undefined) return said;
  const hint = code === 'not-understood' ? `It takes ${near}.` : `Did you mean ${near}?`;
  return { ...said, text: code === 'not-understood' ? `${said.text} ${hint}` : `${hint} ${said.text}` };
}

/** Returns the refusal of an operator's command, in one sentence. */
export const refusalLine = (refusal: Refusal): string =>
  refusal.code === 'stale-card'
    ? `Request ${refusal.fact} has just changed. Check it again first.`
    : refusalWords(refusal).title;
