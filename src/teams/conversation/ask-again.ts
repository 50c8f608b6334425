/** Asking again for what an ended request was for: a new form on its review page, in a message of its own. */
import type { InvokeResponse, TurnContext } from 'botbuilder';
import { RequestId } from '../../domain/ids.ts';
import { type Refusal, refuse } from '../../domain/request/refusal.ts';
import { openAgain } from '../../operations/open-form.ts';
import type { CommandPorts } from '../../operations/ports.ts';
import { refusalText } from '../cards/views/short-views.ts';
import type { CardClick, KnownSender } from './activity.ts';
import { clickedCard, type FormClickOptions, openForm } from './form-click.ts';
import { cardAnswer, messageAnswer } from './invoke-answers.ts';
import { outlasting } from './outlasting.ts';
import { reply } from './reply.ts';

export const askAgainVerb = 'request.ask-again';

export interface AskAgainOptions extends FormClickOptions {
  readonly commandPorts: CommandPorts;
}

const refused = (refusal: Refusal): InvokeResponse => messageAnswer(refusalText(refusal));

/** The card that was clicked stays as it is. */
export async function answerAskAgain(
  options: AskAgainOptions,
  context: TurnContext,
  sender: KnownSender,
  { action: { data } }: CardClick,
): Promise<InvokeResponse> {
  const { commandPorts, notifier, later } = options;
  const id = RequestId.safeParse(data.requestId).data;
  const request = id === undefined ? null : await commandPorts.requests.load(id);
  if (request === null) return refused(refuse('unknown-request', String(data.requestId ?? '').slice(0, 20)));
  const { person: by, actor, origin } = sender;
  const opened = await openAgain(request, { by, actor, origin }, commandPorts);
  if (opened.kind === 'refused') return refused(opened);
  await reply(context, later, openForm(options, outlasting(context), sender, opened.form));
  const reader = { kind: 'requester' } as const;
  return cardAnswer(await notifier.cardFor(request, { at: clickedCard(context), reader, automatic: true }));
}
