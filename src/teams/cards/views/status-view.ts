/** The status card, for everyone in the conversation. */

import { shortDigest } from '../../../domain/digest.ts';
import { hasEnded, isAtRest, isBeforeRun, isUnderWay, type Request } from '../../../domain/request/request.ts';
import { upperFirst } from '../../../domain/strings.ts';
import { operationOf } from '../../../operations/registry.ts';
import { reapprovalReasons } from '../../../text/events.ts';
import { fromNow } from '../../../text/instants.ts';
import { bold, type CardText, dateAndTime, joinText, md, nothing, plain, time } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { fact, type Section } from '../row.ts';
import { attentionCard } from './attention-view.ts';
import { differenceRows } from './difference.ts';
import { changeLine } from './parts.ts';
import { endedBy, peopleTexts } from './people-texts.ts';
import { failureMessages, progressBar, progressSections } from './progress.ts';
import { type CardContext, mayAskAgain, mayChange } from './reader.ts';
import { earlierRun, pausedWords, requestHeaderOf, startWords, stopOffer, stoppingNote } from './state-line.ts';
import { succeededCard } from './succeeded-view.ts';

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
  if (paused) return joinText([stoppingNote(request, names), plain(pausedWords)], ' ');
  if (request.stop !== null) return stoppingNote(request, names);
  return md`Updated ${time(timeLimits.now)}. This card updates automatically.`;
}

/** Who must decide, and the deadline. */
function factsOf(request: Request, { awaited, timeLimits }: CardContext) {
  if (request.state !== 'awaiting-approval') return [];
  const { expiresAt } = request.policy;
  return [
    fact('Decide by', md`${dateAndTime(new Date(expiresAt))} (${plain(fromNow(expiresAt, timeLimits.now))})`),
    ...startFacts(request),
    fact('Waiting for', plain(awaited)),
    ...(request.remindedAt === null ? [] : [fact('Reminder sent', dateAndTime(new Date(request.remindedAt)))]),
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
