/** Enable or Rotate next to an agent: posts the form for it below the list. */
import type { InvokeResponse, TurnContext } from 'botbuilder';
import { ArmId, RequestId } from '../../domain/ids.ts';
import { refuse } from '../../domain/request/refusal.ts';
import { chooseResource } from '../../operations/choose.ts';
import type { CommandPorts } from '../../operations/commands/command.ts';
import { openForm as openFormOf } from '../../operations/open-form.ts';
import { operationFrom } from '../../operations/registry.ts';
import { refusalCard, refusalText } from '../cards/views/short-views.ts';
import { messageAnswer } from '../invoke-answers.ts';
import type { KnownSender } from './activity.ts';
import type { ClickDedupe } from './click-dedupe.ts';
import { type FormClickOptions, openFormCard } from './form-click.ts';
import { type Reply, type ReplyOptions, reply } from './reply.ts';
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
  return messageAnswer('The form is below.');
}

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
