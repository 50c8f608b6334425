/** Notifications: one event for one person, with the reason, and buttons that lead to the request. */

import type { Payload, StoredEvent } from '../../../domain/request/events.ts';
import { actingPerson, type NotifyingEvent } from '../../../domain/request/notification-recipients.ts';
import type { RecipientGroup } from '../../../domain/request/payloads.ts';
import { endedInVain, type NeedsAttention, type Request } from '../../../domain/request/request.ts';
import { upperFirst } from '../../../domain/strings.ts';
import { operationOf } from '../../../operations/registry.ts';
import { actorName, reapprovalReasons } from '../../../text/events.ts';
import type { Names } from '../../../text/words.ts';
import {
  type Addressee,
  bold,
  type CardText,
  dateAndTime,
  entitiesOf,
  joinText,
  label,
  md,
  nothing,
  plain,
  quoted,
} from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { attentionHeadline } from './attention-view.ts';

export interface Notice {
  /** Follows the resource's name: `Approver rejected your request` */
  readonly title: string;
  /** What the person who acted wrote. */
  readonly said: CardText;
  readonly detail: CardText;
}

const notice = (title: string, detail: CardText = nothing, said: CardText = nothing): Notice => ({
  title,
  said,
  detail,
});

function saidIn({ texts }: StoredEvent): CardText {
  const { comment } = texts;
  if (comment === undefined) return nothing;
  return comment === null ? plain('The comment was erased.') : quoted(comment);
}

const unchanged = ({ touched }: Request): CardText => (touched ? nothing : plain('Nothing was changed in Azure.'));

export function attentionNotice(
  request: NeedsAttention,
  names: Names,
  title = 'the request still needs attention',
): Notice {
  return notice(title, md`${attentionHeadline(request, names)}.`);
}

export const decisionNotice = ({ policy }: Request, title = 'your decision is needed'): Notice =>
  notice(title, md`Decide by ${dateAndTime(new Date(policy.expiresAt))}.`);

const withdrawn = 'Earlier approvals don’t count.';

function endNotice(event: NotifyingEvent, as: Payload<'ended'>['as'], request: Request, names: Names): Notice {
  const name = actorName(event, names);
  switch (as) {
    case 'rejected':
      return notice(`${name} rejected your request`, unchanged(request), saidIn(event));
    case 'cancelled':
      return notice(`${name} canceled your request`, unchanged(request));
    case 'expired':
      return notice(
        'your request expired',
        joinText([plain('No decision was made in time.'), unchanged(request)], ' '),
      );
    case 'failed': {
      const left = request.touched ? plain('Completed changes stay in Azure.') : unchanged(request);
      return notice(`${name} ended the request`, left, saidIn(event));
    }
  }
}

export function eventNotice(to: RecipientGroup, event: NotifyingEvent, request: Request, names: Names): Notice {
  const { body } = event;
  switch (body.type) {
    case 'ended':
      return endNotice(event, body.data.as, request, names);
    case 'plan-changed': {
      const why = upperFirst(reapprovalReasons[body.data.reason]);
      return to === 'approvers'
        ? notice('please decide again', plain(`${why}. ${withdrawn}`))
        : notice('your request needs approval again', plain(`${why}.`));
    }
    case 'approval-withdrawn':
      return decisionNotice(
        request,
        `${actorName(event, names)} withdrew their approval${to === 'approvers' ? ': your decision is needed' : ''}`,
      );
    case 'request-changed':
      return notice(`${actorName(event, names)} edited the request`, plain(`Please decide again. ${withdrawn}`));
    case 'attention-needed':
      return request.state === 'needs-attention'
        ? attentionNotice(request, names, 'the request needs attention')
        : notice('the request needed attention');
    case 'succeeded':
      return notice(operationOf(request.plan.spec).words.succeeded.toLowerCase());
    case 'reminded':
      return body.data.escalated === undefined
        ? decisionNotice(request, `${names(actingPerson(event))} asks you to decide`)
        : decisionNotice(request, 'escalated to you, because it still needs approval');
  }
}

interface NotificationReader {
  readonly to: RecipientGroup;
  readonly addressees: readonly Addressee[];
  /** Of the request's card in Teams; null: a button posts the card. */
  readonly url: string | null;
}

export function notificationCard(
  request: Request,
  { title, said, detail }: Notice,
  { to, addressees, url }: NotificationReader,
): AdaptiveCard {
  const headline = `${request.resourceName}: ${title}`;
  const card = renderCard('notification', {
    fallbackText: label(headline),
    title: joinText([...addressees.map(({ text }) => text), bold(headline)], ' '),
    said,
    detail,
    requestId: request.id,
    revision: request.asking,
    canAskAgain: to === 'requester' && endedInVain(request),
    open: label(to === 'approvers' ? 'Review the request' : 'Open the request'),
    url: url ?? '',
  });
  const entities = entitiesOf(addressees);
  return entities.length === 0 ? card : { ...card, msteams: { entities } };
}
