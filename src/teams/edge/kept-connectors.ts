/**
 * The SDK makes a client for Bot Framework anew in every turn. One for each service URL does: it signs each request by itself,
 * which is where the address is looked at before a token is put on it (`credentials.ts`), so keeping it excuses nothing.
 */
import type { Activity } from 'botbuilder';
import {
  type AuthenticateRequestResult,
  BotFrameworkAuthentication,
  type ClaimsIdentity,
  type ConnectorClient,
  ConnectorFactory,
  type UserTokenClient,
} from 'botframework-connector';

/** Teams has a handful of service URLs. Who brings others, on a trial, makes clients as before. */
const mostKept = 50;

/** What of a caller decides with which credentials a client is made: for whom the call was, and by which app. */
const appClaims: readonly string[] = ['aud', 'appid', 'azp'];

type Clients = Map<string, Promise<ConnectorClient>>;

class KeptFactory extends ConnectorFactory {
  private readonly inner: ConnectorFactory;
  private readonly clients: Clients;
  private readonly caller: string;

  constructor(inner: ConnectorFactory, clients: Clients, { claims }: Pick<ClaimsIdentity, 'claims'>) {
    super();
    this.inner = inner;
    this.clients = clients;
    this.caller = JSON.stringify(claims.filter(({ type }) => appClaims.includes(type)));
  }

  async create(serviceUrl: string, audience: string): Promise<ConnectorClient> {
    const key = JSON.stringify([serviceUrl, audience, this.caller]);
    const known = this.clients.get(key);
    if (known !== undefined) return known;
    if (this.clients.size >= mostKept) this.clients.clear();
    const made = this.inner.create(serviceUrl, audience);
    this.clients.set(key, made);
    // What could not be made is asked for again.
    made.catch(() => this.clients.delete(key));
    return made;
  }
}

/** The same authentication, with clients that are kept. */
export class KeptConnectors extends BotFrameworkAuthentication {
  private readonly inner: BotFrameworkAuthentication;
  private readonly clients: Clients = new Map();

  constructor(inner: BotFrameworkAuthentication) {
    super();
    this.inner = inner;
  }

  async authenticateRequest(activity: Activity, authHeader: string): Promise<AuthenticateRequestResult> {
    return this.keeping(await this.inner.authenticateRequest(activity, authHeader));
  }

  async authenticateStreamingRequest(authHeader: string, channelIdHeader: string): Promise<AuthenticateRequestResult> {
    return this.keeping(await this.inner.authenticateStreamingRequest(authHeader, channelIdHeader));
  }

  createConnectorFactory(claimsIdentity: ClaimsIdentity): ConnectorFactory {
    return new KeptFactory(this.inner.createConnectorFactory(claimsIdentity), this.clients, claimsIdentity);
  }

  createUserTokenClient(claimsIdentity: ClaimsIdentity): Promise<UserTokenClient> {
    return this.inner.createUserTokenClient(claimsIdentity);
  }

  override getOriginatingAudience(): string {
    return this.inner.getOriginatingAudience();
  }

  override authenticateChannelRequest(authHeader: string): Promise<ClaimsIdentity> {
    return this.inner.authenticateChannelRequest(authHeader);
  }

  private keeping(result: AuthenticateRequestResult): AuthenticateRequestResult {
    const { connectorFactory: inner, claimsIdentity } = result;
    if (inner === undefined) return result;
    return { ...result, connectorFactory: new KeptFactory(inner, this.clients, claimsIdentity) };
  }
}
