/** Texts for every refusal. The person who clicked gets title and text in a message that only they see. */
import { type Failure, isPermissionRefusal, statusOf } from '../domain/failure.ts';
import { isLastingFailure, type Refusal } from '../domain/request/refusal.ts';
import { type Cause, refusals } from '../domain/request/refusals.ts';
import { type Sentences, type Words, wordsFor } from '../domain/words.ts';
import { excerptLine } from './excerpt.ts';
import { sourceWords } from './failures.ts';
import { remedyWhereRefused, remedyWhereUnreachable } from './remedies.ts';

/** Short enough that what to do follows on a phone. */
const longestExcerpt = 200;

/** An excerpt of another service's message, as a sentence. */
const excerptSentence = (failure: Failure): string => excerptLine(failure, longestExcerpt).replace(/(?<![.!?…])$/, '.');

const causeOf = (failure: Failure | undefined): Cause =>
  failure !== undefined && isLastingFailure(failure)
    ? { source: `${sourceWords(failure)}. `, remedy: remedyWhereRefused(failure) }
    : { source: '', remedy: remedyWhereUnreachable(failure) };

/** Returns the texts of a refusal. Plain text, not escaped for cards. */
export function refusalWords({ code, fact, failure, near }: Refusal): Words {
  const words: Sentences<[fact: string, cause: Cause], Words> = refusals[code];
  const said = wordsFor(words, failure === undefined ? fact : excerptSentence(failure), causeOf(failure));
  if (near === undefined) return said;
  const hint = code === 'not-understood' ? `It takes ${near}.` : `Did you mean ${near}?`;
  return { ...said, text: code === 'not-understood' ? `${said.text} ${hint}` : `${hint} ${said.text}` };
}

export const refusalLine = (refusal: Refusal): string =>
  refusal.code === 'stale-card'
    ? `Request ${refusal.fact} has just changed. Check it again first.`
    : refusalWords(refusal).title;

/** The entry of a search field after a failed search in Azure. `null`: no answer in time. */
export function notFoundWords(failure: Failure | null): string {
  if (failure === null || statusOf(failure) === 429) return 'Azure is busy. Type again in a few seconds.';
  if (isPermissionRefusal(failure)) return 'The bot doesn’t have permission to list these in Azure. Tell an operator.';
  return failure.next === 'ask'
    ? 'Azure can’t answer this. Tell an operator.'
    : 'Azure doesn’t answer. Type again in a minute.';
}
