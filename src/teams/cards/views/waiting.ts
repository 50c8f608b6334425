/** A step that takes its time: what is expected, how long it has been, when it is looked at again, and until when. */
import type { Failure } from '../../../domain/failure.ts';
import type { StepProgress } from '../../../domain/request/request.ts';
import { durationWords } from '../../../words/duration.ts';
import { looksAt, usualWords, waitingWords } from '../../../words/waiting.ts';
import { coloured, grey, type Line } from '../data/row.ts';
import { plain } from '../plain-text.ts';
import type { Patience } from './reader.ts';
import { duration } from './state-line.ts';

/** Shorter waits pass before anybody has read of them. */
const worthSaying = 10_000;

const sinceFirst = ({ startedAt }: StepProgress, now: Date): number =>
  startedAt === null ? 0 : Math.max(0, now.getTime() - Date.parse(startedAt));

const elapsed = ({ startedAt }: StepProgress, now: Date): string => duration(startedAt, now.toISOString());

function limitWords({ attempt }: StepProgress, { next }: Failure, { retry }: Patience): string {
  return next === 'retry-until'
    ? `Try ${attempt}, for ${durationWords(retry.spreadWithinMs)} in all`
    : `Try ${attempt}, up to ${retry.waitAttempts} of this kind`;
}

/** Of a step that is tried again by itself. Absolute times have no seconds in Teams, so what is left is said. */
export function waitingLines(progress: StepProgress, patience: Patience): Line[] {
  const { failure, retryAt, name } = progress;
  if (failure === null || retryAt === null) return [];
  const left = Date.parse(retryAt) - patience.now.getTime();
  const when = left < 1000 ? 'now' : `in ${durationWords(left)}`;
  return [
    { ...grey(plain<string>(waitingWords(failure))), subtle: false },
    coloured(plain<string>(`Next try ${when}: the bot looks at ${looksAt[name]} first.`), 'Accent', 'Default'),
    grey(plain<string>(`${limitWords(progress, failure, patience)}. So far ${elapsed(progress, patience.now)}.`)),
  ];
}

/** Of a step that Azure is at work on, once that has taken a while. */
export function runningLines(progress: StepProgress, patience: Patience): Line[] {
  if (sinceFirst(progress, patience.now) < worthSaying) return [];
  const { everyMs, atMostMs } = patience.poll;
  const tries = progress.attempt > 1 ? `, try ${progress.attempt}` : '';
  return [
    grey(plain<string>(`So far ${elapsed(progress, patience.now)}${tries}. Usual: ${usualWords[progress.name]}.`)),
    grey(
      plain<string>(
        `The bot looks at ${looksAt[progress.name]} every ${durationWords(everyMs)}, for ${durationWords(atMostMs)} at most.`,
      ),
    ),
  ];
}
