/** Open or Decide on a row of a list: posts the request's card below the list. */
import type { InvokeResponse } from 'botbuilder';
import { RequestId } from '../../domain/ids.ts';
import { refuse } from '../../domain/request/refusal.ts';
import { refusalText } from '../cards/views/short-views.ts';
import { messageAnswer } from '../invoke-answers.ts';
import type { KnownSender } from './activity.ts';
import { ownReader, type RequestClickOptions } from './request-click.ts';

/** Everyone with a role can view it. What they can do is checked at each click on the card. */
export async function openFromList(
  { actionPorts, notifier }: Pick<RequestClickOptions, 'actionPorts' | 'notifier'>,
  sender: KnownSender,
  wanted: string,
): Promise<InvokeResponse> {
  const id = RequestId.safeParse(wanted).data;
  const request = id === undefined ? null : await actionPorts.requests.load(id);
  if (request === null) return messageAnswer(refusalText(refuse('unknown-request', wanted.slice(0, 20))));
  const reader = await ownReader(actionPorts, request, sender.person);
  await notifier.open(request, sender.origin, reader);
  return messageAnswer(`${request.id} is below.`);
}
