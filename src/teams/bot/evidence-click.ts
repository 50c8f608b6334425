/**
 * Download evidence: answers with the card and a link for the person who clicked. Everyone with a role can see the
 * request, and its evidence.
 */
import type { InvokeResponse } from 'botbuilder';
import { RequestId } from '../../domain/ids.ts';
import { refuse } from '../../domain/request/refusal.ts';
import { withDownload } from '../cards/views/evidence-button.ts';
import { refusalText } from '../cards/views/short-views.ts';
import type { Posted } from '../delivery/chat.ts';
import { cardAnswer, messageAnswer } from '../invoke-answers.ts';
import type { EvidenceLinks } from '../sign-in/evidence-links.ts';
import type { CardClick, KnownSender } from './activity.ts';
import { ownReader, type RequestClickOptions } from './request-click.ts';

export interface EvidenceClickOptions extends RequestClickOptions {
  /** Null: nothing is published, or there is no address for browsers. */
  readonly evidence: EvidenceLinks | null;
}

export async function answerEvidenceClick(
  { evidence, actionPorts, notifier }: EvidenceClickOptions,
  { person }: KnownSender,
  { at, click }: { readonly at: Posted | null; readonly click: CardClick },
): Promise<InvokeResponse> {
  const id = RequestId.safeParse(click.action.data.requestId).data;
  const request = id === undefined ? null : await actionPorts.requests.load(id);
  if (request === null) return messageAnswer(refusalText(refuse('unknown-request', id ?? '')));
  if (evidence === null) {
    return messageAnswer(
      `The bot has no address for browsers. An operator takes evidence with: cmk-bot evidence ${request.id}`,
    );
  }
  const reader = await ownReader(actionPorts, request, person);
  const { card } = await notifier.cardFor(request, { at, reader, automatic: false });
  return cardAnswer(withDownload(card, await evidence.offer({ person, requestId: request.id })));
}
