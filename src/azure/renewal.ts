/**
 * A token that Azure refuses with 401 is replaced once, before anybody is asked: its time may have come by Azure's clock and not
 * by this machine's, or it was revoked. The SDK does so only where the answer asks for further claims.
 */
import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth';
import type { PipelinePolicy, PipelineRequest } from '@azure/core-rest-pipeline';

type AbortSignalLike = NonNullable<GetTokenOptions['abortSignal']>;

interface Asked {
  readonly scopes: string | string[];
  readonly options: GetTokenOptions;
}

/** More than there are services to speak to; older ones have been replaced long ago. */
const mostTokens = 50;

/** So long before a token ends it is asked for again, as the SDK does itself. */
const beforeEndMs = 300_000;

/** What a token is for, as far as it may be given to another request: null where it is asked for with a claim of its own. */
function purposeOf({ scopes, options }: Asked): string | null {
  const { claims, tenantId, enableCae } = options;
  return claims === undefined ? JSON.stringify([scopes, tenantId, enableCae]) : null;
}

const isGood = ({ expiresOnTimestamp, refreshAfterTimestamp = Number.POSITIVE_INFINITY }: AccessToken): boolean =>
  Date.now() < Math.min(expiresOnTimestamp - beforeEndMs, refreshAfterTimestamp);

/**
 * Rejects with a `TimeoutError` once the call that needs the token is given up. `@azure/identity` goes on all the same (seen with
 * 4.14.1), and the next call has what that brings.
 */
const unlessGivenUp = <T>(signingIn: Promise<T>, signal: AbortSignalLike): Promise<T> =>
  new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new DOMException('no token in time', 'TimeoutError'));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp);
    signingIn.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });

/**
 * A sign-in that can be begun anew, which is how a token is got that no cache has. It hands out the token that it has while that
 * is good: each client that is made asks for one, and what the SDK does to find it in its own cache takes longer than the call.
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

  /** All that want a token for this purpose until it is there have the same. */
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
    // What an earlier sign-in was slow to give may be what was refused.
    if (purpose !== null && by === this.current) this.held.set(purpose, answered);
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
    this.held.clear();
    this.underWay.clear();
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
    if (latest !== token) request.headers.set('authorization', `${scheme}${latest}`);
    const response = await next(request);
    if (response.status !== 401) return response;
    const fresh = await credential.insteadOf(latest);
    if (fresh === null) return response;
    request.headers.set('authorization', `${scheme}${fresh}`);
    return next(request);
  },
});
