/** The steps of a request with how far each has come. */
import type { PlannedStep, StepName } from '../../../domain/plan.ts';
import type { Request, StepProgress } from '../../../domain/request/request.ts';
import { sourceWords } from '../../../words/failures.ts';
import { saidInShort } from '../../../words/said.ts';
import { interruptedWords, stepWords } from '../../../words/steps.ts';
import { coloured, grey, type Line, marks, type Row, row } from '../data/row.ts';
import { type CardText, nothing, plain, plainLines } from '../plain-text.ts';
import type { CardContext } from './reader.ts';
import { duration } from './state-line.ts';
import { runningLines, waitingLines } from './waiting.ts';

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

type Context = Pick<CardContext, 'paused' | 'patience'>;

function progressRow(progress: StepProgress, step: PlannedStep | undefined, { paused, patience }: Context): Row {
  const words = wordsOf(progress, step);
  const title = plain(words.title);
  switch (progress.state) {
    case 'planned':
      return row(marks.idle, title, [], { nameSubtle: true });
    case 'running':
      if (paused) return row(marks.idle, title, [grey(plain('Begun before the pause. It is looked at after it.'))]);
      return row(marks.now, title, [grey(plain(words.running)), ...runningLines(progress, patience)], {
        nameWeight: 'Bolder',
      });
    case 'waiting':
      return row(marks.now, title, waitingLines(progress, patience), { nameWeight: 'Bolder' });
    case 'done':
      return doneRow(progress, step);
    case 'failed':
      return row(marks.bad, title, [grey(plain('Did not work in the run before'))]);
  }
}

/** The step whose turn it is where none is at work: between two steps somebody who looks sees which one comes. */
function upNext(request: Request, { paused }: Context): StepName | null {
  const isBusy = request.progress.some(({ state }) => state === 'running' || state === 'waiting');
  if (request.state !== 'running' || paused || request.stop !== null || isBusy) return null;
  return request.progress.find(({ state }) => state === 'planned' || state === 'failed')?.name ?? null;
}

/** One row a step: planned, about to begin, running, waiting to be tried again, done, not done. */
export function progressRows(request: Request, context: Context): Row[] {
  const next = upNext(request, context);
  return request.progress.map((progress) => {
    const step = request.plan.steps.find((one) => one.name === progress.name);
    return progress.name === next
      ? row(marks.now, plain(wordsOf(progress, step).title), [grey(plain('About to begin'))], { nameWeight: 'Bolder' })
      : progressRow(progress, step, context);
  });
}

/** How far a run is; none in any other state. */
export function progressBar({ state, progress }: Request) {
  if (state !== 'running') return { stepsDone: 0, stepsOf: 0, bar: nothing };
  const [stepsOf, stepsDone] = [progress.length, progress.filter((one) => one.state === 'done').length];
  return { stepsDone, stepsOf, bar: plain<string>(`${'▰'.repeat(stepsDone)}${'▱'.repeat(stepsOf - stepsDone)}`) };
}

/** About twelve lines on a phone; the audit channel and the command line have all of it. */
const longestWords = 600;

/** What was said of the steps that are tried again, in whose words: to be unfolded. */
export const toldOf = (request: Request): { readonly source: CardText; readonly words: CardText }[] =>
  request.progress.flatMap(({ state, failure }) =>
    state !== 'waiting' || failure === null
      ? []
      : [{ source: plain<string>(sourceWords(failure)), words: plainLines(saidInShort(failure, longestWords)) }],
  );
