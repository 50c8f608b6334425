/** Somebody else's words in short: cut between sentences, and never without the action and the scope that they name. */
import type { Failure } from '../domain/failure.ts';
import { messageOf } from './failures.ts';
import { missingRightIn } from './permission-remedies.ts';

/** As many whole sentences as fit, and of a first one that does not, as many words. */
export function inSentences(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const sentences = text.split(/(?<=[.!?])\s+/);
  let kept = '';
  for (const sentence of sentences) {
    const longer = kept === '' ? sentence : `${kept} ${sentence}`;
    if (longer.length > longest) break;
    kept = longer;
  }
  if (kept !== '') return `${kept} …`;
  const start = text.slice(0, longest);
  const end = start.lastIndexOf(' ');
  return `${end > 0 ? start.slice(0, end) : start} …`;
}

/** What was said, in at most about so many characters; what the cut would lose of the missing right stands on lines of its own. */
export function saidInShort(failure: Failure, longest: number): string {
  const short = inSentences(messageOf(failure), longest);
  const missed = failure.source === 'bot' ? null : missingRightIn(failure.message);
  if (missed === null) return short;
  const action = short.includes(`'${missed.action}'`) ? [] : [`Action: ${missed.action}`];
  const scope = missed.scope === null || short.includes(`'${missed.scope}'`) ? [] : [`Scope: ${missed.scope}`];
  return [short, ...action, ...scope].join('\n');
}
