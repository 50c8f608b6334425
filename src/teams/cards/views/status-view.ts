/** The status card: where the request stands, for everybody who can see it. */

import { shortDigest } from '../../../domain/digest.ts';
import { highestProof } from '../../../domain/proof.ts';
import type { Failed, NeedsAttention, Request, StepProgress, Succeeded } from '../../../domain/request/request.ts';
import { startsAt } from '../../../domain/request/start-window.ts';
import { operationOf, workOf } from '../../../operations/registry.ts';
import { durationWords } from '../../../words/duration.ts';
import { askedAgainWords } from '../../../words/events.ts';
import type { Names } from '../../../words/names.ts';
import { shortVersion } from '../../../words/places.ts';
import { effectWords, interruptedWords, notCheckedWords, proofWords, stepWords } from '../../../words/steps.ts';
import { grey, type Line, marks, numberedRow, type Row, row } from '../data/row.ts';
import { bold, type CardText, dateAndTime, joinText, md, nothing, plain, quoted, time } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { approvalComments, commentLines } from './approval-comments.ts';
import { attentionCard } from './attention-view.ts';
import { differenceRows } from './difference.ts';
import { changeLine, notesOf, reversibilityLines, upperFirst } from './parts.ts';
import { progressBar, progressRows, toldOf } from './progress.ts';
import { type CardContext, mayAskAgain, type Patience } from './reader.ts';
import { requestHeaderOf } from './request-header.ts';
import { stopOffer, stoppingNote } from './stop-view.ts';

const decidedWithoutChange = ['rejected', 'cancelled', 'expired'];

/** What follows an approval. */
export function startWords(request: Request, paused: boolean): CardText {
  const starts = startsAt(request);
  if (paused) return plain('The bot is paused: no changes start until an operator ends the pause.');
  const first = 'Everything is looked at once more, then the changes start';
  return starts === null ? plain<string>(`${first}.`) : md`${plain<string>(first)}: ${dateAndTime(new Date(starts))}.`;
}

/** The start that somebody chose, as a fact of the request. */
export const startFacts = ({ notBefore }: Request) =>
  notBefore === null ? [] : [{ title: plain('Starts'), value: md`not before ${dateAndTime(new Date(notBefore))}` }];

/** A run that the pause came upon. */
export const pausedWords =
  'The bot is paused: nothing more is changed in Azure until an operator ends the pause. Then the run goes on by itself.';

/** How it ended, where it ended without a run of its plan; empty for every other state. */
export function endedWords(request: Request, names: Names): CardText {
  switch (request.state) {
    case 'rejected': {
      const { by, comment, commentErased } = request.ended;
      const name = names(by);
      if (commentErased) return md`${bold(name)} rejected it. Their comment was erased.`;
      return comment === null ? md`${bold(name)} rejected it.` : md`${bold(`${name}:`)} ${quoted(comment)}`;
    }
    case 'cancelled':
      return md`${bold(names(request.ended.by))} cancelled it.`;
    case 'expired':
      return plain('Nobody decided in time.');
    case 'awaiting-approval':
    case 'approved':
    case 'running':
    case 'needs-attention':
    case 'succeeded':
    case 'failed':
      return nothing;
  }
}

/** An ended request may have changed things before it was asked again: then nothing may be said to be unchanged. */
export const earlierRun = (request: Request): CardText =>
  md`An earlier run changed things in Azure, and they stay. /cmk-history ${plain(request.id as string)} shows them.`;

const endedNote = (request: Request): CardText => {
  const ended = md`Ended ${dateAndTime(new Date(request.changedAt))}. Plan ${plain<string>(shortDigest(request.digest))}.`;
  return request.touched ? md`${earlierRun(request)} ${ended}` : ended;
};

/** Less passes before anybody has read of it. */
const worthSaying = 10_000;

/** When the card was drawn, and how long before that something last happened. */
function asOf({ changedAt }: Request, { now }: Patience): CardText {
  const ageMs = now.getTime() - Date.parse(changedAt);
  if (ageMs < worthSaying) return time(new Date(changedAt));
  return md`${time(now)}, the last change ${plain<string>(durationWords(ageMs))} before`;
}

function noteOf(request: Request, { names, paused, patience }: CardContext): CardText {
  switch (request.state) {
    case 'awaiting-approval':
      return request.touched ? earlierRun(request) : plain('Nothing has been changed in Azure.');
    case 'approved':
      return startWords(request, paused);
    case 'running': {
      if (paused) return joinText([stoppingNote(request, names), plain(pausedWords)], ' ');
      if (request.stop !== null) return stoppingNote(request, names);
      const by = request.approvals.map((approval) => names(approval.by)).join(', ');
      return md`As of ${asOf(request, patience)}. Approved by ${plain(by)}, plan ${plain<string>(shortDigest(request.digest))}.`;
    }
    case 'needs-attention':
    case 'succeeded':
    case 'failed':
    case 'rejected':
    case 'cancelled':
    case 'expired':
      return endedNote(request);
  }
}

/** Who asked, and why; while people are waited for also for whom, and until when. */
function factsOf(request: Request, { names, awaited }: CardContext) {
  const asked = [
    { title: plain('Asked by'), value: plain(names(request.requester)) },
    {
      title: plain('Reason'),
      value: request.justification === null ? plain('It was erased.') : quoted(request.justification),
    },
  ];
  if (request.state !== 'awaiting-approval') return asked;
  return [
    ...asked,
    { title: plain('Until'), value: dateAndTime(new Date(request.policy.expiresAt)) },
    ...startFacts(request),
    { title: plain('Waits for'), value: plain(awaited) },
    ...(request.remindedAt === null
      ? []
      : [{ title: plain('Reminded'), value: dateAndTime(new Date(request.remindedAt)) }]),
    { title: plain('Plan'), value: plain<string>(shortDigest(request.digest)) },
  ];
}

const approvalRows = (request: Request, names: Names): Row[] =>
  request.approvals.map((approval) =>
    row(marks.done, plain<string>(`${names(approval.by)} approved`), [
      grey(dateAndTime(new Date(approval.at))),
      ...commentLines(approval),
    ]),
  );

function sectionsOf(request: Request, context: CardContext) {
  const sections: { title: CardText; rows: Row[] }[] = [];
  if (request.state === 'running' || request.state === 'approved') {
    return [{ title: nothing, rows: progressRows(request, context) }];
  }
  if (request.state !== 'awaiting-approval') return sections;
  if (request.approvals.length > 0)
    sections.push({ title: plain('Approved so far'), rows: approvalRows(request, context.names) });
  const differences = differenceRows(request);
  if (differences.length > 0) sections.push({ title: plain('What changed since the approval'), rows: differences });
  return sections;
}

const movedHeadline = (request: Request): CardText => {
  if (request.state !== 'awaiting-approval' || request.replaced === null) return nothing;
  return plain<string>(`${upperFirst(askedAgainWords[request.replaced.reason])}. The request asks again.`);
};

/** Where approvals have no rows of their own, what was written with them stands here. */
const summaryOf = (request: Request, names: Names): CardText =>
  request.state === 'running' || request.state === 'approved'
    ? approvalComments(request, names)
    : endedWords(request, names);

function plainStatus(request: Request, context: CardContext): AdaptiveCard {
  const { names, reader } = context;
  const without = decidedWithoutChange.includes(request.state);
  const cancellable = request.state === 'awaiting-approval' || request.state === 'approved';
  return renderCard('status', {
    ...requestHeaderOf(request, context),
    change: without ? nothing : changeLine(request.plan),
    headline: movedHeadline(request),
    summary: summaryOf(request, names),
    nothingChanged: without && !request.touched,
    again:
      without && !mayAskAgain(request, context)
        ? md`To ask again, type ${bold(operationOf(request.plan.wish).typed.name)}`
        : nothing,
    canAskAgain: mayAskAgain(request, context),
    facts: factsOf(request, context),
    ...progressBar(request),
    sections: sectionsOf(request, context),
    told: request.state === 'running' ? toldOf(request) : [],
    note: noteOf(request, context),
    stop: stopOffer(request, context),
    canRemind: request.state === 'awaiting-approval' && reader.kind === 'requester',
    canCancel: cancellable && reader.kind === 'requester',
    canRefresh: !without,
  });
}

function proofRows(request: Succeeded): Row[] {
  return request.proofs.map((proof) => {
    const words = proofWords[proof.level];
    if (proof.outcome === 'proved') {
      return row(marks.done, plain(words.name), [grey(plain(words.proved))], {
        time: time(new Date(request.changedAt)),
      });
    }
    const name = plain<string>(`Not proved: ${words.name.charAt(0).toLowerCase()}${words.name.slice(1)}`);
    return row(marks.idle, name, [grey(plain(notCheckedWords(proof)))], { nameSubtle: true });
  });
}

function changeRows(request: Request): Row[] {
  const changed = request.plan.steps.filter((step) => step.effects.length > 0);
  return changed.map((step, index) => {
    const lines: Line[] = step.effects.map((effect) => grey(plain(effectWords(effect))));
    const progress = request.progress.find((one) => one.name === step.name);
    return numberedRow(index + 1, plain(stepWords(step.name, step.effects).title), [
      ...lines,
      ...(progress?.already === true ? [grey(plain('It was so already.'))] : []),
      ...(progress?.interrupted === true ? [grey(plain<string>(`${interruptedWords}.`))] : []),
      ...reversibilityLines(step),
    ]);
  });
}

const lastEnd = (progress: readonly StepProgress[]): string | null =>
  progress.findLast((step) => step.endedAt)?.endedAt ?? null;

function succeededCard(request: Succeeded, context: CardContext): AdaptiveCard {
  const { names } = context;
  const { plan, outputs } = request;
  const { to } = workOf(plan);
  const { words } = operationOf(plan.wish);
  const version = shortVersion(to.keyVersion ?? outputs.keyVersion ?? '');
  const level = highestProof(request.proofs);
  const by = request.approvals.map((approval) => names(approval.by)).join(', ');
  const ended = lastEnd(request.progress) ?? request.changedAt;
  const took = durationWords(Date.parse(ended) - Date.parse(request.submittedAt));
  return renderCard('status-succeeded', {
    ...requestHeaderOf(request, context, {
      text: `✓ Succeeded, proof: ${level === null ? 'none' : proofWords[level].name.toLowerCase()}`,
      color: 'Good',
    }),
    result: plain(words.succeeded),
    resultNote: plain<string>(`${to.keyName} in ${plan.observation.vault.name}, version ${version}`),
    proofs: proofRows(request),
    caution: md`${bold('▲ From now on:')} ${plain(words.fromNowOn)}`,
    notes: notesOf(plan),
    changes: changeRows(request),
    comments: approvalComments(request, names),
    note: md`Asked by ${plain(names(request.requester))}, approved by ${plain(by)}, plan ${plain<string>(shortDigest(request.digest))}. Took ${plain<string>(took)} from the request on.`,
  });
}

/** The card for the request's state. */
export function statusCard(request: Request, context: CardContext): AdaptiveCard {
  switch (request.state) {
    case 'succeeded':
      return succeededCard(request, context);
    case 'needs-attention':
    case 'failed':
      return attentionCard(request satisfies NeedsAttention | Failed, context);
    case 'awaiting-approval':
    case 'approved':
    case 'running':
    case 'rejected':
    case 'cancelled':
    case 'expired':
      return plainStatus(request, context);
  }
}
