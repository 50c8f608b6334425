/** The Bot Framework adapter: the SDK's check of callers, and error handling of turns. */

import { randomUUID } from 'node:crypto';
import {
  type Activity,
  ActivityTypes,
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  type TurnContext,
} from 'botbuilder';
import {
  AuthenticationConfiguration,
  AuthenticationError,
  type BotFrameworkAuthentication,
  BotFrameworkAuthenticationFactory,
} from 'botframework-connector';
import { isDatabaseUnavailable } from '../../domain/database-errors.ts';
import { bugCard, bugText, notStoringCard, notStoringText } from '../cards/views/short-views.ts';
import { cardActivity, isUnreachable } from '../delivery/chat.ts';
import { isTargetedMessage, replyTargeted } from '../delivery/targeted-messages.ts';
import { messageAnswer } from '../invoke-answers.ts';
import { BotCredentialsFactory, type CredentialsOptions } from './bot-credentials.ts';
import { withCachedClients } from './client-cache.ts';
import { openHttpClient } from './throttled-calls.ts';

/** Time limit of a post or an update. Teams waits as long for the bot. */
const answerWithinMs = 15_000;

interface Log {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * Creates the adapter.
 * Without `credentials`, it uses no tokens, for the sandbox only; otherwise every call needs a token for the app.
 * `limitMs`: timeout of a post or an update.
 */
export function openAdapter(credentials: CredentialsOptions | null, log: Log, limitMs = answerWithinMs): CloudAdapter {
  const adapter = new CloudAdapter(
    withCachedClients(
      credentials === null
        ? new ConfigurationBotFrameworkAuthentication({}, undefined, undefined, undefined, {
            httpClient: openHttpClient(),
          })
        : authenticationOf(credentials),
      limitMs,
    ),
  );
  adapter.onTurnError = onTurnError(adapter, log);
  return adapter;
}

/** Accepts only calls that {@link openCallerTokens} accepted. */
function authenticationOf(credentials: CredentialsOptions): BotFrameworkAuthentication {
  const { metadataUrl, issuer, scope } = credentials.framework;
  const onlyFromChannels = new AuthenticationConfiguration([], async (claims) => {
    if (claims.some(({ type, value }) => type === 'iss' && value === issuer)) return;
    throw new AuthenticationError('The token was not issued by Bot Framework.', 401);
  });
  return BotFrameworkAuthenticationFactory.create(
    '',
    true,
    // The login endpoint is part of the credentials.
    '',
    scope,
    issuer,
    // Users don't sign in through the bot.
    '',
    metadataUrl,
    // The Emulator isn't supported: its tokens are checked against the same keys and rejected.
    metadataUrl,
    '',
    new BotCredentialsFactory(credentials),
    onlyFromChannels,
    undefined,
    { httpClient: openHttpClient() },
  );
}

/** Handles an unexpected error of a turn: logs it with an ID, and shows the ID. */
function onTurnError(adapter: CloudAdapter, log: Log): (context: TurnContext, error: Error) => Promise<void> {
  return async (context, error) => {
    if (context.activity.type === ActivityTypes.Message && isUnreachable(error)) {
      const { id: conversationId } = context.activity.conversation;
      log.warn({ err: error, conversationId }, 'no answer was posted: its place is gone, or Teams refuses it');
      return;
    }
    const id = randomUUID().slice(0, 8);
    const passes = isDatabaseUnavailable(error);
    const said = passes ? 'turn failed: the database is unavailable' : 'turn failed: unexpected error';
    log.error({ err: error, errorId: id, activityType: context.activity.type }, said);
    const [text, card] = passes ? [notStoringText, notStoringCard] : [bugText, bugCard];
    if (context.activity.type === ActivityTypes.Invoke) {
      await context.sendActivity({ type: ActivityTypes.InvokeResponse, value: messageAnswer(text(id)) });
    } else if (context.activity.type === ActivityTypes.Message) {
      await answer(adapter, context, cardActivity(card(id)), log).catch(() => undefined);
    }
  };
}

/** Answers a message as it was typed: for everyone, or for its sender alone. */
async function answer(adapter: CloudAdapter, context: TurnContext, card: Partial<Activity>, log: Log): Promise<void> {
  const { activity, turnState } = context;
  const isAlone = isTargetedMessage(activity);
  const sent = isAlone ? await replyTargeted(turnState.get(adapter.ConnectorClientKey), activity, card, log) : null;
  if (sent === null) await context.sendActivity(card);
}
