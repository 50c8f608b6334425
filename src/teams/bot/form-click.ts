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
import type { CardClick, KnownSender } from './activity.ts';
import type { Forms } from './forms.ts';
import type { Reply } from './reply.ts';
import { answerWithCard, type RequestClickOptions } from './request-click.ts';

export interface FormClickOptions extends Pick<RequestClickOptions, 'actionPorts' | 'requestCards' | 'later'> {
  readonly forms: Forms;
  /** An earlier form of the same person in the same channel makes way. */
  readonly replaceEarlierForm: (form: Form) => Promise<void>;
}

/** Returns the location of the clicked card, as the client reports it. */
export function clickedCard({ activity }: TurnContext): Posted | null {
  const { replyToId, conversation } = activity;
  return replyToId === undefined ? null : { conversationId: conversation.id, activityId: replyToId };
}

/** Returns what everyone sees while the owner sees the page. */
function shared(form: Form, page: AdaptiveCard, { name, memberId }: KnownSender): AdaptiveCard {
  const isOwn = form.alone || form.origin.conversationType === 'personal' || form.ended !== null;
  return isOwn ? page : formOpenCard(form, { name: name ?? 'Someone', memberId });
}

/** Returns the card that answers a command which opens a form. */
export async function openFormCard(
  { forms, replaceEarlierForm }: Pick<FormClickOptions, 'forms' | 'replaceEarlierForm'>,
  sender: KnownSender,
  form: Form,
): Promise<Reply> {
  const opened = await forms.open(form);
  if (opened.kind === 'refused') return { card: refusalCard(opened), standsIn: null, readers: 'who-asked' };
  if (opened.kind === 'submitted') throw new Error(`form ${form.id} was submitted before it was shown`);
  return {
    card: shared(opened.form, opened.card, sender),
    alone: opened.card,
    standsIn: async (messageId) => {
      await forms.standsIn(form.id, messageId);
      if (messageId !== null && form.origin.conversationType !== 'personal') await replaceEarlierForm(opened.form);
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
async function submitted(options: FormClickOptions, form: Form, at: Posted | null) {
  if (form.alone) return cardAnswer(formSentCard(form));
  const { requestId } = form;
  const request = await options.actionPorts.requests.load(requestId);
  if (request === null) throw new Error(`form of ${requestId}: it was submitted, and there is no request`);
  return answerWithCard(options, request, { at, reader: { kind: 'requester' }, automatic: true });
}

/** `at`: the clicked card, as the client reports it. */
export async function answerFormClick(
  options: FormClickOptions,
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
  const answer = await options.forms.click(call);
  if (answer.kind === 'refused') return messageAnswer(refusalText(answer));
  if (answer.kind === 'submitted') return submitted(options, answer.form, at);
  const { form, card, later } = answer;
  // Everyone sees that a form ended or was resumed.
  if (form.ended !== null || verb === 'form.resume') await replaceCard(context, form, shared(form, card, sender));
  if (later !== null && at !== null) {
    const show = (page: AdaptiveCard | null) => (page === null ? null : shared(form, page, sender));
    options.later.replace(form.alone ? { ...at, alone: true } : at, later.then(show));
  }
  return cardAnswer(card);
}
