/** The status card: where the request stands, for everybody who can see it. */

import { shortDigest } from '../../../domain/digest.ts';
import type { Failed, NeedsAttention, Request } from '../../../domain/request/request.ts';
import { operationOf } from '../../../operations/registry.ts';
import { shortDuration } from '../../../text/duration.ts';
import { askedAgainWords } from '../../../text/events.ts';
import type { Section } from '../data/row.ts';
import { bold, type CardText, dateAndTime, joinText, md, nothing, plain, time } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { attentionCard } from './attention-view.ts';
import { differenceRows } from './difference.ts';
import { changeLine, upperFirst } from './parts.ts';
import { progressBar, progressSections, toldOf } from './progress.ts';
import { type CardContext, mayAskAgain, mayChange, type Patience } from './reader.ts';
import { requestHeaderOf } from './request-header.ts';
import { saidOf } from './said.ts';
import { earlierRun, pausedWords, startWords } from './standing-words.ts';
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

/** When the card was drawn, and how long before that something last happened. */
function asOf({ changedAt }: Request, { now }: Patience): CardText {
  const ageMs = now.getTime() - Date.parse(changedAt);
  if (ageMs < 1_000) return md`${time(now)}, just changed`;
  return md`${time(now)}, the last change ${plain<string>(shortDuration(ageMs))} before`;
}

function noteOf(request: Request, context: CardContext): CardText {
  const { names, paused, patience } = context;
  switch (request.state) {
    case 'awaiting-approval':
      return request.touched ? earlierRun(request) : plain('Nothing has been changed in Azure.');
    case 'approved':
      return startWords(request, context);
    case 'running': {
      if (paused) return joinText([stoppingNote(request, names), plain(pausedWords)], ' ');
      if (request.stop !== null) return stoppingNote(request, names);
      return md`As of ${asOf(request, patience)}. Plan ${plain<string>(shortDigest(request.digest))}.`;
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

/** While people are waited for: for whom, and until when. */
function factsOf(request: Request, { awaited }: CardContext) {
  if (request.state !== 'awaiting-approval') return [];
  return [
    { title: plain('Until'), value: dateAndTime(new Date(request.policy.expiresAt)) },
    ...startFacts(request),
    { title: plain('Waits for'), value: plain(awaited) },
    ...(request.remindedAt === null
      ? []
      : [{ title: plain('Reminded'), value: dateAndTime(new Date(request.remindedAt)) }]),
    { title: plain('Plan'), value: plain<string>(shortDigest(request.digest)) },
  ];
}

function sectionsOf(request: Request, context: CardContext): Section[] {
  if (request.state === 'running' || request.state === 'approved') return progressSections(request, context);
  const differences = request.state === 'awaiting-approval' ? differenceRows(request) : [];
  const title = request.changedFrom === null ? 'What changed since the approval' : 'What was changed';
  return differences.length === 0 ? [] : [{ title: plain(title), boxed: false, rows: differences }];
}

const movedHeadline = (request: Request): CardText => {
  if (request.state !== 'awaiting-approval') return nothing;
  if (request.changedFrom !== null) return plain('It was changed, and the approvers are asked anew.');
  if (request.replaced === null) return nothing;
  return plain<string>(`${upperFirst(askedAgainWords[request.replaced.reason])}. The request asks again.`);
};

function plainStatus(request: Request, context: CardContext): AdaptiveCard {
  const { names, reader } = context;
  const without = decidedWithoutChange.includes(request.state);
  const cancellable = request.state === 'awaiting-approval' || request.state === 'approved';
  return renderCard('status', {
    ...requestHeaderOf(request, context),
    change: without ? nothing : changeLine(request.plan),
    headline: movedHeadline(request),
    said: saidOf(request, names),
    nothingChanged: without && !request.touched,
    again:
      without && !mayAskAgain(request, context)
        ? md`To ask again, type ${bold(operationOf(request.plan.wish).typed.name)}`
        : nothing,
    canAskAgain: mayAskAgain(request, context),
    facts: factsOf(request, context),
    ...progressBar(request, context),
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
