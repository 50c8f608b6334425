/**
 * Caches Bot Framework clients for each service URL; the SDK would create one in every turn. This skips no check: the
 * client signs each request itself, and checks the address before it adds a token (`bot-credentials.ts`).
 */

import {
  type AuthenticateRequestResult,
  type BotFrameworkAuthentication,
  type ClaimsIdentity,
  type ConnectorClient,
  ConnectorFactory,
  type UserTokenClient,
} from 'botframework-connector';
import { withinLimit } from './throttled-calls.ts';

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
export function withCachedClients(inner: BotFrameworkAuthentication, limitMs: number): BotFrameworkAuthentication {
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
