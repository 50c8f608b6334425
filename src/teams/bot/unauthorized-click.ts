/** Answers a click of a person without a role: gives the reason, and reveals nothing else. */
import type { InvokeResponse } from 'botbuilder';
import { RequestId } from '../../domain/ids.ts';
import type { Refusal } from '../../domain/request/refusal.ts';
import { refusalText } from '../cards/views/short-views.ts';
import { messageAnswer } from '../invoke-answers.ts';
import type { CardClick, KnownSender } from './activity.ts';
import { type ClickTurn, type VerbOptions, verbs } from './verbs.ts';

/** `sender` is null for another tenant. */
export interface UnauthorizedSender {
  readonly sender: KnownSender | null;
  readonly refusal: Refusal;
}

/** `click` is null if the invoke isn't a click. */
export async function answerUnauthorizedClick(
  options: VerbOptions,
  { sender, refusal }: UnauthorizedSender,
  turn: Pick<ClickTurn<KnownSender>, 'context' | 'at'>,
  click: CardClick | null,
): Promise<InvokeResponse> {
  const verb = verbs.get(click?.action.verb ?? '');
  const id = RequestId.safeParse(click?.action.data.requestId).data;
  if (sender !== null && click !== null && verb?.requires === 'role-or-own-request' && id !== undefined) {
    const request = await options.actionPorts.loadSnapshot(id);
    if (request?.requester === sender.person) return verb.handle(options, { ...turn, sender, click });
  }
  return messageAnswer(refusalText(refusal));
}
