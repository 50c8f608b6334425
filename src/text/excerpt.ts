/** Excerpts of other services' messages: cut between sentences, always with the named action and scope. */
import { codeOf, type Failure } from '../domain/failure.ts';
import { messageOf } from './failures.ts';
import { missingRightIn } from './permission-remedies.ts';

/** Returns as many whole sentences as fit. If the first doesn't fit: as many words. */
export function cutAtSentence(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const sentences = text.split(/(?<=[.!?])\s+/);
  let excerpt = '';
  for (const sentence of sentences) {
    const longer = excerpt === '' ? sentence : `${excerpt} ${sentence}`;
    if (longer.length > longest) break;
    excerpt = longer;
  }
  if (excerpt !== '') return `${excerpt} …`;
  const start = text.slice(0, longest);
  const end = start.lastIndexOf(' ');
  return `${end > 0 ? start.slice(0, end) : start} …`;
}

/** Returns an excerpt of about this length. Adds a missing permission on its own lines if the cut would lose it. */
export function excerptOf(failure: Failure, longest: number): string {
  const short = cutAtSentence(messageOf(failure), longest);
  const missed = failure.source === 'bot' ? null : missingRightIn(failure.message);
  if (missed === null) return short;
  const action = short.includes(`'${missed.action}'`) ? [] : [`Action: ${missed.action}`];
  const scope = missed.scope === null || short.includes(`'${missed.scope}'`) ? [] : [`Scope: ${missed.scope}`];
  return [short, ...action, ...scope].join('\n');
}

/** The same on one line, after the code. `AuthorizationFailed: The client …; Action: …; Scope: …` */
export const excerptLine = (failure: Failure, longest: number): string =>
  `${codeOf(failure)}: ${excerptOf(failure, longest).replace(/([.;…])?\s*\n\s*/g, (_, end = ';') => `${end} `)}`;
