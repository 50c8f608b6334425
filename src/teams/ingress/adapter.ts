/** The Bot Framework adapter: the SDK's check of callers, and error handling of turns. */
import { randomUUID } from 'node:crypto';
import { ActivityTypes, CloudAdapter, ConfigurationBotFrameworkAuthentication, type TurnContext } from 'botbuilder';
import {
  AuthenticationConfiguration,
  AuthenticationError,
  type BotFrameworkAuthentication,
  BotFrameworkAuthenticationFactory,
} from 'botframework-connector';
import { bugCard, bugText, notStoringCard, notStoringText } from '../cards/views/short-views.ts';
import { cardActivity } from '../delivery/chat.ts';
import { answerWithinMs } from '../delivery/targeted-messages.ts';
import { messageAnswer } from '../invoke-answers.ts';
import { ConnectorCache } from './connector-cache.ts';
import { BotCredentialsFactory, type CredentialsOptions } from './credentials.ts';

interface Log {
  error(fields: object, message: string): void;
}

/**
 * Creates the adapter.
 * Without `credentials`, it uses no tokens, for the sandbox only; otherwise every call needs a token for the app.
 * `isDatabaseUnavailable` recognizes errors of a database that is away or read-only. `limitMs`: timeout of a post or an
 * update.
 */
export function openAdapter(
  credentials: CredentialsOptions | null,
  log: Log,
  isDatabaseUnavailable: (error: unknown) => boolean,
  limitMs = answerWithinMs,
): CloudAdapter {
  const adapter = new CloudAdapter(
    new ConnectorCache(
      credentials === null ? new ConfigurationBotFrameworkAuthentication({}) : authenticationOf(credentials),
      limitMs,
    ),
  );
  adapter.onTurnError = onTurnError(log, isDatabaseUnavailable);
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
  );
}

/** Handles an unexpected error of a turn: logs it with an ID, and shows the ID. */
function onTurnError(
  log: Log,
  isDatabaseUnavailable: (error: unknown) => boolean,
): (context: TurnContext, error: Error) => Promise<void> {
  return async (context, error) => {
    const id = randomUUID().slice(0, 8);
    const passes = isDatabaseUnavailable(error);
    const said = passes ? 'turn ended because nothing can be stored' : 'turn ended by an unexpected error';
    log.error({ err: error, errorId: id, activityType: context.activity.type }, said);
    const [text, card] = passes ? [notStoringText, notStoringCard] : [bugText, bugCard];
    if (context.activity.type === ActivityTypes.Invoke) {
      await context.sendActivity({ type: ActivityTypes.InvokeResponse, value: messageAnswer(text(id)) });
    } else if (context.activity.type === ActivityTypes.Message) {
      await context.sendActivity(cardActivity(card(id))).catch(() => undefined);
    }
  };
}
