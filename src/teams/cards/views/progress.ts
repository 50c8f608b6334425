/** The steps of a request with how far each has come. */
import type { PlannedStep } from '../../../domain/plan.ts';
import type { Request, StepProgress } from '../../../domain/request/request.ts';
import { failureLine } from '../../../words/failures.ts';
import { interruptedWords, stepWords } from '../../../words/steps.ts';
import { coloured, grey, type Line, marks, type Row, row } from '../data/row.ts';
import { md, nothing, plain, time } from '../plain-text.ts';
import { duration } from './state-line.ts';

const irreversible = (step: PlannedStep | undefined): boolean =>
  step?.reversibility === 'irreversible' && step.effects.length > 0;

const wordsOf = ({ name }: StepProgress, step: PlannedStep | undefined) => stepWords(name, step?.effects ?? []);

const howItCame = ({ already, interrupted }: StepProgress): string => {
  if (already) return 'Was so already. ';
  return interrupted ? `${interruptedWords}. ` : '';
};

function doneRow(progress: StepProgress, step: PlannedStep | undefined): Row {
  const { title, readBack } = wordsOf(progress, step);
  const lines: Line[] = [
    grey(plain(`${howItCame(progress)}${readBack}`)),
    ...(irreversible(step) ? [coloured(plain('▲ Irreversible, and now done'), 'Attention')] : []),
  ];
  const took = plain<string>(duration(progress.startedAt, progress.endedAt));
  return row(marks.done, plain(title), lines, { time: took });
}

function waitingRow(progress: StepProgress, title: string): Row {
  const why = progress.failure === null ? '' : failureLine(progress.failure);
  const retryAt = progress.retryAt === null ? nothing : time(new Date(progress.retryAt));
  const lines = [
    grey(plain(why, 160)),
    coloured(md`Try ${progress.attempt} did not work yet. Next try at ${retryAt}`, 'Accent', 'Default'),
  ];
  return row(marks.now, plain(title), lines, { nameWeight: 'Bolder' });
}

function progressRow(progress: StepProgress, step: PlannedStep | undefined, paused: boolean): Row {
  const words = wordsOf(progress, step);
  const title = plain(words.title);
  switch (progress.state) {
    case 'planned':
      return row(marks.idle, title, [], { nameSubtle: true });
    case 'running':
      if (paused) return row(marks.idle, title, [grey(plain('Begun before the pause. It is looked at after it.'))]);
      return row(marks.now, title, [grey(plain(words.running))], { nameWeight: 'Bolder' });
    case 'waiting':
      return waitingRow(progress, words.title);
    case 'done':
      return doneRow(progress, step);
    case 'failed':
      return row(marks.bad, title, [grey(plain('Did not work in the run before'))]);
  }
}

/** One row a step: planned, running, waiting to be tried again, done, not done. */
export const progressRows = (request: Request, paused: boolean): Row[] =>
  request.progress.map((progress) =>
    progressRow(
      progress,
      request.plan.steps.find((step) => step.name === progress.name),
      paused,
    ),
  );
