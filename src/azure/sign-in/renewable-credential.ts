/**
 * Replaces a token that Azure refuses with 401, once, before the call fails. It might have expired by Azure's clock but not by
 * this machine's, or was revoked. The SDK does so only if the answer asks for further claims.
 */
import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth';
import type { PipelinePolicy, PipelineRequest } from '@azure/core-rest-pipeline';

interface TokenRequest {
  readonly scopes: string | string[];
  readonly options: GetTokenOptions;
}

/** Maximum number of remembered tokens: more than there are services. Older ones were replaced long ago. */
const maxTokens = 50;

/** Credential that can sign in again, to get a token that isn't in any cache. */
export class RenewableCredential implements TokenCredential {
  private readonly open: () => TokenCredential;
  private current: TokenCredential;
  private readonly requests = new Map<string, TokenRequest>();
  private readonly replaced = new Map<string, string>();

  constructor(open: () => TokenCredential) {
    this.open = open;
    this.current = open();
  }

  async getToken(scopes: string | string[], given: GetTokenOptions = {}): Promise<AccessToken | null> {
    // Without options of a single request: the token is for all that wait for it, whichever ends first.
    const { abortSignal: _, requestOptions: __, tracingOptions: ___, ...options } = given;
    const token = await this.current.getToken(scopes, options);
    if (token !== null) this.remember(token.token, { scopes, options });
    return token;
  }

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
    const token = (await this.getToken(request.scopes, request.options))?.token;
    if (token === undefined || token === refused) return null;
    this.replaced.set(refused, token);
    return token;
  }

  private remember(token: string, request: TokenRequest): void {
    this.requests.set(token, request);
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
