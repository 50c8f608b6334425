/** Stopping a run between two steps: what is running is finished, because nothing that was sent to Azure can be called back. */
import { type Failure, foundThat } from '../failure.ts';
import { type Actor, botActor, type NewEvent, newEvent } from './events.ts';
import { type Request, runRest, type StopAsked } from './request.ts';

/** A step of a lost run keeps the state `running`: it counts in its own run only. */
const isUnderWay = ({ progress, runs }: Request): boolean =>
  progress.some(({ state, run }) => run === runs && state === 'running');

/** Nothing is left to begin: whatever is running is all that this run still does. */
export const isInLastStep = ({ progress, runs }: Request): boolean =>
  progress.every(({ state, run }) => run === runs && (state === 'done' || state === 'running'));

const stopped = ({ by, operator }: Pick<StopAsked, 'by' | 'operator'>): Failure =>
  foundThat('carrying out the plan', { code: 'stopped', by, operator });

/** The run ends here, and a person is asked. */
export const stoppedEvent = (request: Request, by: Pick<StopAsked, 'by' | 'operator'>): NewEvent =>
  newEvent(
    'attention-needed',
    botActor,
    { run: request.runs, step: null, failure: stopped(by) },
    { ...runRest(request), result: 'needs-attention' },
  );

/**
 * What somebody's wish to stop comes to: kept, and where nothing is running at this moment, the end of the run at once. Whoever
 * asked first is who stopped it.
 */
export function stopEvents(request: Request, actor: Actor, by: StopAsked['by']): readonly NewEvent[] {
  const submittedBy = actor.kind === 'operator' ? actor.id : null;
  const asked = newEvent('stop-requested', actor, { run: request.runs }, { ...runRest(request), submittedBy });
  if (isUnderWay(request)) return [asked];
  return [asked, stoppedEvent(request, request.stop ?? { by, operator: submittedBy })];
}
