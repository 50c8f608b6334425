/**
 * Texts of notifications.
 * They contain nothing that a person wrote: these posts are never updated, so they would keep an erased text.
 */

import type { StoredEvent } from '../../../domain/request/events.ts';
import { actingPerson, type RecipientGroup } from '../../../domain/request/notifications.ts';
import type { NeedsAttention, Request } from '../../../domain/request/request.ts';
import { operationOf } from '../../../operations/registry.ts';
import { attentionRemedy } from '../../../text/attention.ts';
import { actorName, reapprovalReasons } from '../../../text/events.ts';
import { utcMinute } from '../../../text/instants.ts';
import type { Names } from '../../../text/names.ts';
import { type Addressee, bold, type CardText, joinText, md, nothing, plain, unlinked } from '../plain-text.ts';
import { attentionHeadline } from './attention-view.ts';
import { upperFirst } from './parts.ts';

const wroteWords = ({ texts }: StoredEvent): string =>
  texts.comment === undefined ? '' : ' What they wrote is on the card.';

const nothingChanged = ({ touched }: Request): string => (touched ? '' : ' Nothing was changed in Azure.');

/** Why the request needs attention. */
export function attentionWords(request: NeedsAttention, names: Names): CardText {
  const remedy = attentionRemedy(request);
  const mend = remedy === '' ? nothing : md` ${plain<string>(remedy)}`;
  return md`${attentionHeadline(request, names)}.${mend}`;
}

/** The time left to decide. */
export const callWaitingWords = ({ policy }: Request): CardText =>
  plain<string>(`it waits for your decision, until ${utcMinute(policy.expiresAt)}.`);

/** Returns the text about an event for a recipient. The request is the current one. */
export function callWords(to: RecipientGroup, event: StoredEvent, request: Request, names: Names): CardText {
  const { body } = event;
  switch (body.type) {
    case 'rejected': {
      return plain<string>(`${actorName(event, names)} rejected it.${wroteWords(event)}${nothingChanged(request)}`);
    }
    case 'cancelled':
      return plain<string>(`${actorName(event, names)} cancelled it.${nothingChanged(request)}`);
    case 'expired':
      return plain<string>(`nobody decided in time, so it has expired.${nothingChanged(request)}`);
    case 'plan-changed': {
      const why = upperFirst(reapprovalReasons[body.data.reason]);
      return plain<string>(
        to === 'approvers'
          ? `please decide again. ${why}, and earlier approvals do not count.`
          : `it has to be approved again. ${why}.`,
      );
    }
    case 'request-changed':
      return plain<string>(
        `${actorName(event, names)} changed it. Please decide on it as it is now: earlier approvals do not count.`,
      );
    case 'attention-needed':
      return request.state === 'needs-attention'
        ? md`it needs attention. ${attentionWords(request, names)}`
        : plain('it needed attention.');
    case 'succeeded':
      return plain<string>(`${operationOf(request.plan.wish).words.succeeded}.`);
    case 'given-up':
      return plain<string>(
        `${actorName(event, names)} ended it.${wroteWords(event)}${request.touched ? ' What was done stays.' : nothingChanged(request)}`,
      );
    case 'reminded':
      return plain<string>(
        `${names(actingPerson(event))} asks you to decide, until ${utcMinute(request.policy.expiresAt)}.`,
      );
    case 'submitted':
    case 'approved':
    case 'decided-late':
    case 'run-ordered':
    case 'run-checked':
    case 'step-intended':
    case 'step-done':
    case 'step-failed':
    case 'use-judged':
    case 'stop-requested':
    case 'retried':
    case 'texts-erased':
    case 'evidence-made':
    case 'clock-set-right':
    case 'drift-opened':
    case 'drift-changed':
    case 'drift-closed':
      throw new Error(`nobody is called for ${body.type}`);
  }
}

/** Returns the whole post: mentions, request and text. `away`: its card is in another place. */
export function callText(request: Request, words: CardText, addressees: readonly Addressee[], away: boolean): CardText {
  const called = joinText(addressees.map(({ text }) => text));
  const about = md`${bold(request.id as string)}, ${plain(request.resourceName)}: ${words}`;
  const where = away ? plain('Its card is where it was asked.') : nothing;
  return unlinked(joinText([called, about, where], ' '));
}
