/** Texts for a request's state that several cards share. */
import type { Request } from '../../../domain/request/request.ts';
import { startsAt } from '../../../domain/request/start-window.ts';
import { type CardText, dateAndTime, md, plain } from '../plain-text.ts';
import type { CardContext, TimeLimits } from './reader.ts';

/** A longer check is mentioned. */
const longCheckMs = 20_000;

/** For a run whose pre-run check is still running. Its attempts aren't stored, so only the elapsed time is known. */
function checkWords(request: Request, { now, retry }: TimeLimits): CardText {
  const run = request.runs > 1 ? `Run ${request.runs}` : 'The run';
  const first = `${run} hasn’t started. The bot checks everything in Azure again and then starts the changes.`;
  const since = Math.max(Date.parse(request.changedAt), Date.parse(request.notBefore ?? request.changedAt));
  if (now.getTime() - since < longCheckMs) return plain<string>(first);
  return plain<string>(
    `${run} hasn’t started, and nothing changes until it does. The check in Azure is taking longer than usual: Azure might not be answering. The bot makes up to ${retry.waitAttempts} attempts. You don’t need to do anything.`,
    500,
  );
}

/** What happens after an approval. */
export function startWords(request: Request, { paused, patience }: Pick<CardContext, 'paused' | 'patience'>): CardText {
  const starts = startsAt(request);
  if (paused) return plain('The bot is paused: no changes start until an operator ends the pause.');
  if (starts === null || Date.parse(starts) <= patience.now.getTime()) return checkWords(request, patience);
  return md`At ${dateAndTime(new Date(starts))}, the bot checks everything again and then starts the changes.`;
}

/** For a run that was paused. */
export const pausedWords =
  'The bot is paused: it changes nothing more in Azure until an operator ends the pause. Then the run continues automatically.';

/** For an ended request with an earlier run: then the card must not say that nothing changed. */
export const earlierRun = (request: Request): CardText =>
  md`An earlier run started changes in Azure. To see them, type /cmk-history ${plain(request.id as string)}.`;
