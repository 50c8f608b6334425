/** Lines of a step that takes long: what is expected, the elapsed time, the next check and the limit. */
import type { Failure } from '../../../domain/failure.ts';
import type { StepProgress } from '../../../domain/request/request.ts';
import { durationWords, shortDuration } from '../../../text/instants.ts';
import { looksAt, usualWords, waitingWords } from '../../../text/waiting.ts';
import { coloured, grey, type Line } from '../data/row.ts';
import { type CardText, plain } from '../plain-text.ts';
import type { TimeLimits } from './reader.ts';

/** Shorter waits aren't shown. */
const worthSaying = 10_000;

const sinceFirst = ({ startedAt }: StepProgress, now: Date): number =>
  startedAt === null ? 0 : Math.max(0, now.getTime() - Date.parse(startedAt));

/** Returns how long a step has been running: `40 s`. */
export function elapsedWords(progress: StepProgress, { now }: TimeLimits): CardText {
  const ms = sinceFirst(progress, now);
  return plain<string>(ms < 1_000 ? 'just started' : shortDuration(ms));
}

function limitWords({ attempt }: StepProgress, { next }: Failure, { retry }: TimeLimits): string {
  return next === 'retry-until'
    ? `Attempt ${attempt} failed. The bot keeps trying for up to ${durationWords(retry.spreadWithinMs)}`
    : `Attempt ${attempt} of up to ${retry.waitAttempts} failed`;
}

const whoActs = (failure: Failure): string =>
  failure.source === 'bot' && failure.found.code === 'role-needed'
    ? 'Then it asks for attention.'
    : 'You don’t need to do anything.';

/** For a step that is retried automatically. Shows the remaining time, because times in Teams have no seconds. */
export function waitingLines(progress: StepProgress, timeLimits: TimeLimits): Line[] {
  const { failure, retryAt, name } = progress;
  if (failure === null || retryAt === null) return [];
  const left = Date.parse(retryAt) - timeLimits.now.getTime();
  const when = left < 1000 ? 'now' : `in ${shortDuration(left)}`;
  return [
    { ...grey(plain<string>(waitingWords(failure))), subtle: false },
    coloured(plain<string>(`Next attempt ${when}. The bot checks ${looksAt[name]} first.`), 'Accent', 'Default'),
    grey(plain<string>(`${limitWords(progress, failure, timeLimits)}. ${whoActs(failure)}`)),
  ];
}

/** For a step that runs in Azure: the usual duration and, after a while, how it is polled. */
export function runningLines(progress: StepProgress, running: string, timeLimits: TimeLimits): Line[] {
  const { everyMs, atMostMs } = timeLimits.poll;
  const tries = progress.attempt > 1 ? ` Attempt ${progress.attempt}.` : '';
  return [
    grey(plain<string>(`${running} Usually takes ${usualWords(progress.name)}.${tries}`)),
    ...(sinceFirst(progress, timeLimits.now) < worthSaying
      ? []
      : [
          grey(
            plain<string>(
              `The bot checks ${looksAt[progress.name]} every ${shortDuration(everyMs)}, for up to ${shortDuration(atMostMs)}.`,
            ),
          ),
        ]),
  ];
}
