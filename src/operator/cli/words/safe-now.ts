/** Safe actions for a request in its current state. */
import { isInLastStep } from '../../../domain/request/decide-stop.ts';
import type { Request } from '../../../domain/request/request.ts';
import { startsAt } from '../../../domain/request/start-window.ts';
import { keyFateWords } from '../../../text/attention.ts';
import { stepWordsIn } from '../../../text/steps.ts';
import { countOf } from '../../../text/words.ts';

export type SafeVerb = 'cancel' | 'stop' | 'retry' | 'give-up';

export interface SafeNow {
  readonly verbs: readonly SafeVerb[];
  readonly words: string;
}

const titles = (request: Request, done: boolean): string =>
  request.progress
    .filter((step) => (step.state === 'done') === done)
    .map((step) => stepWordsIn(request.plan, step.name).title.toLowerCase())
    .join(', ') || 'nothing';

function attentionWords(request: Request): string {
  const done = request.progress.filter((step) => step.state === 'done').length;
  return [
    keyFateWords(request),
    `retry: continues where it stopped. Completed steps (${titles(request, true)}) are checked again, not repeated. Command: cmk-bot requests retry ${request.id}`,
    done === 0
      ? 'give-up: needs a --reason, and ends the request. No step is done.'
      : `give-up: needs a --reason, and ends the request. ${countOf(done, 'completed step stays', 'completed steps stay')}.`,
  ].join('\n');
}

/** Returns the safe actions and their effects. */
export function safeNow(request: Request): SafeNow {
  const { id } = request;
  switch (request.state) {
    case 'awaiting-approval':
      return { verbs: ['cancel'], words: 'Nothing has been changed in Azure.\ncancel: ends the request.' };
    case 'approved':
      return {
        verbs: ['cancel'],
        words: `It starts automatically${startsAt(request) === null ? '' : `, not before ${startsAt(request)}`}.\ncancel: ends the request, as long as its first change hasn’t started.`,
      };
    case 'running':
      if (isInLastStep(request)) return { verbs: [], words: 'Nothing to do: it is in its last step.' };
      return request.stop === null
        ? {
            verbs: ['stop'],
            words:
              'Nothing to do: it continues automatically, also after a restart of the bot.\nstop: the attempt under way finishes; no further attempt or step starts. Completed changes stay.',
          }
        : { verbs: [], words: 'It stops after the attempt under way, and then needs attention.' };
    case 'needs-attention':
      return { verbs: ['retry', 'give-up'], words: attentionWords(request) };
    case 'succeeded':
      return {
        verbs: [],
        words: 'It has ended. Deleting this agent or this key now loses the agent’s data for good.',
      };
    case 'failed':
      return {
        verbs: [],
        words: `It has ended. Completed, and left as it is: ${titles(request, true)}. Not done: ${titles(request, false)}.\n${keyFateWords(request)}`,
      };
    case 'rejected':
    case 'cancelled':
    case 'expired':
      return { verbs: [], words: endedUnchanged(request, id) };
  }
}

/** A request that needed approval again after a run can have ended with completed steps. */
const endedUnchanged = (request: Request, id: string): string =>
  request.runs === 0
    ? 'It has ended. Nothing was changed in Azure.'
    : `It has ended after a run was ordered: what ${id} did is listed above.`;
