/** Safe actions for a request in its current state. */
import { isInLastStep } from '../../../domain/request/decide-stop.ts';
import type { Request } from '../../../domain/request/request.ts';
import { startsAt } from '../../../domain/request/start-window.ts';
import { keyFateWords } from '../../../text/attention.ts';
import { completedTitles, titlesOf } from '../../../text/steps.ts';
import { countOf } from '../../../text/words.ts';

type SafeVerb = 'cancel' | 'stop' | 'retry' | 'give-up';

interface SafeNow {
  readonly verbs: readonly SafeVerb[];
  readonly words: string;
}

const inWords = (titles: readonly string[]): string => titles.join(', ').toLowerCase() || 'nothing';

/** Returns what the runs so far did in Azure, for a request in which none is under way. */
function changedWords(request: Request): string {
  if (!request.touched) return 'Nothing has been changed in Azure.';
  return `Completed in earlier runs: ${inWords(completedTitles(request))}. The history above shows every attempt.`;
}

function attentionWords(request: Request): string {
  const done = completedTitles(request);
  return [
    keyFateWords(request),
    `retry: continues where it stopped. Completed steps (${inWords(done)}) are checked again, not repeated. Command: cmk-bot requests retry ${request.id}`,
    done.length === 0
      ? 'give-up: needs a --reason, and ends the request. No step is done.'
      : `give-up: needs a --reason, and ends the request. ${countOf(done.length, 'completed step stays', 'completed steps stay')}.`,
  ].join('\n');
}

const safe = (words: string, ...verbs: readonly SafeVerb[]): SafeNow => ({ verbs, words });

export function safeNow(request: Request): SafeNow {
  switch (request.state) {
    case 'awaiting-approval':
      return safe(`${changedWords(request)}\ncancel: ends the request.`, 'cancel');
    case 'approved': {
      const start = startsAt(request) === null ? '' : `, not before ${startsAt(request)}`;
      return safe(
        `It starts automatically${start}.\ncancel: ends the request, as long as its first change hasn’t started.`,
        'cancel',
      );
    }
    case 'running':
      if (isInLastStep(request)) return safe('Nothing to do: it is in its last step.');
      if (request.stop !== null) return safe('It stops after the attempt under way, and then needs attention.');
      return safe(
        'Nothing to do: it continues automatically, also after a restart of the bot.\nstop: the attempt under way finishes; no further attempt or step starts. Completed changes stay.',
        'stop',
      );
    case 'needs-attention':
      return safe(attentionWords(request), 'retry', 'give-up');
    case 'succeeded':
      return safe('It has ended. Deleting this resource or this key now loses the resource’s data for good.');
    case 'failed':
      return safe(
        `It has ended. Completed, and left as it is: ${inWords(completedTitles(request))}. Not done: ${inWords(titlesOf(request, ({ state }) => state !== 'done'))}.\n${keyFateWords(request)}`,
      );
    case 'rejected':
    case 'cancelled':
    case 'expired':
      return safe(`It has ended. ${changedWords(request)}`);
  }
}
