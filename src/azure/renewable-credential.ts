/**
 * Replaces a token that Azure refuses with 401, once, before the call fails. It might have expired by Azure's clock but not by
 * this machine's, or was revoked. The SDK does so only if the answer asks for further claims.
 */
import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth';
import type { PipelinePolicy, PipelineRequest } from '@azure/core-rest-pipeline';

type AbortSignalLike = NonNullable<GetTokenOptions['abortSignal']>;

interface TokenRequest {
  readonly scopes: string | string[];
  readonly options: GetTokenOptions;
}

/** Maximum number of remembered tokens: more than there are services. Older ones were replaced long ago. */
const maxTokens = 50;

/** Time before its expiry at which a token is renewed, as in the SDK. */
const renewBeforeMs = 300_000;

/** Returns the cache key of a token; null: it's requested with its own claim and can't be shared. */
function purposeOf({ scopes, options }: TokenRequest): string | null {
  const { claims, tenantId, enableCae } = options;
  return claims === undefined ? JSON.stringify([scopes, tenantId, enableCae]) : null;
}

const isFresh = ({ expiresOnTimestamp, refreshAfterTimestamp = Number.POSITIVE_INFINITY }: AccessToken): boolean =>
  Date.now() < Math.min(expiresOnTimestamp - renewBeforeMs, refreshAfterTimestamp);

/**
 * Rejects with a `TimeoutError` when the call that needs the token is aborted. `@azure/identity` continues anyway (seen with
 * 4.14.1), and the next call gets its result.
 */
const abortable = <T>(signingIn: Promise<T>, signal: AbortSignalLike): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(new DOMException('no token in time', 'TimeoutError'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    signingIn.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });

/**
 * Credential that can sign in again, to get a token that isn't in any cache. It returns the current token while it's valid:
 * each new client requests one, and the SDK's cache lookup takes longer than the call.
 */
export class RenewableCredential implements TokenCredential {
  private readonly open: () => TokenCredential;
  private current: TokenCredential;
  private readonly requests = new Map<string, TokenRequest>();
  private readonly replaced = new Map<string, string>();
  private readonly cached = new Map<string, AccessToken>();
  private readonly pending = new Map<string, Promise<AccessToken | null>>();

  constructor(open: () => TokenCredential) {
    this.open = open;
    this.current = open();
  }

  async getToken(scopes: string | string[], options: GetTokenOptions = {}): Promise<AccessToken | null> {
    const purpose = purposeOf({ scopes, options });
    const cached = purpose === null ? undefined : this.cached.get(purpose);
    if (cached !== undefined && isFresh(cached)) return cached;
    const pending = purpose === null ? undefined : this.pending.get(purpose);
    const signingIn = pending ?? this.signIn({ scopes, options }, purpose);
    return options.abortSignal === undefined ? signingIn : abortable(signingIn, options.abortSignal);
  }

  /** Shares one pending sign-in among all callers with the same purpose. */
  private signIn(request: TokenRequest, purpose: string | null): Promise<AccessToken | null> {
    const signingIn = this.requestToken(request, purpose).finally(() => {
      if (purpose !== null && this.pending.get(purpose) === signingIn) this.pending.delete(purpose);
    });
    if (purpose !== null) this.pending.set(purpose, signingIn);
    return signingIn;
  }

  private async requestToken({ scopes, options }: TokenRequest, purpose: string | null): Promise<AccessToken | null> {
    const credential = this.current;
    const token = await credential.getToken(scopes, options);
    if (token === null) return null;
    this.remember(token.token, { scopes, options });
    // A slow earlier sign-in might return the refused token.
    if (purpose !== null && credential === this.current) this.cached.set(purpose, token);
    return token;
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
  async replace(refused: string): Promise<string | null> {
    const latest = this.latest(refused);
    if (latest !== refused) return latest;
    const request = this.requests.get(refused);
    if (request === undefined) return null;
    this.current = this.open();
    this.cached.clear();
    this.pending.clear();
    const token = (await this.getToken(request.scopes, request.options))?.token;
    if (token === undefined || token === refused) return null;
    this.replaced.set(refused, token);
    return token;
  }

  private remember(token: string, { scopes, options }: TokenRequest): void {
    // Without options of a single request, such as its abort signal.
    const { abortSignal: _, requestOptions: __, tracingOptions: ___, ...lasting } = options;
    this.requests.set(token, { scopes, options: lasting });
    const [oldest] = this.requests.keys();
    if (this.requests.size <= maxTokens || oldest === undefined) return;
    this.requests.delete(oldest);
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
    const fresh = await credential.replace(latest);
    if (fresh === null) return response;
    request.headers.set('authorization', `${scheme}${fresh}`);
    return next(request);
  },
});
