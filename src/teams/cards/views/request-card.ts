/** Renders a request's card, by place and reader. */
import type { Request } from '../../../domain/request/request.ts';
import { stepWordsIn } from '../../../text/steps.ts';
import { waitingWords } from '../../../text/waiting.ts';
import { type CardText, dateAndTime, joinText, md, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { approvalCard } from './approval-view.ts';
import { attentionHeadline } from './attention-view.ts';
import { changeLine } from './parts.ts';
import { endedBy } from './people-texts.ts';
import type { CardContext } from './reader.ts';
import { pausedWords, requestHeaderOf, startWords } from './state-line.ts';
import { statusCard } from './status-view.ts';

/** Returns the running or waiting step. */
function stepWords(request: Request): CardText {
  const step = request.progress.find(({ state }) => state === 'running' || state === 'waiting');
  if (step === undefined) return plain('The next step is about to begin.');
  const words = stepWordsIn(request.plan, step.name);
  return step.state === 'running' || step.failure === null
    ? plain(words.running)
    : plain<string>(`${words.title}: ${waitingWords(step.failure)}`);
}

function lineOf(request: Request, context: CardContext): CardText {
  const { names, paused } = context;
  switch (request.state) {
    case 'awaiting-approval':
      return md`Decide by ${dateAndTime(new Date(request.policy.expiresAt))}.`;
    case 'approved':
      return startWords(request, context);
    case 'running':
      return paused ? plain(pausedWords) : stepWords(request);
    case 'needs-attention':
    case 'failed':
      return md`${attentionHeadline(request, names)}.`;
    case 'succeeded':
      return changeLine(request.plan);
    case 'rejected':
    case 'cancelled':
    case 'expired':
      return joinText([...endedBy(request, names), plain(request.touched ? '' : 'Nothing was changed in Azure.')], ' ');
  }
}

/** The short card of a request from a chat. */
function shortCard(request: Request, context: CardContext): AdaptiveCard {
  const name = context.names(request.requester);
  const line = requestHeaderOf(request, context);
  return renderCard('status-short', {
    ...line,
    // People who can decide are asked in another place.
    userIds: [],
    asked: md`Requested by ${plain(name)} in a chat, ${dateAndTime(new Date(request.submittedAt))}`,
    line: lineOf(request, context),
  });
}

/**
 * `status`: where it was requested. `approval`: where approvers are asked. `short`: for people who monitor all
 * requests.
 */
export type CardKind = 'status' | 'approval' | 'short';

/** During a decision, the requester never sees the approvers' question, and an approver always sees it. */
export function requestCard(kind: CardKind, request: Request, context: CardContext): AdaptiveCard {
  if (kind === 'short') return shortCard(request, context);
  const { reader } = context;
  const decidable = request.state === 'awaiting-approval' || request.state === 'approved';
  const approval = decidable && reader.kind !== 'everybody' ? reader.kind === 'approver' : kind === 'approval';
  return approval ? approvalCard(request, context) : statusCard(request, context);
}
