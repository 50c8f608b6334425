/** Posts and updates cards as proactive messages, through the Bot Connector. */
import type { Activity, CloudAdapter, ConversationAccount, ConversationReference, TurnContext } from 'botbuilder';
import type { ConnectorClient } from 'botframework-connector';
import type { Conversations } from '../../domain/ports/store.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import type { Trust } from '../trusted-addresses.ts';
import { replyTargeted, statusOf, updateTargeted } from './targeted-messages.ts';

export interface Posted {
  readonly conversationId: string;
  readonly activityId: string;
  /** Only one person sees it, for a day. Never set for a card that must last. */
  readonly alone?: true;
}

export interface Chat {
  /** Replies so that only the sender sees it; null if Teams, or this conversation, doesn't support that. */
  replyTargeted(typed: TurnContext, card: AdaptiveCard): Promise<Posted | null>;
  /** Posts into a conversation: a chat, or a thread of a channel (`…;messageid=…`). */
  post(conversationId: string, card: AdaptiveCard): Promise<Posted>;
  postThread(channelId: string, card: AdaptiveCard): Promise<Posted>;
  /** Returns false if the card or its conversation was deleted. */
  update(posted: Posted, card: AdaptiveCard): Promise<boolean>;
  /** Removes the bot's own message; one that is gone already is no error. */
  remove(posted: Posted): Promise<void>;
}

/** Thrown if no trusted service URL is known for a conversation: the bot hasn't received a message yet. */
export class UnknownServiceUrl extends Error {
  override readonly name = 'UnknownServiceUrl';
}

interface ChatOptions {
  readonly adapter: CloudAdapter;
  readonly botAppId: string;
  readonly botId: string;
  readonly tenantId: string;
  readonly conversations: Conversations;
  /** Used until the tenant's first activity. */
  readonly serviceUrl: string | null;
  /** Checks stored URLs too, because the configuration can change. */
  readonly trust: Trust;
  readonly log: Record<'error' | 'warn', (fields: object, message: string) => void>;
}

export const cardActivity = (card: AdaptiveCard): Partial<Activity> => ({
  type: 'message',
  summary: card.fallbackText,
  attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content: card }],
});

const isGone = (error: unknown): boolean => [404, 410].includes(statusOf(error) ?? 0);

const falseIfGone = (error: unknown): false => {
  if (isGone(error)) return false;
  throw error;
};

/** Returns true if Teams might take it later: the app was removed or blocked, the team archived, or the content is wrong. */
export const isRefused = (error: unknown): boolean => [400, 401, 403, 405, 413].includes(statusOf(error) ?? 0);

export const isUnreachable = (error: unknown): boolean => isGone(error) || isRefused(error);

export function openChat(options: ChatOptions): Chat {
  const { adapter, botAppId, botId, tenantId, conversations, log } = options;

  async function reference(conversationId: string): Promise<Partial<ConversationReference>> {
    const trusted = (url: string | null): string | null => (url !== null && options.trust(url) ? url : null);
    const serviceUrl =
      trusted((await conversations.get(conversationId))?.serviceUrl ?? null) ??
      trusted(await conversations.serviceUrl(tenantId)) ??
      trusted(options.serviceUrl);
    if (serviceUrl === null) throw new UnknownServiceUrl(`posting to ${conversationId}: no service URL is known yet`);
    // Teams knows the conversation type; a client can refuse a wrong one.
    const conversation = { id: conversationId, tenantId } as ConversationAccount;
    return { channelId: 'msteams', serviceUrl, conversation, bot: { id: botId, name: '' } };
  }

  /**
   * Runs inside a proactive turn.
   * Results must be returned, because the context ends with the turn. Failures are passed out explicitly: the adapter
   * would give them to its error handler and report success.
   */
  async function inTurn<T>(conversationId: string, act: (context: TurnContext) => Promise<T>): Promise<T> {
    const turn: { ended?: PromiseSettledResult<T> } = {};
    await adapter.continueConversationAsync(botAppId, await reference(conversationId), async (context) => {
      [turn.ended] = await Promise.allSettled([act(context)]);
    });
    if (turn.ended?.status === 'fulfilled') return turn.ended.value;
    const error = turn.ended?.reason ?? new Error(`posting to ${conversationId}: the turn did not run`);
    if (statusOf(error) === 413)
      log.error({ err: error, conversationId }, 'unexpected error: Teams refuses a card as too large');
    else if (isRefused(error)) log.warn({ err: error, conversationId }, 'Teams refuses a post');
    throw error;
  }

  const clientOf = (context: TurnContext): ConnectorClient => context.turnState.get(adapter.ConnectorClientKey);

  return {
    async replyTargeted(typed, card) {
      const sent = await replyTargeted(clientOf(typed), typed.activity, cardActivity(card), log);
      return sent === null ? null : { conversationId: typed.activity.conversation.id, ...sent, alone: true };
    },
    post: (conversationId, card) =>
      inTurn(conversationId, async (context) => {
        const sent = await context.sendActivity(cardActivity(card));
        return { conversationId, activityId: sent?.id ?? '' };
      }),
    postThread: (channelId, card) =>
      inTurn(channelId, async (context) => {
        const created = await clientOf(context).conversations.createConversation({
          isGroup: true,
          bot: { id: botId, name: '' },
          tenantId,
          channelData: { channel: { id: channelId }, tenant: { id: tenantId } },
          activity: cardActivity(card) as Activity,
        } as Parameters<ConnectorClient['conversations']['createConversation']>[0]);
        return { conversationId: created.id, activityId: created.activityId };
      }),
    remove: ({ conversationId, activityId }) =>
      inTurn(conversationId, async (context) => {
        await context.deleteActivity(activityId).catch(falseIfGone);
      }),
    update: (posted, card) =>
      inTurn(posted.conversationId, async (context) => {
        const edited: Promise<unknown> =
          posted.alone === true
            ? updateTargeted(clientOf(context), context.activity.serviceUrl, posted, cardActivity(card))
            : context.updateActivity({ ...cardActivity(card), id: posted.activityId });
        return edited.then(() => true, falseIfGone);
      }),
  };
}

/**
 * A link to a message of a channel or a group chat (Microsoft, "Deep link to a Teams chat message"). Null in a personal chat: its
 * id in the Connector API isn't the one that Teams clients use.
 */
export function messageLink({ conversationId, activityId }: Posted, tenantId: string): string | null {
  const [place = '', parent] = conversationId.split(';messageid=');
  if (!/^19:[\w.@-]+$/.test(place)) return null;
  const url = new URL(
    `https://teams.microsoft.com/l/message/${encodeURIComponent(place)}/${encodeURIComponent(activityId)}`,
  );
  if (parent === undefined) url.searchParams.set('context', '{"contextType":"chat"}');
  else {
    url.searchParams.set('tenantId', tenantId);
    url.searchParams.set('parentMessageId', parent);
  }
  return url.href;
}
