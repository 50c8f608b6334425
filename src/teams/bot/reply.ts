/** Posts answers: replies, however slow Azure is. */

import type { TurnContext } from 'botbuilder';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { lookingCard } from '../cards/views/short-views.ts';
import { type Chat, cardActivity, type Posted } from '../delivery/chat.ts';
import { isTargetedMessage } from '../delivery/targeted-messages.ts';
import type { DeferredUpdates } from './deferred-updates.ts';

/** Delay before the typing indicator is shown. Fast answers don't need it. */
const typingAfterMs = 600;

async function whileTyping<T>(context: TurnContext, waiting: Promise<T>): Promise<T> {
  let typing: Promise<unknown> = Promise.resolve();
  const timer = setTimeout(() => {
    typing = context.sendActivity({ type: 'typing' }).catch(() => undefined);
  }, typingAfterMs);
  try {
    return await waiting;
  } finally {
    clearTimeout(timer);
    // The indicator must arrive before the answer, and within the turn.
    await typing;
  }
}

export interface Reply {
  readonly card: AdaptiveCard;
  /** In place of it, where only the person who typed sees the answer. */
  readonly alone?: AdaptiveCard;
  /** Called with the message that holds the card; with null if only one person sees it. Null: no callback. */
  readonly standsIn: ((messageId: string | null) => Promise<void>) | null;
  /** A lasting card for others, or an answer for the person who clicked. */
  readonly readers: 'everybody' | 'who-asked';
}

interface TargetedApp {
  readonly chat: Pick<Chat, 'replyTargeted'>;
}

const placeOf = ({ alone, activityId }: Posted): string | null => (alone === true ? null : activityId);

/** Null: what was typed was for everybody, or Teams has no such messages here. */
const sendAlone = async ({ chat }: TargetedApp, context: TurnContext, card: AdaptiveCard): Promise<Posted | null> =>
  isTargetedMessage(context.activity) ? chat.replyTargeted(context, card) : null;

/** Where what was typed was for the bot alone, so is its answer, unless Teams has no way for that: then everybody sees it. */
export async function send(
  { chat }: TargetedApp,
  context: TurnContext,
  card: AdaptiveCard,
  readers: Reply['readers'],
): Promise<Posted> {
  const posted = readers === 'who-asked' ? await sendAlone({ chat }, context, card) : null;
  if (posted !== null) return posted;
  const sent = await context.sendActivity(cardActivity(card));
  return { conversationId: context.activity.conversation.id, activityId: sent?.id ?? '' };
}

/** Sends the card; if it is slow, first a placeholder that it replaces. `likely`: who sees the placeholder. */
export async function reply(
  app: TargetedApp & { readonly later: DeferredUpdates },
  context: TurnContext,
  coming: Promise<Reply>,
  likely: Reply['readers'],
): Promise<void> {
  if ((await whileTyping(context, withSoftTimeout(coming))) === 'in-time') {
    const answer = await coming;
    const posted =
      (answer.alone === undefined ? null : await sendAlone(app, context, answer.alone)) ??
      (await send(app, context, answer.card, answer.readers));
    if (posted.activityId !== '') await answer.standsIn?.(placeOf(posted));
    return;
  }
  const posted = await send(app, context, lookingCard(), likely);
  const come = async ({ card, alone, standsIn }: Reply): Promise<AdaptiveCard> => {
    await standsIn?.(placeOf(posted));
    return posted.alone === true ? (alone ?? card) : card;
  };
  app.later.replace(posted, coming.then(come));
}

/**
 * Teams shows its own error after 10 to 15 s. Authorization happens before, and rendering, storing and the way back
 * take time too. People also don't trust a longer spinner.
 */
const timeoutMs = 5_000;

/** Returns `slow` after the timeout. The work continues, and the caller decides what happens to it. */
export async function withSoftTimeout(work: Promise<unknown>): Promise<'in-time' | 'slow'> {
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<'slow'>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, 'slow');
  });
  try {
    return await Promise.race([work.then(() => 'in-time' as const), slow]);
  } finally {
    clearTimeout(timer);
  }
}
