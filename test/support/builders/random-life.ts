/** Lives of one request whose run fails, stops and is retried in any order. */
import fc from 'fast-check';
import type { PersonId } from '../../../src/domain/ids.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import type { StoredEvent } from '../../../src/domain/request/events.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import {
  asks,
  checks,
  decides,
  doneWith,
  failedWith,
  id,
  intends,
  proved,
  records,
  settles,
  stops,
} from './commands.ts';
import { memoryRequests } from './memory-requests.ts';
import { noon } from './plans.ts';

/** What Azure did with a change whose attempt failed. */
export const changeFate = fc.constantFrom('none', 'refused', 'accepted', 'unknown');

export type Turn =
  /** A runner does what it should: checks, or does the next step at once. */
  | { readonly do: 'onward' }
  | { readonly do: 'intend' }
  | {
      readonly do: 'record';
      readonly outcome: 'done' | 'waits' | 'stuck';
      readonly change: typeof changeFate extends fc.Arbitrary<infer T> ? T : never;
    }
  | { readonly do: 'stop' }
  | { readonly do: 'click'; readonly verb: 'approve' | 'stop' | 'retry' | 'give-up'; readonly by: PersonId };

const doneOf = (request: Request, attempt: number): Command => {
  const step = nextOf(request);
  return records(request.runs, doneWith(step, { attempt, proofs: step === 'verify' ? proved : [] }));
};
const nextOf = ({ progress, runs }: Request) =>
  progress.find((one) => one.run !== runs || one.state !== 'done')?.name ?? 'verify';

/** Of the next step, the attempt that was made last in this run; 0: none. */
function attemptOf(request: Request): number {
  const step = request.progress.find(({ name }) => name === nextOf(request));
  return step?.run === request.runs ? step.attempt : 0;
}

function commandsOf(turn: Turn, request: Request): readonly Command[] {
  const { runs: run, asking, plan, digest, policy } = request;
  const attempt = attemptOf(request);
  const intended = intends(run, nextOf(request), attempt + 1);
  switch (turn.do) {
    case 'onward':
      // The check finds the plan that was approved, or next to no life would go on from here.
      if (request.checked !== run) return [checks({ run, plan, digest, policy })];
      return [intended, doneOf(request, attempt + 1)];
    case 'intend':
      return [intended];
    case 'record': {
      if (turn.outcome === 'done') return [doneOf(request, attempt)];
      const retryAt = turn.outcome === 'stuck' ? null : noon.toISOString();
      return [records(run, failedWith(nextOf(request), retryAt, attempt, { change: turn.change }))];
    }
    case 'stop':
      return [stops(run)];
    case 'click': {
      const change = { asking, roleStatus: 'yes' } as const;
      return [turn.verb === 'approve' ? decides('approve', turn.by, change) : settles(turn.verb, turn.by, change)];
    }
  }
}

/** Leads one life of a request that needs one approval. `after` is called when a turn stored something. */
export async function live(
  turns: readonly Turn[],
  after: (request: Request, events: readonly StoredEvent[]) => void,
): Promise<void> {
  const requests = memoryRequests(() => noon);
  async function append(command: Command): Promise<Request | null> {
    const cause = `${requests.all().length}`;
    // What no correct runner does is an error, and stores nothing.
    const appended = await requests
      .append(id, cause, (request, now) => decide(request, command, now))
      .catch(() => null);
    if (appended?.kind === 'accepted' && appended.events.length > 0) after(appended.request, requests.all());
    return requests.load(id);
  }
  let current = await append(asks(1));
  for (const turn of turns) {
    for (const command of current === null ? [] : commandsOf(turn, current)) current = await append(command);
  }
}
