/**
 * Usage check: whether the vault's log shows that the resource used its key. A success doesn't wait for it, because logs
 * take minutes. The check repeats until a deadline stored in the success event, and has one result.
 */
import { botActor, newEvent } from './events.ts';
import type { UsagePeriod } from './payloads.ts';
import { refuse } from './refusal.ts';
import { keyProgress, type Request, runRest } from './request.ts';
import { accept, type Command, type Decision } from './request-command.ts';

/** Returns the period of the usage check, starting with the change of the key. */
export function usagePeriodFor(
  request: Request,
  withinMs: number | undefined,
  now: Date,
): { readonly seeks?: UsagePeriod } {
  if (withinMs === undefined) return {};
  const since = keyProgress(request)?.startedAt ?? now.toISOString();
  return { seeks: { since, until: new Date(now.getTime() + withinMs).toISOString() } };
}

/**
 * Stores the result. Refuses if there already is one. Throws for another run, and for a negative result before the deadline.
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
