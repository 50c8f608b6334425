/** Connection to Bot Framework: caller authentication, trusted service URLs and the bot's own tokens. */
import { credentialForBotFramework } from '../config/azure-from-config.ts';
import type { Config } from '../config/config.ts';
import { isDatabaseUnavailable } from '../store/db-errors.ts';
import { botFrameworkOf } from '../teams/bot-framework.ts';
import { openAdapter } from '../teams/ingress/adapter.ts';
import { type Callers, localCallers, tokenCallers } from '../teams/ingress/callers.ts';
import type { TokenSource } from '../teams/ingress/credentials.ts';
import { type Trust, trustHosts, trustThisMachine } from '../teams/service-urls.ts';
import { openCallerTokens } from '../teams/sign-in/caller-tokens.ts';
import type { Infrastructure } from './open-infrastructure.ts';

export interface BotFrameworkConnection {
  readonly adapter: ReturnType<typeof openAdapter>;
  readonly callers: Callers;
  readonly trust: Trust;
  readonly botAppId: string;
}

function botTokens(config: Config): TokenSource {
  const credential = credentialForBotFramework(config);
  return async (scope) => {
    const token = await credential.getToken(scope);
    if (token === null) throw new Error(`signing in to Bot Framework for ${scope}: no token was given`);
    return token;
  };
}

/** In local mode there are no tokens, so only this machine is trusted. */
export function openBotFramework({ config, log }: Pick<Infrastructure, 'config' | 'log'>): BotFrameworkConnection {
  const { app, framework: addresses, serviceUrl } = config.teams;
  const framework = botFrameworkOf({ ...addresses, cloud: config.azure.cloud.name, appId: app.id });
  const botAppId = framework.appId;
  if (config.server.mode === 'local') {
    return {
      adapter: openAdapter(null, log, isDatabaseUnavailable),
      callers: localCallers,
      trust: trustThisMachine,
      botAppId,
    };
  }
  const trust = trustHosts(framework.serviceHosts, serviceUrl);
  const adapter = openAdapter({ framework, trust, fetchToken: botTokens(config) }, log, isDatabaseUnavailable);
  return { adapter, callers: tokenCallers(openCallerTokens(framework, log), trust), trust, botAppId };
}
