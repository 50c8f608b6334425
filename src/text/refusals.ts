/** Texts for every refusal. The person who clicked gets title and text in a message that only they see. */
import type { Failure } from '../domain/failure.ts';
import type { Refusal, RefusalCode } from '../domain/request/refusal.ts';
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

// Refusals of operators' commands, in the command line's terms.

const own: Partial<Record<RefusalCode, (fact: string) => string>> = {
  'unknown-request': (id) => `There is no request ${id}.`,
  'request-ended': (id) => `Request ${id} has ended: nothing more can happen to it.`,
  'run-started': (id) => `Request ${id} has begun to change Azure: it is too late to cancel it.`,
  'not-needing-attention': (id) => `Request ${id} doesn’t need attention: it continues automatically.`,
  'run-not-begun': (id) => `Request ${id} has not begun to change Azure: cancel it instead.`,
  'run-ending': (id) => `Request ${id} is in its last step and can’t be stopped.`,
  'run-stopped': (id) => `Request ${id} has already stopped: requests show says why.`,
  'stale-card': (id) => `Request ${id} has just changed. Check it again first.`,
  'justification-missing': () => 'The reason is missing.',
  'justification-too-long': (most) => `The reason is longer than ${most} characters.`,
};

/** Returns the refusal in one sentence. */
export const refusalLine = (refusal: Refusal): string =>
  own[refusal.code]?.(refusal.fact) ?? refusalWords(refusal).title;
