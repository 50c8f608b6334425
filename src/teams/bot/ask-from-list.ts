/** Forms and cards that buttons open below: Enable or Rotate next to an agent, a request in a list, and those of a request's card. */
import type { InvokeResponse, TurnContext } from 'botbuilder';
import { ArmId, RequestId } from '../../domain/ids.ts';
import { type Refusal, refuse } from '../../domain/request/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import { chooseResource } from '../../operations/choose.ts';
import type { CommandPorts } from '../../operations/commands/command.ts';
import { openAgain, openChange, openForm as openFormOf } from '../../operations/open-form.ts';
import { operationFrom } from '../../operations/registry.ts';
import { postedBelow } from '../../text/lists.ts';
import { refusalCard, refusalText } from '../cards/views/short-views.ts';
import { messageAnswer } from '../invoke-answers.ts';
import type { CardClick, KnownSender } from './activity.ts';
import { clickedCard, type FormClickOptions, openFormCard } from './form-click.ts';
import { type ClickDedupe, type Reply, type ReplyOptions, reply } from './reply.ts';
import { ownReader, type RequestClickOptions } from './request-click.ts';

export interface AskFromListOptions extends Pick<FormClickOptions, 'forms' | 'replaceEarlierForm'>, ReplyOptions {
  readonly commandPorts: CommandPorts;
  readonly once: ClickDedupe;
}

const aside = { standsIn: null, readers: 'who-asked' } as const;

/** The agent's current key decides which operation it is. */
async function formFor(options: AskFromListOptions, sender: KnownSender, id: ArmId): Promise<Reply> {
  const { commandPorts } = options;
  const chosen = await chooseResource(commandPorts.azure, id);
  if (chosen.kind === 'refused') return { card: refusalCard(chosen), ...aside };
  const operation = operationFrom(chosen.value.underCustomerKey ? 'own-key' : 'microsofts-key');
  if (operation === null) throw new Error(`no operation is for ${id}`);
  const { person: by, actor, origin } = sender;
  const opened = await openFormOf(operation, { by, actor, origin, args: { resource: id }, words: [] }, commandPorts);
  return opened.kind === 'refused'
    ? { card: refusalCard(opened), ...aside }
    : openFormCard(options, sender, opened.form);
}

export async function askFromList(
  options: AskFromListOptions,
  context: TurnContext,
  sender: KnownSender,
  wanted: unknown,
): Promise<InvokeResponse> {
  const id = ArmId.safeParse(wanted).data;
  if (id === undefined)
    return messageAnswer(refusalText(refuse('unknown-resource', String(wanted ?? '').slice(0, 80))));
  if (await options.once.isFirst(sender, 'list.ask', id.toLowerCase()))
    await reply(options, context, formFor(options, sender, id), 'everybody');
  return messageAnswer(postedBelow.form);
}

/** Everyone with a role can view it. What they can do is checked at each click on the card. */
export async function openFromList(
  { actionPorts, requestCards }: Pick<RequestClickOptions, 'actionPorts' | 'requestCards'>,
  sender: KnownSender,
  wanted: string,
): Promise<InvokeResponse> {
  const id = RequestId.safeParse(wanted).data;
  const request = id === undefined ? null : await actionPorts.requests.load(id);
  if (request === null) return messageAnswer(refusalText(refuse('unknown-request', wanted.slice(0, 20))));
  const reader = await ownReader(actionPorts, request, sender.person);
  await requestCards.open(request, sender.origin, reader);
  return messageAnswer(postedBelow.card(request.id));
}

// A button on a request's card opens a form in its own message: to submit an ended request again, or to edit a waiting one.

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
  await options.requestCards.registerCopy(request.id, clickedCard(context));
  return messageAnswer(postedBelow.form);
}
