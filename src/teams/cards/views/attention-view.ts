/** The card of a request that a person has to look at, or that somebody gave up. */
import { shortDigest } from '../../../domain/digest.ts';
import { type Failure, receiptOf } from '../../../domain/failure.ts';
import {
  type Failed,
  keyProgress,
  type NeedsAttention,
  type Request,
  type StepProgress,
} from '../../../domain/request/request.ts';
import { operationOf } from '../../../operations/registry.ts';
import type { CheckWords } from '../../../text/check-words.ts';
import { checkWords } from '../../../text/checks.ts';
import { countOf } from '../../../text/count.ts';
import { expectedWords, isReadBack, messageOf, sourceWords } from '../../../text/failures.ts';
import type { Names } from '../../../text/names.ts';
import { remedyWords } from '../../../text/remedies.ts';
import { saidInShort } from '../../../text/said.ts';
import { stepWordsIn } from '../../../text/steps.ts';
import { coloured, grey, marks, type Row, row } from '../data/row.ts';
import { bold, type CardText, dateAndTime, md, nothing, plain, plainLines } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { type CardContext, mayAskAgain, maySettle } from './reader.ts';
import { requestHeaderOf } from './request-header.ts';
import { saidOf } from './said.ts';
import { stoppedBy, stoppedOf } from './stop-view.ts';

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** The step that stopped the run, where it was one; another of its stage may not be done either. */
function stuckStep(request: NeedsAttention | Failed): StepProgress | undefined {
  const failed = request.progress.filter((step) => step.state === 'failed');
  return failed.find((step) => step.name === request.step) ?? failed[0];
}

/** Whether this request changed something in Azure, or might have: in any of its runs. */
const hasChanged = ({ progress }: Request): boolean =>
  progress.some(({ done, tries, untouched }) => (done === null ? tries > 0 && !untouched : !done.already));

/** `enable identity, grant key access` */
const doneTitles = ({ plan, progress }: Request): string =>
  progress
    .filter(({ state }) => state === 'done')
    .map(({ name }) => lowerFirst(stepWordsIn(plan, name).title))
    .join(', ');

function stoppedByCheck(request: NeedsAttention | Failed): string {
  if (!hasChanged(request)) return 'A check stopped the run before its first change';
  const titles = doneTitles(request);
  return titles === '' ? 'A check stopped the run' : `A check stopped the run. Already done: ${titles}`;
}

/** What happened, in one line. */
export function attentionHeadline(request: NeedsAttention | Failed, names: Names): CardText {
  const { failure } = request;
  const stopped = stoppedOf(failure);
  if (stopped !== null) return plain<string>(`${stoppedBy(stopped, names)} stopped the run between two steps`);
  const stuck = stuckStep(request);
  if (failure !== null && blockOf(failure) !== null) return plain<string>(stoppedByCheck(request));
  if (stuck === undefined) return plain('The run was stopped');
  const position = request.progress.indexOf(stuck) + 1;
  return plain<string>(
    `Step ${position} of ${request.progress.length}, ${lowerFirst(stepWordsIn(request.plan, stuck.name).title)}, did not work`,
  );
}

/** What this request did to the agent's key. What others did is not known here: the agent may be gone. */
function summaryOf(request: Request): CardText {
  const step = keyProgress(request);
  if (step?.state === 'done') return plain('The agent may already be under the new key. It could not be proved.');
  const isKnown = step === undefined || step.attempt === 0 || (step.untouched && step.state !== 'running');
  return isKnown
    ? plain('The agent’s key was not changed by this request.')
    : plain('Azure did not confirm the change of the agent’s key. Whether it changed is not proved.');
}

function stepRow(request: Request, progress: StepProgress): Row {
  const step = request.plan.steps.find((one) => one.name === progress.name);
  const title = plain(stepWordsIn(request.plan, progress.name).title);
  if (progress.state === 'done') {
    return step?.reversibility === 'irreversible'
      ? row(marks.done, title, [coloured(plain('▲ Irreversible: stays on'), 'Attention')])
      : row(marks.done, title, [grey(plain(progress.name === 'verify' ? 'Done' : 'Done, stays'))]);
  }
  if (progress.state === 'failed') {
    return row(marks.bad, title, [grey(plain<string>(`Not done: ${countOf(progress.tries, 'try', 'tries')}`))]);
  }
  if (progress.state === 'running') {
    return row(marks.warn, title, [grey(plain('Begun. Whether it is done is not known.'))]);
  }
  return row(marks.idle, title, [grey(plain('Not done'))]);
}

/** The check that stopped the run; null when it was something else. */
const blockOf = (failure: Failure): CheckWords | null =>
  failure.source === 'bot' && failure.found.code === 'blocked' ? checkWords(failure.found.check) : null;

/** About six lines on a phone. */
const longestWords = 220;

/** What the bot found by itself, in its own words: the cause, which stands before what to do. Null for others' words, and long ones. */
function ownWords(failure: Failure | null): string | null {
  if (failure?.source !== 'bot' || blockOf(failure) !== null || stoppedOf(failure) !== null) return null;
  const message = messageOf(failure).trim();
  return isReadBack(failure) || message.length > longestWords ? null : message;
}

/** Who says what, and what was expected. Nothing for a check, whose words are the summary, nor for whom the headline names. */
function wordsOf(failure: Failure | null) {
  if (failure === null || blockOf(failure) !== null || stoppedOf(failure) !== null || ownWords(failure) !== null) {
    return { source: nothing, font: 'Default' as const, words: nothing, expected: nothing, inFull: nothing };
  }
  const [message, expected] = [messageOf(failure), expectedWords(failure)];
  return {
    source: plain<string>(sourceWords(failure)),
    font: failure.source === 'bot' ? ('Default' as const) : ('Monospace' as const),
    words: plainLines(saidInShort(failure, longestWords)),
    expected: expected === null ? nothing : md`${bold('Expected:')} ${plain(expected)}`,
    inFull: message.length > longestWords ? plainLines(message) : nothing,
  };
}

function factsOf(request: NeedsAttention | Failed) {
  const correlation = request.failure === null ? null : receiptOf(request.failure).correlationId;
  return [
    ...(correlation === null ? [] : [{ title: plain('Correlation'), value: plain(correlation) }]),
    {
      title: plain('Last try'),
      value: dateAndTime(new Date(stuckStep(request)?.endedAt ?? request.changedAt)),
    },
    { title: plain('Plan'), value: plain<string>(shortDigest(request.digest)) },
  ];
}

/** What giving up leaves behind. */
function giveUpWords(request: Request): CardText {
  const done = request.progress.filter(({ state }) => state === 'done').length;
  const stays = `${countOf(done, 'step stays', 'steps stay')} done: ${doneTitles(request)}.`;
  return plain<string>(`The request ends. ${done === 0 ? 'No step is done.' : stays}`, 500);
}

/** What to do about it. After giving up there is no way on but a new request. */
function remedyOf(request: NeedsAttention | Failed, context: CardContext): CardText {
  const { state, failure, plan } = request;
  if (mayAskAgain(request, context)) return plain('What is done is not done twice when it is asked for again.');
  const { typed } = operationOf(plan.wish);
  if (state === 'failed') return md`To ask again, type ${bold(typed.name)}. What is done is not done twice.`;
  const remedy = failure === null ? '' : remedyWords(failure);
  return remedy === '' ? nothing : md`${bold('What to do:')} ${plain(remedy, 500)}`;
}

const isIdle = (progress: StepProgress): boolean => progress.state === 'planned' || progress.state === 'waiting';

/** What was tried, a row each; what was not, in one. */
function stepRows(request: Request): Row[] {
  const idle = request.progress.filter(isIdle).map(({ name }) => stepWordsIn(request.plan, name).title);
  const rest = idle.map((title, n) => (n === 0 ? title : lowerFirst(title))).join(', ');
  return [
    ...request.progress.filter((progress) => !isIdle(progress)).map((progress) => stepRow(request, progress)),
    ...(idle.length === 0 ? [] : [row(marks.idle, plain('Not done'), [grey(plain<string>(rest))])]),
  ];
}

/** The cause where it is the bot's own finding, and what became of the agent's key. */
function causeAndSummary(request: NeedsAttention | Failed): CardText {
  const { failure } = request;
  const block = failure === null ? null : blockOf(failure);
  if (block !== null) return plain<string>(`${block.title} ${block.text}`);
  const own = ownWords(failure);
  return own === null ? summaryOf(request) : md`${plain<string>(own)} ${summaryOf(request)}`;
}

/** Needs attention: what failed, in whose words, how to mend it, Retry and Give up. Failed: the same without a way on. */
export function attentionCard(request: NeedsAttention | Failed, context: CardContext): AdaptiveCard {
  const { failure, progress } = request;
  const done = progress.filter((step) => step.state === 'done').length;
  const waits = request.state === 'needs-attention';
  return renderCard('status-attention', {
    ...requestHeaderOf(request, context),
    headline: attentionHeadline(request, context.names),
    summary: causeAndSummary(request),
    ...wordsOf(failure),
    mend: remedyOf(request, context),
    canAskAgain: mayAskAgain(request, context),
    canDecide: waits && maySettle(context),
    decides:
      waits && !maySettle(context)
        ? md`${plain(context.names(request.requester))} or an approver decides whether it is tried again.`
        : nothing,
    facts: factsOf(request),
    giveUp: waits && maySettle(context) ? giveUpWords(request) : nothing,
    stepsTitle: plain<string>(`${countOf(done, 'step', 'steps')} done, ${progress.length - done} not`),
    steps: stepRows(request),
    said: saidOf(request, context.names),
  });
}
