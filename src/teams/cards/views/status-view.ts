/** The status card: where the request stands, for everybody who can see it. */

import { shortDigest } from '../../../domain/digest.ts';
import type { Failed, NeedsAttention, Request } from '../../../domain/request/request.ts';
import { operationOf } from '../../../operations/registry.ts';
import { durationWords } from '../../../words/duration.ts';
import { askedAgainWords } from '../../../words/events.ts';
import type { Names } from '../../../words/names.ts';
import { grey, marks, type Row, row } from '../data/row.ts';
import { bold, type CardText, dateAndTime, joinText, md, nothing, plain, quoted, time } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { approvalComments, commentLines } from './approval-comments.ts';
import { attentionCard } from './attention-view.ts';
import { differenceRows } from './difference.ts';
import { changeLine, upperFirst } from './parts.ts';
import { progressBar, progressRows, toldOf } from './progress.ts';
import { type CardContext, mayAskAgain, mayChange, type Patience } from './reader.ts';
import { requestHeaderOf } from './request-header.ts';
import { earlierRun, endedWords, pausedWords, startWords } from './standing-words.ts';
import { stopOffer, stoppingNote } from './stop-view.ts';
import { succeededCard } from './succeeded-view.ts';

const decidedWithoutChange = ['rejected', 'cancelled', 'expired'];

/** The start that somebody chose, as a fact of the request. */
export const startFacts = ({ notBefore }: Request) =>
  notBefore === null ? [] : [{ title: plain('Starts'), value: md`not before ${dateAndTime(new Date(notBefore))}` }];

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
  const title = request.changedFrom === null ? 'What changed since the approval' : 'What was changed';
  if (differences.length > 0) sections.push({ title: plain(title), rows: differences });
  return sections;
}

const movedHeadline = (request: Request): CardText => {
  if (request.state !== 'awaiting-approval') return nothing;
  if (request.changedFrom !== null) return plain('It was changed, and the approvers are asked anew.');
  if (request.replaced === null) return nothing;
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
    canChange: mayChange(request, context),
    canCancel: cancellable && reader.kind === 'requester',
    canRefresh: !without,
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
