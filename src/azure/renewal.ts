/**
 * A token that Azure refuses with 401 is replaced once, before anybody is asked: its time may have come by Azure's clock and not
 * by this machine's, or it was revoked. The SDK does so only where the answer asks for further claims.
 */
import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth';
import type { PipelinePolicy, PipelineRequest } from '@azure/core-rest-pipeline';

interface Asked {
  readonly scopes: string | string[];
  readonly options: GetTokenOptions;
}

/** More than there are services to speak to; older ones have been replaced long ago. */
const mostTokens = 50;

/** A sign-in that can be begun anew, which is how a token is got that no cache has. */
export class RenewableCredential implements TokenCredential {
  private readonly open: () => TokenCredential;
  private current: TokenCredential;
  private readonly asked = new Map<string, Asked>();
  private readonly replaced = new Map<string, string>();

  constructor(open: () => TokenCredential) {
    this.open = open;
    this.current = open();
  }

  async getToken(scopes: string | string[], options: GetTokenOptions = {}): Promise<AccessToken | null> {
    const answered = await this.current.getToken(scopes, options);
    if (answered !== null) this.keep(answered.token, { scopes, options });
    return answered;
  }

  /** The token that has taken this one's place, or itself. */
  latest(token: string): string {
    const next = this.replaced.get(token);
    return next === undefined ? token : this.latest(next);
  }

  /**
   * Another token for what this refused one was for; null where there is none. The cache of managed identities outlives a
   * sign-in and may give the same again.
   */
  async insteadOf(refused: string): Promise<string | null> {
    const latest = this.latest(refused);
    if (latest !== refused) return latest;
    const asked = this.asked.get(refused);
    if (asked === undefined) return null;
    this.current = this.open();
    const token = (await this.getToken(asked.scopes, asked.options))?.token;
    if (token === undefined || token === refused) return null;
    this.replaced.set(refused, token);
    return token;
  }

  private keep(token: string, { scopes, options }: Asked): void {
    // Not what belongs to one request alone, such as when it is given up.
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

/** Goes between signing and the wire: each request has its own token there, whichever client made it. */
export const renewRefusedTokens = (credential: TokenCredential): PipelinePolicy => ({
  name: 'cmkRenewal',
  async sendRequest(request, next) {
    const token = tokenOf(request);
    if (token === null || !(credential instanceof RenewableCredential)) return next(request);
    const latest = credential.latest(token);
    request.headers.set('authorization', `${scheme}${latest}`);
    const response = await next(request);
    if (response.status !== 401) return response;
    const fresh = await credential.insteadOf(latest);
    if (fresh === null) return response;
    request.headers.set('authorization', `${scheme}${fresh}`);
    return next(request);
  },
});
