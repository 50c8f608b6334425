/** Stopping a run between two steps: the button's effect, and who used it. */

import { PersonId } from '../../../domain/ids.ts';
import { stepsOf } from '../../../domain/plan.ts';
import { isInLastStep } from '../../../domain/request/decide-stop.ts';
import type { Request } from '../../../domain/request/request.ts';
import { joinList } from '../../../domain/strings.ts';
import { stoppedOf } from '../../../text/attention.ts';
import { stepWords } from '../../../text/steps.ts';
import type { Names } from '../../../text/words.ts';
import { bold, type CardText, joinText, md, nothing, plain, time } from '../plain-text.ts';
import { type CardContext, maySettle } from './reader.ts';

/** Completed or running steps that can't be undone, first those of earlier plans. */
function lasting({ earlier, plan, progress }: Request): readonly string[] {
  const begun = progress.filter(({ state }) => state === 'done' || state === 'running');
  const current = stepsOf(plan, 'irreversible').filter((step) => begun.some(({ name }) => name === step.name));
  const before = earlier.map(({ step }) => step).filter(({ reversibility }) => reversibility === 'irreversible');
  return [...before, ...current].map(({ name, effects }) => stepWords(name, effects).title.toLowerCase());
}

/** Returns the effect of *Stop after this step*; empty if it isn't offered. */
export function stopOffer(request: Request, context: CardContext): CardText {
  if (request.state !== 'running' || request.stop !== null || !maySettle(context) || isInLastStep(request))
    return nothing;
  const isBusy = request.progress.some(({ state }) => state === 'running');
  const first = `${isBusy ? 'The attempt under way finishes. ' : ''}No further attempt or step starts.`;
  const stays = lasting(request);
  const irreversible = stays.length === 0 ? nothing : plain<string>(`Can’t be undone: ${joinList(stays)}.`);
  const words = [plain<string>(first), plain('Completed changes stay in Azure.'), irreversible];
  return joinText(words, ' ');
}

/** Returns who stopped the run, and what happens until it stops; empty without a stop. */
export function stoppingNote({ stop }: Request, names: Names): CardText {
  if (stop === null) return nothing;
  const who = stop.operator === null ? names(stop.by) : `Operator ${stop.operator}`;
  return md`${bold(who)} requested a stop at ${time(new Date(stop.at))}. The attempt under way finishes. No further attempt or step starts.`;
}

export function peopleOfStop(request: Request): readonly PersonId[] {
  const failure = 'failure' in request ? request.failure : null;
  const ids = [request.stop?.by, stoppedOf(failure)?.by];
  return ids.flatMap((id) => PersonId.safeParse(id).data ?? []);
}
