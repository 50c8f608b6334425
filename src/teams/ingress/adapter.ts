/** The Bot Framework adapter: the SDK's own check of callers, and what happens when a turn ends in a bug. */
import { randomUUID } from 'node:crypto';
import { ActivityTypes, CloudAdapter, ConfigurationBotFrameworkAuthentication, type TurnContext } from 'botbuilder';
import {
  AuthenticationConfiguration,
  AuthenticationError,
  type BotFrameworkAuthentication,
  BotFrameworkAuthenticationFactory,
} from 'botframework-connector';
import { bugCard, bugText, notStoringCard, notStoringText } from '../cards/views/short-views.ts';
import { answerWithinMs } from '../delivery/alone.ts';
import { cardActivity } from '../delivery/chat.ts';
import { messageAnswer } from '../invoke-answers.ts';
import { BotCredentialsFactory, type CredentialsOptions } from './credentials.ts';
import { KeptConnectors } from './kept-connectors.ts';

interface Log {
  error(fields: object, message: string): void;
}

/**
 * Null credentials: no tokens, for one machine only. Else every call must carry a token for the app. `isDatabaseUnavailable`: whether an
 * error says that the database is away or takes nothing. `limitMs`: how long Teams has to answer a post or an update.
 */
export function openAdapter(
  credentials: CredentialsOptions | null,
  log: Log,
  isDatabaseUnavailable: (error: unknown) => boolean,
  limitMs = answerWithinMs,
): CloudAdapter {
  const adapter = new CloudAdapter(
    new KeptConnectors(
      credentials === null ? new ConfigurationBotFrameworkAuthentication({}) : authenticationOf(credentials),
      limitMs,
    ),
  );
  adapter.onTurnError = onTurnError(log, isDatabaseUnavailable);
  return adapter;
}

/** Takes what {@link openCallerTokens} let through, and nothing that only the SDK would. */
function authenticationOf(credentials: CredentialsOptions): BotFrameworkAuthentication {
  const { metadataUrl, issuer, scope } = credentials.framework;
  const onlyFromChannels = new AuthenticationConfiguration([], async (claims) => {
    if (claims.some(({ type, value }) => type === 'iss' && value === issuer)) return;
    throw new AuthenticationError('The token was not issued by Bot Framework.', 401);
  });
  return BotFrameworkAuthenticationFactory.create(
    '',
    true,
    // Where the bot signs in: the credentials know.
    '',
    scope,
    issuer,
    // Users do not sign in through the bot.
    '',
    metadataUrl,
    // Nor does the Emulator: its tokens would be looked for among the same keys, and are not there.
    metadataUrl,
    '',
    new BotCredentialsFactory(credentials),
    onlyFromChannels,
  );
}

/** What nobody expected is caught once per turn, logged with an id, and shown with that id. */
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
