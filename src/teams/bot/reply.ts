/** Answering what was typed, however long Azure takes for it. */
import { ActivityTypes, type TurnContext } from 'botbuilder';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { lookingCard } from '../cards/views/short-views.ts';
import { wasTypedAlone } from '../delivery/alone.ts';
import { type Chat, cardActivity, type Posted } from '../delivery/chat.ts';
import type { LaterCards } from './later-cards.ts';
import { withinPatience } from './patience.ts';

/** Who waits longer is shown that somebody types; an answer that is there at once needs no announcement. */
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
    // What was sent first has to arrive first, and within the turn.
    await typing;
  }
}

export interface Reply {
  readonly card: AdaptiveCard;
  /** Told in which message it stands; null: nobody has to know. */
  readonly standsIn: ((messageId: string) => Promise<void>) | null;
  /** A card that others are to see, and that lasts, or an answer that is for whoever asked. */
  readonly readers: 'everybody' | 'who-asked';
}

export interface ReplyOptions {
  readonly chat: Pick<Chat, 'answerAlone'>;
  readonly later: LaterCards;
}

/** Where what was typed was for the bot alone, so is its answer, unless Teams has no way for that: then everybody sees it. */
export async function send(
  { chat }: Pick<ReplyOptions, 'chat'>,
  context: TurnContext,
  card: AdaptiveCard,
  readers: Reply['readers'],
): Promise<Posted> {
  const isAlone = readers === 'who-asked' && wasTypedAlone(context.activity);
  const posted = isAlone ? await chat.answerAlone(context, card) : null;
  if (posted !== null) return posted;
  const sent = await context.sendActivity(cardActivity(card));
  return { conversationId: context.activity.conversation.id, activityId: sent?.id ?? '' };
}

/** Sends the card, or, where it is too slow in coming, one that says so and whose place it takes; `likely` is who reads that. */
export async function reply(
  options: ReplyOptions,
  context: TurnContext,
  coming: Promise<Reply>,
  likely: Reply['readers'],
): Promise<void> {
  if ((await whileTyping(context, withinPatience(coming))) === 'in-time') {
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
