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

/** Sends the card, or, where it is too slow in coming, one that says so and whose place it takes. */
export async function reply(context: TurnContext, later: LaterCards, card: Promise<AdaptiveCard>): Promise<void> {
  if ((await whileTyping(context, withinPatience(card))) === 'in-time') {
    await context.sendActivity(cardActivity(await card));
    return;
  }
  const { id: conversationId } = context.activity.conversation;
  const sent = await context.sendActivity(cardActivity(lookingCard()));
  later.replace({ conversationId, activityId: sent?.id ?? '' }, card);
}
