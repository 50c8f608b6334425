/** The card of a request that a person has to look at, or that somebody gave up. */
import { CheckCode } from '../../domain/checks.ts';
import { shortDigest } from '../../domain/digest.ts';
import type { Failure } from '../../domain/failure.ts';
import type { Failed, NeedsAttention, Request, StepProgress } from '../../domain/request.ts';
import { coloured, grey, marks, type Row, row } from '../card-data/row.ts';
import { bold, type CardText, dateAndTime, md, nothing, plain, plainLines } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { type CheckWords, checkWords } from '../wording/checks.ts';
import { mendWords } from '../wording/failures.ts';
import { stepTitles } from '../wording/steps.ts';
import { countOf, type Names } from './parts.ts';
import type { RequestHeader } from './request-header.ts';

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

function headlineOf(request: Request, stuck: StepProgress | undefined, block: CheckWords | null): CardText {
  if (block !== null) return plain('A check stopped the run before its first change');
  if (stuck === undefined) return plain('The run was stopped');
  const position = request.progress.indexOf(stuck) + 1;
  return plain<string>(
    `Step ${position} of ${request.progress.length}, ${lowerFirst(stepTitles[stuck.name])}, did not work`,
  );
}

const isDone = (request: Request, name: StepProgress['name']): boolean =>
  request.progress.some((step) => step.name === name && step.state === 'done');

/** What this request did to the agent's key. What others did is not known here: the agent may be gone. */
function summaryOf(request: Request): CardText {
  if (isDone(request, 'set-cmk')) return plain('The agent may already be under the new key. It could not be proved.');
  const tried = request.progress.some((step) => step.name === 'set-cmk' && step.attempt > 0);
  return tried
    ? plain('Setting the agent’s key did not end well. Whether it changed is not proved.')
    : plain('The agent’s key was not changed by this request.');
}

function stepRow(request: Request, progress: StepProgress): Row {
  const step = request.plan.steps.find((one) => one.name === progress.name);
  const title = plain(stepTitles[progress.name]);
  if (progress.state === 'done') {
    return step?.reversibility === 'irreversible'
      ? row(marks.done, title, [coloured(plain('▲ Irreversible: stays on'), 'Attention')])
      : row(marks.done, title, [grey(plain(progress.name === 'verify' ? 'Done' : 'Done, stays'))]);
  }
  if (progress.state === 'failed') {
    return row(marks.bad, title, [grey(plain<string>(`Not done: ${countOf(progress.attempt, 'try', 'tries')}`))]);
  }
  return row(marks.idle, title, [grey(plain('Not done'))], { nameSubtle: true });
}

/** The check that stopped the run before its first change; null when it was Azure that said no. */
function blockOf(failure: Failure): CheckWords | null {
  const code = CheckCode.safeParse(failure.code).data;
  return code === undefined ? null : checkWords({ outcome: 'block', code, fact: failure.message });
}

const azureCode = (failure: Failure): CardText =>
  plain<string>(failure.status === null ? failure.code : `${failure.status} ${failure.code}`);

/** Needs attention: what failed, Azure's words, how to mend it, Retry and Give up. Failed: the same without a way on. */
export function attentionCard(request: NeedsAttention | Failed, names: Names, header: RequestHeader): AdaptiveCard {
  const { failure } = request;
  const stuck = request.progress.find((step) => step.state === 'failed');
  const done = request.progress.filter((step) => step.state === 'done').length;
  const canDecide = request.state === 'needs-attention';
  const block = failure === null ? null : blockOf(failure);
  const words = failure === null || block !== null ? nothing : plainLines(failure.message, 2000);
  const mend = block?.mend ?? (failure === null ? '' : mendWords(failure));
  return renderCard('status-attention', {
    ...header,
    headline: headlineOf(request, stuck, block),
    summary: block === null ? summaryOf(request) : plain<string>(`${block.title} ${block.text}`),
    azureCode: failure === null || block !== null ? nothing : azureCode(failure),
    azureWords: words,
    azureInFull: words.length > 260 ? words : nothing,
    mend: mend === '' ? nothing : md`${bold('To mend it:')} ${plain(mend, 500)}`,
    canDecide,
    facts: [
      { title: plain('Correlation'), value: plain(failure?.correlationId ?? 'none given') },
      { title: plain('Last try'), value: dateAndTime(new Date(stuck?.endedAt ?? request.changedAt)) },
      { title: plain('Plan'), value: plain<string>(shortDigest(request.digest)) },
    ],
    consequence: canDecide
      ? plain<string>(
          `Retry goes on where it stopped. Give up ends the request and leaves ${countOf(done, 'finished step', 'finished steps')} as ${done === 1 ? 'it is' : 'they are'}.`,
        )
      : nothing,
    stepsTitle: plain<string>(`${countOf(done, 'step', 'steps')} done, ${request.progress.length - done} not`),
    steps: request.progress.map((step) => stepRow(request, step)),
    note:
      request.state === 'failed'
        ? md`${plain(names(request.ended.by))} gave up ${dateAndTime(new Date(request.ended.at))}.`
        : nothing,
  });
}
