/** Stopping a run between two steps. A running step finishes, because calls to Azure can't be revoked. */
import { botFailure, type Failure } from '../failure.ts';
import { type Actor, botActor, type NewEvent, newEvent } from './events.ts';
import { type Request, runRest, type StopRequest } from './request.ts';

/** Ignores earlier runs: a step of a lost run stays `running`. */
const isUnderWay = ({ progress, runs }: Request): boolean =>
  progress.some(({ state, run }) => run === runs && state === 'running');

export const isInLastStep = ({ progress, runs }: Request): boolean =>
  progress.every(({ state, run }) => run === runs && (state === 'done' || state === 'running'));

const stopped = ({ by, operator }: Pick<StopRequest, 'by' | 'operator'>): Failure =>
  botFailure('carrying out the plan', { code: 'stopped', by, operator });

/** Ends the run and asks a person. */
export const runStoppedEvent = (request: Request, by: Pick<StopRequest, 'by' | 'operator'>): NewEvent =>
  newEvent(
    'attention-needed',
    botActor,
    { run: request.runs, step: null, failure: stopped(by) },
    { ...runRest(request), result: 'needs-attention' },
  );

interface Stopping {
  readonly actor: Actor;
  readonly by: StopRequest['by'];
  readonly asOperator?: boolean;
}

/**
 * Stores the request to stop. If no step is running, the run ends at once. The first person who asked counts as the one who
 * stopped it.
 */
export function stopEvents(request: Request, { actor, by, asOperator = false }: Stopping): readonly NewEvent[] {
  const submittedBy = actor.kind === 'operator' ? actor.id : null;
  const data = { run: request.runs, ...(asOperator ? { asOperator: true as const } : {}) };
  const requestEvent = newEvent('stop-requested', actor, data, { ...runRest(request), submittedBy });
  if (isUnderWay(request)) return [requestEvent];
  return [requestEvent, runStoppedEvent(request, request.stop ?? { by, operator: submittedBy })];
}
