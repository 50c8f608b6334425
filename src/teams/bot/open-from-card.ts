/**
 * Buttons that open a form, or a card, in a message of its own: on lists, and on a request's card to submit an ended
 * request again or to edit a waiting one.
 */

import type { InvokeResponse, TurnContext } from 'botbuilder';
import { ArmId } from '../../domain/ids.ts';
import { isRefusal, type Refusal, refuse, refuseOnFailure } from '../../domain/request/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import { chooseResource } from '../../operations/choose.ts';
import type { CommandPorts } from '../../operations/commands/command.ts';
import { findRequest } from '../../operations/find-request.ts';
import { openAgain, openChange, openForm as openFormOf } from '../../operations/open-form.ts';
import { operationFrom } from '../../operations/registry.ts';
import { postedBelow } from '../../text/lists.ts';
import { refusalCard, refusalText } from '../cards/views/short-views.ts';
import { messageAnswer } from '../invoke-answers.ts';
import type { CardClick, KnownSender } from './activity.ts';
import type { BotApp } from './app.ts';
import { clickedCard, openFormCard } from './form-click.ts';
import { type Reply, reply } from './reply.ts';
import { ownReader } from './request-click.ts';

const aside = { standsIn: null, readers: 'who-asked' } as const;

/** The resource's current key decides which operation it is. */
async function formFor(app: BotApp, sender: KnownSender, id: ArmId): Promise<Reply> {
  const { person: by, actor, origin } = sender;
  const opened = await refuseOnFailure(async () => {
    const chosen = await chooseResource(app.azure, id);
    if (isRefusal(chosen)) return chosen;
    const operation = operationFrom(chosen.underCustomerKey ? 'own-key' : 'microsofts-key');
    if (operation === null) throw new Error(`no operation is for ${id}`);
    return openFormOf(operation, { by, actor, origin, args: { resource: id }, words: [] }, app);
  });
  return opened.kind === 'refused' ? { card: refusalCard(opened), ...aside } : openFormCard(app, sender, opened.form);
}

export async function askFromList(
  app: BotApp,
  context: TurnContext,
  sender: KnownSender,
  wanted: unknown,
): Promise<InvokeResponse> {
  const id = ArmId.safeParse(wanted).data;
  if (id === undefined) return refused(refuse('unknown-resource', String(wanted ?? '').slice(0, 80)));
  if (await app.once.isFirst(sender, 'list.ask', id.toLowerCase()))
    await reply(app, context, formFor(app, sender, id), 'everybody');
  return messageAnswer(postedBelow.form);
}

/** Everyone with a role can view it. What they can do is checked at each click on the card. */
export async function openFromList(app: BotApp, sender: KnownSender, wanted: string): Promise<InvokeResponse> {
  const request = await findRequest(app.requests, wanted);
  if (isRefusal(request)) return refused(request);
  const reader = await ownReader(app, request, sender.person);
  await app.requestCards.open(request, sender.origin, reader);
  return messageAnswer(postedBelow.card(request.id));
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
  app: BotApp,
  context: TurnContext,
  sender: KnownSender,
  { action: { verb, data } }: CardClick,
): Promise<InvokeResponse> {
  const request = await findRequest(app.requests, data.requestId);
  if (isRefusal(request)) return refused(request);
  const opened = await openers[verb]?.(request, sender, data.revision ?? -1, app);
  if (opened === undefined) throw new Error(`${verb} opens no form`);
  if (opened.kind === 'refused') return refused(opened);
  if (await app.once.isFirst(sender, verb, `${request.id}/${request.asking}`))
    await reply(app, context, openFormCard(app, sender, opened.form), 'everybody');
  await app.requestCards.registerCopy(request.id, clickedCard(context));
  return messageAnswer(postedBelow.form);
}
