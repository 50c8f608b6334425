/** The steps of a request with how far each has come. */
import type { PlannedStep } from '../../../domain/plan.ts';
import type { Request, StepProgress } from '../../../domain/request/request.ts';
import { readBackWords, runningWords, stepTitles } from '../../../words/steps.ts';
import { coloured, grey, type Line, marks, type Row, row } from '../data/row.ts';
import { md, nothing, plain, time } from '../plain-text.ts';
import { duration } from './state-line.ts';

const irreversible = (step: PlannedStep | undefined): boolean =>
  step?.reversibility === 'irreversible' && step.effects.length > 0;

function doneRow(progress: StepProgress, step: PlannedStep | undefined): Row {
  const lines: Line[] = [
    grey(plain(progress.already ? `Was so already. ${readBackWords[progress.name]}` : readBackWords[progress.name])),
    ...(irreversible(step) ? [coloured(plain('▲ Irreversible, and now done'), 'Attention')] : []),
  ];
  const took = plain<string>(duration(progress.startedAt, progress.endedAt));
  return row(marks.done, plain(stepTitles[progress.name]), lines, { time: took });
}

function waitingRow(progress: StepProgress): Row {
  const why = progress.failure === null ? '' : `${progress.failure.code}: ${progress.failure.message}`;
  const retryAt = progress.retryAt === null ? nothing : time(new Date(progress.retryAt));
  const lines = [
    grey(plain(why, 160)),
    coloured(md`Try ${progress.attempt} did not work yet. Next try at ${retryAt}`, 'Accent', 'Default'),
  ];
  return row(marks.now, plain(stepTitles[progress.name]), lines, { nameWeight: 'Bolder' });
}

function progressRow(progress: StepProgress, step: PlannedStep | undefined): Row {
  const title = plain(stepTitles[progress.name]);
  switch (progress.state) {
    case 'planned':
      return row(marks.idle, title, [], { nameSubtle: true });
    case 'running':
      return row(marks.now, title, [grey(plain(runningWords[progress.name]))], { nameWeight: 'Bolder' });
    case 'waiting':
      return waitingRow(progress);
    case 'done':
      return doneRow(progress, step);
    case 'failed':
      return row(marks.bad, title, [grey(plain('Did not work in the run before'))]);
  }
}

/** One row a step: planned, running, waiting to be tried again, done, not done. */
export const progressRows = (request: Request): Row[] =>
  request.progress.map((progress) =>
    progressRow(
      progress,
      request.plan.steps.find((step) => step.name === progress.name),
    ),
  );
