/**
 * A form in its message: what its owner sees, and what others see.
 * In a personal chat, the message is the form. Elsewhere, the message says who is filling in a request, and the form is
 * the owner's own view of it.
 */

import type { InvokeResponse, TurnContext } from 'botbuilder';
import type { Form } from '../../operations/form.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { formOpenCard, formSentCard } from '../cards/views/form-place-view.ts';
import { refusalCard, refusalText } from '../cards/views/short-views.ts';
import { cardActivity, type Posted } from '../delivery/chat.ts';
import { badRequestAnswer, cardAnswer, messageAnswer } from '../invoke-answers.ts';
import { replaceEarlierForm } from './abandoned-forms.ts';
import type { CardClick, KnownSender } from './activity.ts';
import type { BotApp } from './app.ts';
import type { Reply } from './reply.ts';
import { answerWithCard } from './request-click.ts';

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
