/** Credentials of the bot for calls to Teams, which get a token only for trusted addresses. */

import { AppCredentials, type AuthenticatorResult, ServiceClientCredentialsFactory } from 'botframework-connector';
import type { BotFramework } from '../bot-framework.ts';
import type { Trust } from '../trusted-addresses.ts';

/**
 * Returns a token for a scope such as `https://api.botframework.com/.default`; can be cached. Throws if it is refused.
 */
type TokenSource = (scope: string) => Promise<{ readonly token: string; readonly expiresOnTimestamp: number }>;

class UntrustedServiceUrl extends Error {
  override readonly name = 'UntrustedServiceUrl';
}

export interface CredentialsOptions {
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
