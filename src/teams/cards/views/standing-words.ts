/** How a request stands or ended, in words that several cards share. */
import type { Request } from '../../../domain/request/request.ts';
import { startsAt } from '../../../domain/request/start-window.ts';
import { type CardText, dateAndTime, md, plain } from '../plain-text.ts';

/** What follows an approval. */
export function startWords(request: Request, paused: boolean): CardText {
  const starts = startsAt(request);
  if (paused) return plain('The bot is paused: no changes start until an operator ends the pause.');
  const first = 'Everything is looked at once more, then the changes start';
  return starts === null ? plain<string>(`${first}.`) : md`${plain<string>(first)}: ${dateAndTime(new Date(starts))}.`;
}

/** A run that the pause came upon. */
export const pausedWords =
  'The bot is paused: nothing more is changed in Azure until an operator ends the pause. Then the run goes on by itself.';

/** An ended request may have changed things before it was asked again: then nothing may be said to be unchanged. */
export const earlierRun = (request: Request): CardText =>
  md`An earlier run changed things in Azure, and they stay. /cmk-history ${plain(request.id as string)} shows them.`;
