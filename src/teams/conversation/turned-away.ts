/** A click of somebody whom the gate turns away: they are told why, and learn nothing else. */
import type { InvokeResponse } from 'botbuilder';
import { cancel } from '../../actions/cancel.ts';
import { stop } from '../../actions/stop.ts';
import { RequestId } from '../../domain/ids.ts';
import type { Refusal } from '../../domain/request/refusal.ts';
import { refusalText } from '../cards/views/short-views.ts';
import type { Posted } from '../posts/chat.ts';
import type { CardClick, KnownSender } from './activity.ts';
import { messageAnswer } from './invoke-answers.ts';
import { answerRequestClick, type RequestClickOptions } from './request-click.ts';

/** Somebody who may not; without a sender where it is somebody of another tenant. */
export interface Turned {
  readonly sender: KnownSender | null;
  readonly refusal: Refusal;
}

/** What whoever asked may do without a role. */
const stopping: readonly string[] = [cancel.verb, stop.verb];

/**
 * Whoever lost the role can still take back, or stop, what they asked for themselves: stopping a change must never wait.
 * `click`: undefined where what was sent is none.
 */
export async function answerTurnedAway(
  options: RequestClickOptions,
  { sender, refusal }: Turned,
  at: Posted | null,
  click: CardClick | undefined,
): Promise<InvokeResponse> {
  const id = RequestId.safeParse(click?.action.data.requestId).data;
  if (sender !== null && click !== undefined && stopping.includes(click.action.verb) && id !== undefined) {
    const request = await options.actionPorts.asItStood(id);
    if (request?.requester === sender.person) return answerRequestClick(options, sender, at, click);
  }
  return messageAnswer(refusalText(refusal));
}
