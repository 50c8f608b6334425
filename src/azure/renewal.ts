/**
 * Replaces a token that Azure refuses with 401, once, before the call fails. It might have expired by Azure's clock but not by
 * this machine's, or was revoked. The SDK does so only if the answer asks for further claims.
 */
import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth';
import type { PipelinePolicy, PipelineRequest } from '@azure/core-rest-pipeline';

type AbortSignalLike = NonNullable<GetTokenOptions['abortSignal']>;

interface Asked {
  readonly scopes: string | string[];
  readonly options: GetTokenOptions;
}

/** Maximum number of remembered tokens: more than there are services. Older ones were replaced long ago. */
const mostTokens = 50;

/** Time before its expiry at which a token is renewed, as in the SDK. */
const beforeEndMs = 300_000;

/** Returns the cache key of a token; null: it's requested with its own claim and can't be shared. */
function purposeOf({ scopes, options }: Asked): string | null {
  const { claims, tenantId, enableCae } = options;
  return claims === undefined ? JSON.stringify([scopes, tenantId, enableCae]) : null;
}

const isGood = ({ expiresOnTimestamp, refreshAfterTimestamp = Number.POSITIVE_INFINITY }: AccessToken): boolean =>
  Date.now() < Math.min(expiresOnTimestamp - beforeEndMs, refreshAfterTimestamp);

/**
 * Rejects with a `TimeoutError` when the call that needs the token is aborted. `@azure/identity` continues anyway (seen with
 * 4.14.1), and the next call gets its result.
 */
const unlessGivenUp = <T>(signingIn: Promise<T>, signal: AbortSignalLike): Promise<T> =>
  new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new DOMException('no token in time', 'TimeoutError'));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp);
    signingIn.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });

/**
 * Credential that can sign in again, to get a token that isn't in any cache. It returns the current token while it's valid:
 * each new client requests one, and the SDK's cache lookup takes longer than the call.
 */
export class RenewableCredential implements TokenCredential {
  private readonly open: () => TokenCredential;
  private current: TokenCredential;
  private readonly asked = new Map<string, Asked>();
  private readonly replaced = new Map<string, string>();
  private readonly held = new Map<string, AccessToken>();
  private readonly underWay = new Map<string, Promise<AccessToken | null>>();

  constructor(open: () => TokenCredential) {
    this.open = open;
    this.current = open();
  }

  async getToken(scopes: string | string[], options: GetTokenOptions = {}): Promise<AccessToken | null> {
    const purpose = purposeOf({ scopes, options });
    const held = purpose === null ? undefined : this.held.get(purpose);
    if (held !== undefined && isGood(held)) return held;
    const underWay = purpose === null ? undefined : this.underWay.get(purpose);
    const signingIn = underWay ?? this.signIn({ scopes, options }, purpose);
    return options.abortSignal === undefined ? signingIn : unlessGivenUp(signingIn, options.abortSignal);
  }

  /** Shares one pending sign-in among all callers with the same purpose. */
  private signIn(asked: Asked, purpose: string | null): Promise<AccessToken | null> {
    const coming = this.ask(asked, purpose).finally(() => {
      if (purpose !== null && this.underWay.get(purpose) === coming) this.underWay.delete(purpose);
    });
    if (purpose !== null) this.underWay.set(purpose, coming);
    return coming;
  }

  private async ask({ scopes, options }: Asked, purpose: string | null): Promise<AccessToken | null> {
    const by = this.current;
    const answered = await by.getToken(scopes, options);
    if (answered === null) return null;
    this.keep(answered.token, { scopes, options });
    // A slow earlier sign-in might return the refused token.
    if (purpose !== null && by === this.current) this.held.set(purpose, answered);
    return answered;
  }

  /** Returns the replacement of a token, or the token itself. */
  latest(token: string): string {
    const next = this.replaced.get(token);
    return next === undefined ? token : this.latest(next);
  }

  /**
   * Returns a new token in place of a refused one; null: none. The cache of managed identities outlives a credential and can
   * return the same token again.
   */
  async insteadOf(refused: string): Promise<string | null> {
    const latest = this.latest(refused);
    if (latest !== refused) return latest;
    const asked = this.asked.get(refused);
    if (asked === undefined) return null;
    this.current = this.open();
    this.held.clear();
    this.underWay.clear();
    const token = (await this.getToken(asked.scopes, asked.options))?.token;
    if (token === undefined || token === refused) return null;
    this.replaced.set(refused, token);
    return token;
  }

  private keep(token: string, { scopes, options }: Asked): void {
    // Without options of a single request, such as its abort signal.
    const { abortSignal: _, requestOptions: __, tracingOptions: ___, ...lasting } = options;
    this.asked.set(token, { scopes, options: lasting });
    const [oldest] = this.asked.keys();
    if (this.asked.size <= mostTokens || oldest === undefined) return;
    this.asked.delete(oldest);
    this.replaced.delete(oldest);
  }
}

const scheme = 'Bearer ';
const tokenOf = ({ headers }: PipelineRequest): string | null => {
  const header = headers.get('authorization') ?? '';
  return header.startsWith(scheme) ? header.slice(scheme.length) : null;
};

/** Policy after authentication: each request has its own token there, with any client. */
export const renewRefusedTokens = (credential: TokenCredential): PipelinePolicy => ({
  name: 'cmkRenewal',
  async sendRequest(request, next) {
    const token = tokenOf(request);
    if (token === null || !(credential instanceof RenewableCredential)) return next(request);
    const latest = credential.latest(token);
    if (latest !== token) request.headers.set('authorization', `${scheme}${latest}`);
    const response = await next(request);
    if (response.status !== 401) return response;
    const fresh = await credential.insteadOf(latest);
    if (fresh === null) return response;
    request.headers.set('authorization', `${scheme}${fresh}`);
    return next(request);
  },
});
