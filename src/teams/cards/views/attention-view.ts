/** The card of a request that needs attention, or that was ended after a failure. */
import { shortDigest } from '../../../domain/digest.ts';
import { type Failure, receiptOf } from '../../../domain/failure.ts';
import type { EarlierStep, Failed, NeedsAttention, Request, StepProgress } from '../../../domain/request/request.ts';
import { endOfRun, type StepStatus, stepStatus } from '../../../domain/request/step-status.ts';
import type { CheckWords } from '../../../domain/words.ts';
import { operationOf } from '../../../operations/registry.ts';
import {
  attentionHeadlineWords,
  attentionRemedy,
  earlierStepWords,
  keyFateWords,
  stepStatusWords,
  stoppedAttemptWords,
  stoppedOf,
} from '../../../text/attention.ts';
import { checkWords } from '../../../text/checks.ts';
import { expectedWords, isReadBack, messageOf, sourceWords } from '../../../text/failures.ts';
import { assignmentCommand } from '../../../text/permission-remedies.ts';
import { completedTitles, stepWords, stepWordsIn, titlesOf } from '../../../text/steps.ts';
import type { Names } from '../../../text/words.ts';
import {
  bold,
  type CardText,
  dateAndTime,
  joinText,
  md,
  nothing,
  plain,
  plainLines,
  sentences,
  time,
} from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { fact, grey, marks, type Row, row } from '../row.ts';
import { commandFields } from './parts.ts';
import { peopleTexts } from './people-texts.ts';
import { type CardContext, mayAskAgain, maySettle } from './reader.ts';
import { requestHeaderOf } from './state-line.ts';

type AtRest = NeedsAttention | Failed;

export const attentionHeadline = (request: AtRest, names: Names): CardText =>
  plain(attentionHeadlineWords(request, names));

/** Returns the step in which the run ended. Failures of earlier runs don't count. */
function stuckStep(request: AtRest): StepProgress | undefined {
  const end = endOfRun(request);
  return end.at === 'step' ? end.step : undefined;
}

const stepMarks = {
  'not-started': marks.idle,
  running: marks.now,
  waiting: marks.now,
  refused: marks.bad,
  unknown: marks.warn,
  verified: marks.done,
} as const satisfies Record<StepStatus['kind'], unknown>;

const stepRow = (request: Request, step: StepProgress): Row =>
  row(stepMarks[stepStatus(request, step).kind], plain(stepWordsIn(request.plan, step.name).title), [
    grey(plain(stepStatusWords(request, step))),
  ]);

const earlierRow = (earlier: EarlierStep): Row => {
  const { step, isConfirmed } = earlier;
  const { title } = stepWords(step.name, step.effects);
  return row(isConfirmed ? marks.done : marks.warn, plain(title), [grey(plain(earlierStepWords(earlier)))]);
};

/** Returns the check that stopped the run; null for other causes. */
const blockOf = (failure: Failure): CheckWords | null =>
  failure.source === 'bot' && failure.found.code === 'blocked' ? checkWords(failure.found.check) : null;

/** About six lines on a phone. */
const longestWords = 220;

/** Returns the bot's own finding, which is shown before the remedy. Null for other sources and long texts. */
function ownWords(failure: Failure | null): string | null {
  if (failure?.source !== 'bot' || blockOf(failure) !== null || stoppedOf(failure) !== null) return null;
  const message = messageOf(failure).trim();
  return isReadBack(failure) || message.length > longestWords ? null : message;
}

/** Returns the message's source failure; for a stopped run, that of the step that was stopped. */
function failureMessages(request: AtRest): Failure | null {
  if (stoppedOf(request.failure) !== null) return stuckStep(request)?.failure ?? null;
  const { failure } = request;
  return failure === null || blockOf(failure) !== null || ownWords(failure) !== null ? null : failure;
}

function wordsOf(request: AtRest) {
  const failure = failureMessages(request);
  if (failure === null) {
    return { source: nothing, font: 'Default' as const, words: nothing, expected: nothing };
  }
  const message = messageOf(failure);
  const expected = expectedWords(failure);
  return {
    source: plain(sourceWords(failure)),
    font: failure.source === 'bot' ? ('Default' as const) : ('Monospace' as const),
    words: plainLines(message, 3000),
    expected: expected === null ? nothing : md`${bold('Expected:')} ${plain(expected)}`,
  };
}

function factsOf(request: AtRest) {
  const correlation = request.failure === null ? null : receiptOf(request.failure).correlationId;
  return [
    ...(correlation === null ? [] : [fact('Correlation', plain(correlation))]),
    fact('Last attempt', dateAndTime(new Date(stuckStep(request)?.endedAt ?? request.changedAt))),
    fact('Plan digest', plain(shortDigest(request.digest))),
  ];
}

function giveUpWords(request: Request): CardText {
  const completed = completedTitles(request).join(', ');
  return plain(
    completed === ''
      ? 'This ends the request. No step is completed.'
      : `This ends the request. Completed changes stay in Azure: ${completed}.`,
    500,
  );
}

/** After the request has ended, only a new request helps. */
function remedyOf(request: AtRest, context: CardContext): CardText {
  if (mayAskAgain(request, context)) return plain('If you request it again, completed steps aren’t repeated.');
  if (request.state !== 'failed') return helpOf(request).remedy;
  const { typed } = operationOf(request.plan.spec);
  return md`To request it again, type ${bold(typed.name)}. Completed steps aren’t repeated.`;
}

/** Returns what to do while the request needs attention, with the command for the person who can assign a missing role. */
export const helpOf = (request: Request) => {
  const stuck = request.state === 'needs-attention' ? request : null;
  const remedy = stuck === null ? '' : attentionRemedy(stuck);
  return {
    remedy: remedy === '' ? nothing : sentences(remedy),
    ...commandFields((stuck === null ? null : assignmentCommand(stuck.failure)) ?? ''),
  };
};

const isIdle = (progress: StepProgress): boolean => progress.state === 'planned' || progress.state === 'waiting';

/** One row for each step of an earlier plan and each step that was tried, and one row for all others. */
function stepRows(request: Request): Row[] {
  const idle = titlesOf(request, isIdle).join(', ');
  return [
    ...request.earlier.map(earlierRow),
    ...request.progress.filter((progress) => !isIdle(progress)).map((progress) => stepRow(request, progress)),
    ...(idle === '' ? [] : [row(marks.idle, plain('Not started'), [grey(plain(idle))])]),
  ];
}

/** `1 completed, 1 failed, 3 not started` */
function countsOf(request: Request): CardText {
  const kinds = [
    ...request.earlier.map(({ isConfirmed }) => (isConfirmed ? 'verified' : 'unknown')),
    ...request.progress.map((step) => stepStatus(request, step).kind),
  ];
  const count = (...wanted: readonly StepStatus['kind'][]) => kinds.filter((kind) => wanted.includes(kind)).length;
  const parts: readonly (readonly [number, string])[] = [
    [count('verified'), 'completed'],
    [count('refused'), 'failed'],
    [count('unknown'), 'not confirmed'],
    [count('not-started'), 'not started'],
  ];
  return plain(
    parts
      .filter(([n]) => n > 0)
      .map(([n, word]) => `${n} ${word}`)
      .join(', '),
  );
}

/** Returns what the bot was doing, because the message of another service doesn't say it. */
const doingWords = (request: AtRest): string =>
  request.failure === null || request.failure.source === 'bot' || endOfRun(request).at !== 'check'
    ? ''
    : `The bot was ${request.failure.doing}.`;

function causeAndSummary(request: AtRest): CardText {
  const { failure } = request;
  const block = failure === null ? null : blockOf(failure);
  const cause = block === null ? (ownWords(failure) ?? '') : `${block.title} ${block.text}`;
  const parts = [cause, doingWords(request), stoppedAttemptWords(request), keyFateWords(request)];
  return joinText(
    parts.map((part) => plain(part, 600)),
    ' ',
  );
}

const takenOnOf = (request: AtRest, { names }: CardContext): CardText =>
  request.state === 'failed' || request.takenOn === null
    ? nothing
    : md`${bold(names(request.takenOn.by))} is on it since ${time(new Date(request.takenOn.at))}.`;

function takeOnOf(request: AtRest, { reader }: CardContext) {
  const holder = request.takenOn?.by ?? null;
  const viewer = reader.kind === 'requester' ? request.requester : 'id' in reader ? reader.id : null;
  if (request.state === 'failed') return { takeOn: nothing, takeOnVerb: nothing };
  return holder !== null && holder === viewer
    ? { takeOn: plain('No longer on it'), takeOnVerb: plain('request.release') }
    : { takeOn: plain(holder === null ? 'I’m on it' : 'Take over'), takeOnVerb: plain('request.take-on') };
}

/** Needs attention: the failure, its source, the remedy, Retry and End request. Failed: the same without buttons. */
export function attentionCard(request: AtRest, context: CardContext): AdaptiveCard {
  const waits = request.state === 'needs-attention';
  return renderCard('status-attention', {
    ...requestHeaderOf(request, context),
    boxStyle: waits ? ('attention' as const) : ('emphasis' as const),
    headline: attentionHeadline(request, context.names),
    summary: causeAndSummary(request),
    ...wordsOf(request),
    ...helpOf(request),
    remedy: remedyOf(request, context),
    canAskAgain: mayAskAgain(request, context),
    canDecide: waits && maySettle(context),
    decides:
      waits && !maySettle(context)
        ? md`${plain(context.names(request.requester))}, an approver or an operator can retry or end this request.`
        : nothing,
    takenOn: takenOnOf(request, context),
    ...takeOnOf(request, context),
    facts: factsOf(request),
    giveUp: waits && maySettle(context) ? giveUpWords(request) : nothing,
    stepsTitle: md`Progress: ${countsOf(request)}`,
    steps: stepRows(request),
    said: peopleTexts(request, context.names),
  });
}
