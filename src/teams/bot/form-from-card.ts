/**
 * Opens a form from a button on a request's card, in its own message: to submit an ended request again, or to edit a
 * waiting one.
 */
import type { InvokeResponse, TurnContext } from 'botbuilder';
import { RequestId } from '../../domain/ids.ts';
import { type Refusal, refuse } from '../../domain/request/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import type { CommandPorts } from '../../operations/commands/command.ts';
import { openAgain, openChange } from '../../operations/open-form.ts';
import { refusalText } from '../cards/views/short-views.ts';
import { messageAnswer } from '../invoke-answers.ts';
import type { CardClick, KnownSender } from './activity.ts';
import type { ClickDedupe } from './click-dedupe.ts';
import { clickedCard, type FormClickOptions, openFormCard } from './form-click.ts';
import { type ReplyOptions, reply } from './reply.ts';

export interface FormFromCardOptions extends FormClickOptions, ReplyOptions {
  readonly commandPorts: CommandPorts;
  readonly once: ClickDedupe;
}

type Opened = ReturnType<typeof openAgain>;

const openers: Readonly<
  Record<string, (request: Request, sender: KnownSender, asking: number, ports: CommandPorts) => Opened>
> = {
  'request.ask-again': (request, { person: by, actor, origin }, _asking, ports) =>
    openAgain(request, { by, actor, origin }, ports),
  'request.change': (request, { person: by, actor, origin, zone }, asking, ports) =>
    openChange(request, { by, actor, origin, zone, asking }, ports),
};

export const verbsThatOpenForms: readonly string[] = Object.keys(openers);

const refused = (refusal: Refusal): InvokeResponse => messageAnswer(refusalText(refusal));

/** The clicked card doesn't change. */
export async function answerFormFromCard(
  options: FormFromCardOptions,
  context: TurnContext,
  sender: KnownSender,
  { action: { verb, data } }: CardClick,
): Promise<InvokeResponse> {
  const { commandPorts, once } = options;
  const id = RequestId.safeParse(data.requestId).data;
  const request = id === undefined ? null : await commandPorts.requests.load(id);
  if (request === null) return refused(refuse('unknown-request', String(data.requestId ?? '').slice(0, 20)));
  const opened = await openers[verb]?.(request, sender, data.revision ?? -1, commandPorts);
  if (opened === undefined) throw new Error(`${verb} opens no form`);
  if (opened.kind === 'refused') return refused(opened);
  if (await once.isFirst(sender, verb, `${request.id}/${request.asking}`))
    await reply(options, context, openFormCard(options, sender, opened.form), 'everybody');
  await options.notifier.adopt(request.id, clickedCard(context));
  return messageAnswer('The form is below.');
}
