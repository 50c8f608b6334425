/**
 * Whether the resource was seen using its key. A success does not wait for it: logs take minutes. It is asked for until a
 * deadline, which stands in the success itself, and is judged once.
 */
import { botActor, newEvent } from './events.ts';
import type { SeeksUse } from './payloads.ts';
import { refuse } from './refusal.ts';
import { keyProgress, type Request, runRest } from './request.ts';
import { accept, type Command, type Decision } from './request-command.ts';

/** From when on and until when the use is looked for that follows on the change of the key. */
export function seeking(request: Request, withinMs: number | undefined, now: Date): { readonly seeks?: SeeksUse } {
  if (withinMs === undefined) return {};
  const since = keyProgress(request)?.startedAt ?? now.toISOString();
  return { seeks: { since, until: new Date(now.getTime() + withinMs).toISOString() } };
}

/**
 * Stores what the vault's log said. Refuses where it was judged before. Throws on a judgement of another run, and on one that
 * gives up before the deadline.
 */
export function decideUse(request: Request, command: Extract<Command, { do: 'judge-use' }>, now: Date): Decision {
  const { run, answer } = command;
  if (request.state !== 'succeeded' || request.use === null || request.use.judged !== null) {
    return refuse('request-ended', request.id);
  }
  if (request.runs !== run)
    throw new Error(`judging the use of ${request.id}: run ${run} is not the one that succeeded`);
  if (answer.outcome !== 'used' && now.toISOString() < request.use.until) {
    throw new Error(`judging the use of ${request.id}: ${answer.outcome} before ${request.use.until}`);
  }
  return accept(newEvent('use-judged', botActor, { run, answer }, { ...runRest(request), result: answer.outcome }));
}
