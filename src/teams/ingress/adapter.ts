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
  AppCredentials,
  type AuthenticateRequestResult,
  AuthenticationConfiguration,
  AuthenticationError,
  type AuthenticatorResult,
  type BotFrameworkAuthentication,
  BotFrameworkAuthenticationFactory,
  type ClaimsIdentity,
  type ConnectorClient,
  ConnectorFactory,
  ServiceClientCredentialsFactory,
  type UserTokenClient,
} from 'botframework-connector';
import { isDatabaseUnavailable } from '../../domain/database-errors.ts';
import type { BotFramework, Trust } from '../bot-framework.ts';
import { bugCard, bugText, notStoringCard, notStoringText } from '../cards/views/short-views.ts';
import { cardActivity, isUnreachable } from '../delivery/chat.ts';
import { isTargetedMessage, replyTargeted } from '../delivery/targeted-messages.ts';
import { messageAnswer } from '../invoke-answers.ts';
import { openHttpClient, withinLimit } from './throttled-calls.ts';

// Caches Bot Framework clients for each service URL; the SDK would create one in every turn. This skips no check: the
// client signs each request itself, and checks the address before it adds a token (`adapter.ts`).

/** Teams has a handful of service URLs. If a caller tries many others, the cache is cleared. */
const maxEntries = 50;

/** Claims that determine the credentials of a client: the audience and the calling app. */
const appClaims: readonly string[] = ['aud', 'appid', 'azp'];

/** Caches promises by key. Failed ones are removed. */
function promiseCache<T>() {
  const known = new Map<string, Promise<T>>();
  return (key: string, make: () => Promise<T>): Promise<T> => {
    const before = known.get(key);
    if (before !== undefined) return before;
    if (known.size >= maxEntries) known.clear();
    const made = make();
    known.set(key, made);
    made.catch(() => known.delete(key));
    return made;
  };
}

/** Sets a time limit for each call, because the SDK has none. The worker tries again later. */
function withTimeLimit(client: ConnectorClient, limitMs: number): ConnectorClient {
  const sendOperation = client.sendOperationRequest.bind(client);
  const send = client.sendRequest.bind(client);
  client.sendOperationRequest = (given, ...rest) =>
    withinLimit(limitMs, (abortSignal) =>
      sendOperation({ ...given, options: { abortSignal, ...given.options } }, ...rest),
    );
  client.sendRequest = (request) =>
    withinLimit(limitMs, (abortSignal) => send(Object.assign(request, { abortSignal })));
  return client;
}

const callerOf = ({ claims }: Pick<ClaimsIdentity, 'claims'>): string =>
  JSON.stringify(claims.filter(({ type }) => appClaims.includes(type)));

/** Makes the authentication cache its clients, with a time limit of `limitMs` for each call. */
function withCachedClients(inner: BotFrameworkAuthentication, limitMs: number): BotFrameworkAuthentication {
  const clients = promiseCache<ConnectorClient>();
  const userClients = promiseCache<UserTokenClient>();
  const caching = (factory: ConnectorFactory, caller: ClaimsIdentity): ConnectorFactory =>
    new (class extends ConnectorFactory {
      create(serviceUrl: string, audience: string): Promise<ConnectorClient> {
        const key = JSON.stringify([serviceUrl, audience, callerOf(caller)]);
        return clients(key, async () => withTimeLimit(await factory.create(serviceUrl, audience), limitMs));
      }
    })();
  const keeping = (result: AuthenticateRequestResult): AuthenticateRequestResult => {
    const { connectorFactory: factory, claimsIdentity } = result;
    return factory === undefined ? result : { ...result, connectorFactory: caching(factory, claimsIdentity) };
  };
  const authenticate = inner.authenticateRequest.bind(inner);
  const authenticateStreaming = inner.authenticateStreamingRequest.bind(inner);
  const createFactory = inner.createConnectorFactory.bind(inner);
  const createUserClient = inner.createUserTokenClient.bind(inner);
  return Object.assign(inner, {
    authenticateRequest: async (...given: Parameters<typeof authenticate>) => keeping(await authenticate(...given)),
    authenticateStreamingRequest: async (...given: Parameters<typeof authenticateStreaming>) =>
      keeping(await authenticateStreaming(...given)),
    createConnectorFactory: (caller: ClaimsIdentity) => caching(createFactory(caller), caller),
    createUserTokenClient: (caller: ClaimsIdentity) => userClients(callerOf(caller), () => createUserClient(caller)),
  });
}

/**
 * Returns a token for a scope such as `https://api.botframework.com/.default`; can be cached. Throws if it is refused.
 */
type TokenSource = (scope: string) => Promise<{ readonly token: string; readonly expiresOnTimestamp: number }>;

class UntrustedServiceUrl extends Error {
  override readonly name = 'UntrustedServiceUrl';
}

interface CredentialsOptions {
  readonly framework: BotFramework;
  readonly fetchToken: TokenSource;
  readonly trust: Trust;
}

type Request = Parameters<AppCredentials['signRequest']>[0];

class BotCredentials extends AppCredentials {
  private readonly options: CredentialsOptions;

  constructor(options: CredentialsOptions) {
    super(options.framework.appId, undefined, options.framework.scope);
    this.options = options;
  }

  override async signRequest(request: Request): Promise<Request> {
    if (!this.options.trust(request.url)) {
      throw new UntrustedServiceUrl(`${new URL(request.url).origin} is no service URL of Teams: nothing is sent there`);
    }
    return super.signRequest(request);
  }

  protected async refreshToken(): Promise<AuthenticatorResult> {
    const { token, expiresOnTimestamp } = await this.options.fetchToken(`${this.options.framework.scope}/.default`);
    return { accessToken: token, expiresOn: new Date(expiresOnTimestamp) };
  }
}

/** Replaces the SDK's factory, which can only use Microsoft's login servers. */
export class BotCredentialsFactory extends ServiceClientCredentialsFactory {
  private readonly options: CredentialsOptions;

  constructor(options: CredentialsOptions) {
    super();
    this.options = options;
  }

  async isValidAppId(appId: string): Promise<boolean> {
    return appId === this.options.framework.appId;
  }

  async isAuthenticationDisabled(): Promise<boolean> {
    return false;
  }

  async createCredentials(appId: string): Promise<AppCredentials> {
    if (!(await this.isValidAppId(appId))) throw new Error('a token was wanted for another app');
    return new BotCredentials(this.options);
  }
}

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
