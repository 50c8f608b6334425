/** The status card, for everyone in the conversation. */

import { shortDigest } from '../../../domain/digest.ts';
import type { Failure } from '../../../domain/failure.ts';
import type { PlannedStep, StepName } from '../../../domain/plan.ts';
import {
  hasEnded,
  isAtRest,
  isBeforeRun,
  isUnderWay,
  type Request,
  type StepProgress,
} from '../../../domain/request/request.ts';
import { upperFirst } from '../../../domain/strings.ts';
import { operationOf } from '../../../operations/registry.ts';
import { stepStatusWords } from '../../../text/attention.ts';
import { reapprovalReasons } from '../../../text/events.ts';
import { excerptOf } from '../../../text/excerpt.ts';
import { sourceWords } from '../../../text/failures.ts';
import { durationWords, fromNow, shortDuration } from '../../../text/instants.ts';
import { interruptedWords, stepTable, stepWords } from '../../../text/steps.ts';
import { usualInAll, usualWords, waitingWords } from '../../../text/waiting.ts';
import { countOf } from '../../../text/words.ts';
import { bold, type CardText, dateAndTime, joinText, md, nothing, plain, plainLines, time } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { coloured, fact, grey, type Line, marks, type Row, row, type Section } from '../row.ts';
import { attentionCard } from './attention-view.ts';
import { differenceRows } from './difference.ts';
import { changeLine } from './parts.ts';
import { endedBy, peopleTexts } from './people-texts.ts';
import { type CardContext, mayAskAgain, mayChange, type TimeLimits } from './reader.ts';
import { earlierRun, pausedTexts, requestHeaderOf, startWords, stopOffer, stoppingNote } from './state-line.ts';
import { succeededCard } from './succeeded-view.ts';

/** Shorter waits aren't shown. */
const worthSaying = 10_000;

const sinceFirst = ({ startedAt }: StepProgress, now: Date): number =>
  startedAt === null ? 0 : Math.max(0, now.getTime() - Date.parse(startedAt));

function elapsedWords(progress: StepProgress, { now }: TimeLimits): CardText {
  const ms = sinceFirst(progress, now);
  return plain(ms < 1_000 ? 'just started' : shortDuration(ms));
}

function limitWords({ attempt }: StepProgress, { next }: Failure, { retry }: TimeLimits): string {
  return next === 'retry-until'
    ? `Attempt ${attempt} failed. The bot keeps trying for up to ${durationWords(retry.spreadWithinMs)}`
    : `Attempt ${attempt} of up to ${retry.waitAttempts} failed`;
}

const needsRole = (failure: Failure): boolean => failure.source === 'bot' && failure.found.code === 'role-needed';

/** For a step that is retried automatically. Shows the remaining time, because times in Teams have no seconds. */
function waitingLines(progress: StepProgress, timeLimits: TimeLimits): Line[] {
  const { failure, retryAt, name } = progress;
  if (failure === null || retryAt === null) return [];
  const left = Date.parse(retryAt) - timeLimits.now.getTime();
  const when = left < 1000 ? 'now' : `in ${shortDuration(left)}`;
  return [
    { ...grey(plain(waitingWords(failure))), subtle: false },
    ...(needsRole(failure)
      ? [
          coloured(plain(`The bot checks ${stepTable[name].checked} again ${when}.`), 'Accent', 'Default'),
          grey(
            plain(
              `It checks for up to ${durationWords(timeLimits.retry.spreadWithinMs)}. Then the request needs attention.`,
            ),
          ),
        ]
      : [
          coloured(
            plain(`Next attempt ${when}. The bot checks ${stepTable[name].checked} first.`),
            'Accent',
            'Default',
          ),
          grey(plain(`${limitWords(progress, failure, timeLimits)}. You don’t need to do anything.`)),
        ]),
  ];
}

/** For a step that runs in Azure: the usual duration and, after a while, how it is polled. */
function runningLines(progress: StepProgress, running: string, timeLimits: TimeLimits): Line[] {
  const { everyMs, atMostMs } = timeLimits.poll;
  const tries = progress.attempt > 1 ? ` Attempt ${progress.attempt}.` : '';
  return [
    grey(plain(`${running} ${usualWords(progress.name)}${tries}`)),
    ...(sinceFirst(progress, timeLimits.now) < worthSaying
      ? []
      : [
          grey(
            plain(
              `The bot checks ${stepTable[progress.name].checked} every ${shortDuration(everyMs)}, for up to ${shortDuration(atMostMs)}.`,
            ),
          ),
        ]),
  ];
}

const irreversible = (step: PlannedStep | undefined): boolean =>
  step?.reversibility === 'irreversible' && step.effects.length > 0;

const wordsOf = ({ name }: StepProgress, step: PlannedStep | undefined) => stepWords(name, step?.effects ?? []);

const howItCame = ({ already, interrupted }: StepProgress): string => {
  if (already) return 'Nothing to change: it was already so. ';
  return interrupted ? `${interruptedWords}. ` : '';
};

function doneRow(progress: StepProgress, step: PlannedStep | undefined): Row {
  const { title, readBack } = wordsOf(progress, step);
  const lines: Line[] = [
    grey(plain(`${howItCame(progress)}${readBack}`)),
    ...(irreversible(step) ? [grey(plain('Can’t be undone.'))] : []),
  ];
  const [from, to] = [progress.startedAt, progress.endedAt].map((at) => (at === null ? null : Date.parse(at)));
  const took = from == null || to == null ? nothing : plain(shortDuration(to - from));
  return row(marks.done, plain(title), lines, { time: took });
}

const nowRow = (title: CardText, lines: readonly Line[], progress: StepProgress, timeLimits: TimeLimits): Row =>
  row(marks.now, title, lines, { nameWeight: 'Bolder', time: elapsedWords(progress, timeLimits) });

type Context = Pick<CardContext, 'paused' | 'timeLimits'>;

function progressRow(
  request: Request,
  progress: StepProgress,
  step: PlannedStep | undefined,
  { paused, timeLimits }: Context,
): Row {
  const words = wordsOf(progress, step);
  const title = plain(words.title);
  switch (progress.state) {
    case 'planned':
      return row(marks.idle, title, [], { nameSubtle: true });
    case 'running':
      if (paused)
        return row(marks.idle, title, [grey(plain('Started before the pause. The bot checks it after the pause.'))]);
      return nowRow(title, runningLines(progress, words.running, timeLimits), progress, timeLimits);
    case 'waiting':
      return nowRow(title, waitingLines(progress, timeLimits), progress, timeLimits);
    case 'done':
      return progress.run < request.runs
        ? row(marks.done, title, [grey(plain(stepStatusWords(request, progress)))])
        : doneRow(progress, step);
    case 'failed':
      return row(marks.idle, title, [grey(plain(stepStatusWords(request, progress)))]);
  }
}

const aboutTo = ({ name }: StepProgress): string => `Starts next. ${usualWords(name)}`;

/** Returns the next step if none is running, so that people see it between two steps. */
function upNext(request: Request, { paused }: Context): StepName | null {
  const isBusy = request.progress.some(({ state }) => state === 'running' || state === 'waiting');
  if (request.state !== 'running' || paused || request.stop !== null || isBusy) return null;
  return request.progress.find(({ state }) => state === 'planned' || state === 'failed')?.name ?? null;
}

function progressRows(request: Request, context: Context): { readonly row: Row; readonly isNow: boolean }[] {
  const next = upNext(request, context);
  return request.progress.map((progress) => {
    const step = request.plan.steps.find((one) => one.name === progress.name);
    const isNext = progress.name === next;
    const isBusy = progress.state === 'running' || progress.state === 'waiting';
    return {
      isNow: isNext || (isBusy && !context.paused),
      row: isNext
        ? row(marks.now, plain(wordsOf(progress, step).title), [grey(plain(aboutTo(progress)))], {
            nameWeight: 'Bolder',
          })
        : progressRow(request, progress, step, context),
    };
  });
}

function progressSections(request: Request, context: Context): Section[] {
  const sections: Section[] = [];
  for (const { row: one, isNow } of progressRows(request, context)) {
    const last = sections.at(-1);
    if (last === undefined || last.boxed !== isNow) sections.push({ title: nothing, boxed: isNow, rows: [one] });
    else last.rows.push(one);
  }
  return sections;
}

/** Returns how long steps ran; parallel ones count once. */
function workedMs({ progress }: Request, now: Date): number {
  const spans = progress
    .filter(({ state, startedAt }) => startedAt !== null && ['done', 'running', 'waiting'].includes(state))
    .map(({ startedAt, endedAt, state }) => ({
      from: Date.parse(startedAt ?? ''),
      to: state === 'done' && endedAt !== null ? Date.parse(endedAt) : now.getTime(),
    }))
    .sort((one, other) => one.from - other.from);
  let until = 0;
  return spans.reduce((sum, { from, to }) => {
    const more = Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
    return sum + more;
  }, 0);
}

/** Returns the progress of a run, and its duration compared with the usual one; none in other states. */
function progressBar(request: Request, { timeLimits }: Pick<Context, 'timeLimits'>) {
  const { state, progress } = request;
  if (state !== 'running') return { stepsDone: 0, stepsOf: 0, elapsed: nothing };
  const stepsOf = progress.length;
  const stepsDone = progress.filter((one) => one.state === 'done').length;
  const usually = usualInAll(progress.map(({ name }) => name));
  return {
    stepsDone,
    stepsOf,
    elapsed: plain(`${shortDuration(workedMs(request, timeLimits.now))} so far. ${usually}`),
  };
}

/** About twelve lines on a phone; the audit channel and the command line have the whole text. */
const longestWords = 600;

/** Returns the messages of retried steps and their sources, for a collapsed section. */
const failureMessages = (request: Request): { readonly source: CardText; readonly words: CardText }[] =>
  request.progress.flatMap(({ state, failure }) =>
    state !== 'waiting' || failure === null
      ? []
      : [{ source: plain(sourceWords(failure)), words: plainLines(excerptOf(failure, longestWords)) }],
  );

const startFacts = ({ notBefore }: Request) =>
  notBefore === null ? [] : [fact('Starts', md`${dateAndTime(new Date(notBefore))} or later`)];

const endedNote = (request: Request): CardText => {
  const ended = md`Ended ${dateAndTime(new Date(request.changedAt))}.`;
  return request.touched ? md`${earlierRun(request)} ${ended}` : ended;
};

function noteOf(request: Request, context: CardContext): CardText {
  const { names, paused, timeLimits } = context;
  if (isAtRest(request)) return endedNote(request);
  if (request.state === 'awaiting-approval')
    return request.touched ? earlierRun(request) : plain('Nothing has been changed in Azure.');
  if (request.state !== 'running') return startWords(request, context);
  if (paused) return joinText([stoppingNote(request, names), plain(pausedTexts[paused].during)], ' ');
  if (request.stop !== null) return stoppingNote(request, names);
  return md`Updated ${time(timeLimits.now)}. This card updates automatically.`;
}

const escalationFact = ({ escalated }: Request) =>
  escalated === null
    ? []
    : [
        fact(
          'Escalated',
          md`${dateAndTime(new Date(escalated.at))}, to ${plain(countOf(escalated.people, 'person', 'people'))}`,
        ),
      ];

/** Who must decide, and the deadline. */
function factsOf(request: Request, { awaited, timeLimits }: CardContext) {
  if (request.state !== 'awaiting-approval') return [];
  const { expiresAt } = request.policy;
  return [
    fact('Decide by', md`${dateAndTime(new Date(expiresAt))} (${plain(fromNow(expiresAt, timeLimits.now))})`),
    ...startFacts(request),
    fact('Waiting for', plain(awaited)),
    ...(request.remindedAt === null ? [] : [fact('Reminder sent', dateAndTime(new Date(request.remindedAt)))]),
    ...escalationFact(request),
  ];
}

function sectionsOf(request: Request, context: CardContext): Section[] {
  if (isUnderWay(request)) return progressSections(request, context);
  const differences = request.state === 'awaiting-approval' ? differenceRows(request) : [];
  const title = request.changedFrom === null ? 'Changes since the approval' : 'What was edited';
  return differences.length === 0 ? [] : [{ title: plain(title), boxed: false, rows: differences }];
}

const movedHeadline = (request: Request): CardText => {
  if (request.state !== 'awaiting-approval') return nothing;
  if (request.changedFrom !== null) return plain('The requester edited this request. It needs approval again.');
  if (request.replaced === null) return nothing;
  return plain(`${upperFirst(reapprovalReasons[request.replaced.reason])}. The request needs approval again.`);
};

function plainStatus(request: Request, context: CardContext): AdaptiveCard {
  const { names, reader } = context;
  const without = hasEnded(request);
  return renderCard('status', {
    ...requestHeaderOf(request, context),
    change: without ? nothing : changeLine(request.plan),
    headline: movedHeadline(request),
    said: peopleTexts(request, names),
    ended: joinText(endedBy(request, names), ' '),
    peopleTitle: plain(request.approvals.length > 0 ? 'Reason and approvals' : 'Reason'),
    plan: plain(`Plan digest ${shortDigest(request.digest)}`),
    noteIsSmall: request.state === 'running' && request.stop === null && !context.paused,
    nothingChanged: without && !request.touched,
    again:
      without && !mayAskAgain(request, context)
        ? md`To request it again, type ${bold(operationOf(request.plan.spec).typed.name)}`
        : nothing,
    canAskAgain: mayAskAgain(request, context),
    facts: factsOf(request, context),
    ...progressBar(request, context),
    sections: sectionsOf(request, context),
    told: request.state === 'running' ? failureMessages(request) : [],
    note: noteOf(request, context),
    stop: stopOffer(request, context),
    canRemind: request.state === 'awaiting-approval' && reader.kind === 'requester',
    canChange: mayChange(request, context),
    canCancel: isBeforeRun(request) && reader.kind === 'requester',
    canRefresh: !without,
  });
}

export function statusCard(request: Request, context: CardContext): AdaptiveCard {
  if (request.state === 'succeeded') return succeededCard(request, context);
  return request.state === 'needs-attention' || request.state === 'failed'
    ? attentionCard(request, context)
    : plainStatus(request, context);
}
