/**
 * A form in its message: what its owner sees, and what others see.
 * In a personal chat, the message is the form. Elsewhere, the message says who is filling in a request, and the form is
 * the owner's own view of it.
 */
import type { InvokeResponse, TurnContext } from 'botbuilder';
import { ArmId } from '../../domain/ids.ts';
import { isRefusal, type Refusal, refuse, refuseOnFailure } from '../../domain/request/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import { chooseResource } from '../../operations/choose.ts';
import type { CommandPorts } from '../../operations/commands/command.ts';
import { findRequest } from '../../operations/find-request.ts';
import type { Form } from '../../operations/form.ts';
import { openAgain, openChange, openForm as openFormOf } from '../../operations/open-form.ts';
import { operationFrom } from '../../operations/registry.ts';
import { postedBelow } from '../../text/lists.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { formOpenCard, formSentCard } from '../cards/views/form-place-view.ts';
import { refusalCard, refusalText } from '../cards/views/short-views.ts';
import { cardActivity, type Posted } from '../delivery/chat.ts';
import { badRequestAnswer, cardAnswer, messageAnswer } from '../invoke-answers.ts';
import { replaceEarlierForm } from './abandoned-forms.ts';
import type { CardClick, KnownSender } from './activity.ts';
import type { BotApp } from './app.ts';
import { type Reply, reply } from './reply.ts';
import { answerWithCard, ownReader } from './request-click.ts';

export function clickedCard({ activity }: TurnContext): Posted | null {
  const { replyToId, conversation } = activity;
  return replyToId === undefined ? null : { conversationId: conversation.id, activityId: replyToId };
}

function shared(form: Form, page: AdaptiveCard, { name, memberId }: KnownSender): AdaptiveCard {
  const isOwn = form.alone || form.origin.conversationType === 'personal' || form.ended !== null;
  return isOwn ? page : formOpenCard(form, { name: name ?? 'Someone', memberId });
}

export async function openFormCard(app: BotApp, sender: KnownSender, form: Form): Promise<Reply> {
  const opened = await app.forms.open(form);
  if (opened.kind === 'refused') return { card: refusalCard(opened), standsIn: null, readers: 'who-asked' };
  if (opened.kind === 'submitted') throw new Error(`form ${form.id} was submitted before it was shown`);
  return {
    card: shared(opened.form, opened.card, sender),
    alone: opened.card,
    standsIn: async (messageId) => {
      await app.forms.standsIn(form.id, messageId);
      if (messageId !== null && form.origin.conversationType !== 'personal') await replaceEarlierForm(app, opened.form);
    },
    readers: 'everybody',
  };
}

/** Replaces the message. Errors are ignored, because the person gets the answer anyway. */
async function replaceCard(context: TurnContext, { origin }: Form, card: AdaptiveCard): Promise<void> {
  if (origin.messageId === undefined) return;
  try {
    await context.updateActivity({ ...cardActivity(card), id: origin.messageId });
  } catch {
    // The card might be deleted.
  }
}

/**
 * Answers the owner with the request's card at once; the background update shows it to everyone. A message for the owner alone
 * doesn't become the request's card.
 */
async function submitted(app: BotApp, form: Form, at: Posted | null) {
  if (form.alone) return cardAnswer(formSentCard(form));
  const { requestId } = form;
  const request = await app.requests.load(requestId);
  if (request === null) throw new Error(`form of ${requestId}: it was submitted, and there is no request`);
  return answerWithCard(app, request, { at, reader: { kind: 'requester' }, automatic: true });
}

/** Returns the form's message. One for its owner alone isn't stored: it is where the client says. */
function messageOf({ alone, origin: { conversationId, messageId } }: Form, at: Posted | null): Posted | null {
  if (alone) return at && { ...at, alone };
  return messageId === undefined ? null : { conversationId, activityId: messageId };
}

/** Returns what reads the page of a slow click. Null: it leads to none, its form is gone, or the owner has clicked since the first read. */
function pageOnce({ forms }: BotApp, form: Form, later: Promise<AdaptiveCard | null>, sender: KnownSender) {
  let first: number | null = null;
  return async (): Promise<AdaptiveCard | null> => {
    const page = await later;
    if (page === null) return null;
    const read = await forms.read(form.id, sender.person).catch(() => undefined);
    // The owner waits for the page, whether or not the form can be read.
    if (read === undefined) return shared(form, page, sender);
    if (read === null) return null;
    first ??= read.revision;
    return read.revision === first ? shared(form, page, sender) : null;
  };
}

export async function answerFormClick(
  app: BotApp,
  context: TurnContext,
  sender: KnownSender,
  at: Posted | null,
  { action }: CardClick,
): Promise<InvokeResponse> {
  const { verb, data } = action;
  const { formId, revision } = data;
  if (formId === undefined) return badRequestAnswer('The click names no form.');
  const inputs = { ...data, zone: sender.zone };
  const call = { by: sender.person, formId, revision: revision ?? -1, verb, inputs, at };
  const answer = await app.forms.click(call);
  if (answer.kind === 'refused') return messageAnswer(refusalText(answer));
  if (answer.kind === 'submitted') return submitted(app, answer.form, at);
  const { form, card, later } = answer;
  // Everyone sees that a form ended or was resumed.
  if (form.ended !== null || verb === 'form.resume') await replaceCard(context, form, shared(form, card, sender));
  const message = messageOf(form, at);
  if (later !== null && message !== null)
    app.later.follow(message, pageOnce(app, form, later, sender), () => app.forms.shown(form.id));
  return cardAnswer(card);
}

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

// A button on a request's card opens a form in its own message: to submit an ended request again, or to edit a waiting one.

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
