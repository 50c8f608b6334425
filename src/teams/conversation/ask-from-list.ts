/** Enable or Rotate beside an agent: the form for it, posted where the list stands. */
import type { InvokeResponse, TurnContext } from 'botbuilder';
import type { Roles } from '../../authorization/who-may.ts';
import { ArmId } from '../../domain/ids.ts';
import { refuse } from '../../domain/request/refusal.ts';
import { chooseResource } from '../../operations/choose.ts';
import { openForm as openFormOf } from '../../operations/open-form.ts';
import type { CommandPorts } from '../../operations/ports.ts';
import { operationFrom } from '../../operations/registry.ts';
import { refusalCard, refusalText } from '../cards/views/short-views.ts';
import type { KnownSender } from './activity.ts';
import { type FormClickOptions, openForm } from './form-click.ts';
import { messageAnswer } from './invoke-answers.ts';
import type { Once } from './once.ts';
import { outlasting } from './outlasting.ts';
import { type Reply, type ReplyOptions, reply } from './reply.ts';

export interface AskFromListOptions extends Pick<FormClickOptions, 'forms'>, ReplyOptions {
  readonly commandPorts: CommandPorts;
  readonly once: Once;
}

const aside = { standsIn: null, readers: 'who-asked' } as const;

/** Which operation it is for is told by the key it is under by now. */
async function formFor(
  options: AskFromListOptions,
  context: TurnContext,
  sender: KnownSender,
  id: ArmId,
): Promise<Reply> {
  const { commandPorts } = options;
  const chosen = await chooseResource(commandPorts.azure, id);
  if (chosen.kind === 'refused') return { card: refusalCard(chosen), ...aside };
  const operation = operationFrom(chosen.value.underCustomerKey ? 'own-key' : 'microsofts-key');
  if (operation === null) throw new Error(`no operation is for ${id}`);
  const { person: by, actor, origin } = sender;
  const opened = await openFormOf(operation, { by, actor, origin, args: { resource: id }, words: [] }, commandPorts);
  return opened.kind === 'refused'
    ? { card: refusalCard(opened), ...aside }
    : openForm(options, context, sender, opened.form);
}

export async function askFromList(
  options: AskFromListOptions,
  context: TurnContext,
  sender: KnownSender & { readonly roles: Roles },
  wanted: unknown,
): Promise<InvokeResponse> {
  if (!sender.roles.asks) return messageAnswer(refusalText(refuse('not-a-requester')));
  const id = ArmId.safeParse(wanted).data;
  if (id === undefined)
    return messageAnswer(refusalText(refuse('unknown-resource', String(wanted ?? '').slice(0, 80))));
  if (await options.once.isFirst(sender, 'list.ask', id.toLowerCase()))
    await reply(options, context, formFor(options, outlasting(context), sender, id), 'everybody');
  return messageAnswer('The form stands below.');
}
