/** Replies to typed commands, however slow Azure is. */
import { ActivityTypes, type TurnContext } from 'botbuilder';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { lookingCard } from '../cards/views/short-views.ts';
import { type Chat, cardActivity, type Posted } from '../delivery/chat.ts';
import { isTargetedMessage } from '../delivery/targeted-messages.ts';
import type { DeferredUpdates } from './deferred-updates.ts';
import { withSoftTimeout } from './soft-timeout.ts';

/** Delay before the typing indicator is shown. Fast answers don't need it. */
const typingAfterMs = 600;

async function whileTyping<T>(context: TurnContext, waiting: Promise<T>): Promise<T> {
  let typing: Promise<unknown> = Promise.resolve();
  const timer = setTimeout(() => {
    typing = context.sendActivity({ type: ActivityTypes.Typing }).catch(() => undefined);
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
  /** Called with the message's ID; null if not needed. */
  readonly standsIn: ((messageId: string) => Promise<void>) | null;
  /** A lasting card for everyone, or an answer only for the requester. */
  readonly readers: 'everybody' | 'who-asked';
}

export interface ReplyOptions {
  readonly chat: Pick<Chat, 'replyTargeted'>;
  readonly later: DeferredUpdates;
}

/**
 * Sends the card. If only the bot saw the command, only its sender sees the answer, unless Teams doesn't support that.
 */
export async function send(
  { chat }: Pick<ReplyOptions, 'chat'>,
  context: TurnContext,
  card: AdaptiveCard,
  readers: Reply['readers'],
): Promise<Posted> {
  const isAlone = readers === 'who-asked' && isTargetedMessage(context.activity);
  const posted = isAlone ? await chat.replyTargeted(context, card) : null;
  if (posted !== null) return posted;
  const sent = await context.sendActivity(cardActivity(card));
  return { conversationId: context.activity.conversation.id, activityId: sent?.id ?? '' };
}

/** Sends the card; if it is slow, first a placeholder that it replaces. `likely`: who sees the placeholder. */
export async function reply(
  options: ReplyOptions,
  context: TurnContext,
  coming: Promise<Reply>,
  likely: Reply['readers'],
): Promise<void> {
  if ((await whileTyping(context, withSoftTimeout(coming))) === 'in-time') {
    const { card, standsIn, readers } = await coming;
    const { activityId } = await send(options, context, card, readers);
    if (activityId !== '') await standsIn?.(activityId);
    return;
  }
  const posted = await send(options, context, lookingCard(), likely);
  const come = async ({ card, standsIn }: Reply): Promise<AdaptiveCard> => {
    await standsIn?.(posted.activityId);
    return card;
  };
  options.later.replace(posted, coming.then(come));
}
