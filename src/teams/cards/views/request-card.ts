/** Renders a request's card, by place and reader. */

import { z } from 'zod';
import { hasEnded, isBeforeRun, type Request } from '../../../domain/request/request.ts';
import { stepWordsIn } from '../../../text/steps.ts';
import { waitingWords } from '../../../text/waiting.ts';
import { type CardText, dateAndTime, joinText, md, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { approvalCard } from './approval-view.ts';
import { attentionHeadline, helpOf } from './attention-view.ts';
import { changeLine } from './parts.ts';
import { endedBy } from './people-texts.ts';
import type { CardContext } from './reader.ts';
import { pausedTexts, requestHeaderOf, startWords } from './state-line.ts';
import { statusCard } from './status-view.ts';

function stepWords(request: Request): CardText {
  const step = request.progress.find(({ state }) => state === 'running' || state === 'waiting');
  if (step === undefined) return plain('The next step is about to begin.');
  const words = stepWordsIn(request.plan, step.name);
  return step.state === 'running' || step.failure === null
    ? plain(words.running)
    : plain(`${words.title}: ${waitingWords(step.failure)}`);
}

function lineOf(request: Request, context: CardContext): CardText {
  const { names, paused } = context;
  switch (request.state) {
    case 'awaiting-approval':
      return md`Decide by ${dateAndTime(new Date(request.policy.expiresAt))}.`;
    case 'approved':
      return startWords(request, context);
    case 'running':
      return paused ? plain(pausedTexts[paused].during) : stepWords(request);
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

function shortCard(request: Request, context: CardContext): AdaptiveCard {
  const name = context.names(request.requester);
  const line = requestHeaderOf(request, context);
  return renderCard('status-short', {
    ...line,
    // People who can decide are asked in another place.
    userIds: [],
    asked: md`Requested by ${plain(name)} in a chat, ${dateAndTime(new Date(request.submittedAt))}`,
    line: lineOf(request, context),
    ...helpOf(request),
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
  const approval =
    isBeforeRun(request) && reader.kind !== 'everybody' ? reader.kind === 'approver' : kind === 'approval';
  return approval ? approvalCard(request, context) : statusCard(request, context);
}

export const evidenceVerb = 'request.evidence';

const evidenceRow = 'evidence';

/** `offered`: the log is published, and the bot has an address for browsers. */
export function withEvidence(card: AdaptiveCard, request: Request, offered: boolean): AdaptiveCard {
  if (!offered || !hasEnded(request)) return card;
  const data = { requestId: request.id, revision: request.asking };
  const button = { type: 'Action.Execute', title: 'Download evidence', verb: evidenceVerb, data };
  const row = { type: 'ActionSet', id: evidenceRow, spacing: 'Default', actions: [button] };
  return { ...card, body: [...card.body, row] };
}

const Row = z.looseObject({ type: z.string(), id: z.literal(evidenceRow), actions: z.array(z.looseObject({})) });

/** Adds a link for the person who clicked. The button remains, because the link works once. */
export function withDownload(card: AdaptiveCard, url: string): AdaptiveCard {
  const download = { type: 'Action.OpenUrl', title: 'Open the download', url };
  const body = card.body.map((element) => {
    const row = Row.safeParse(element).data;
    if (row === undefined) return element;
    const again = row.actions.map((action) => ({ ...action, title: 'Get new link' }));
    return { ...row, actions: [download, ...again] };
  });
  const text = 'The evidence pack is ready. The link works once, for you, for 10 minutes.';
  const note = { type: 'TextBlock', text, wrap: true, size: 'Small', isSubtle: true, spacing: 'Small' };
  return { ...card, body: [...body, note] };
}
