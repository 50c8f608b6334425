/** Answering what was typed, however long Azure takes for it. */
import { ActivityTypes, type TurnContext } from 'botbuilder';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { lookingCard } from '../cards/views/short-views.ts';
import { cardActivity } from '../posts/chat.ts';
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
}

/** Sends the card, or, where it is too slow in coming, one that says so and whose place it takes. */
export async function reply(context: TurnContext, later: LaterCards, coming: Promise<Reply>): Promise<void> {
  if ((await whileTyping(context, withinPatience(coming))) === 'in-time') {
    const { card, standsIn } = await coming;
    const sent = await context.sendActivity(cardActivity(card));
    if (sent !== undefined) await standsIn?.(sent.id);
    return;
  }
  const { id: conversationId } = context.activity.conversation;
  const activityId = (await context.sendActivity(cardActivity(lookingCard())))?.id ?? '';
  const come = async ({ card, standsIn }: Reply): Promise<AdaptiveCard> => {
    await standsIn?.(activityId);
    return card;
  };
  later.replace({ conversationId, activityId }, coming.then(come));
}
