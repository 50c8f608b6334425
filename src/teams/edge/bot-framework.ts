/**
 * Where Bot Framework and Teams answer in each cloud. From Microsoft's "Authentication with the Bot Connector API", "Configure a
 * bot in Azure Government" and "... operated by 21Vianet"; the service URLs' hosts from "Send proactive messages" and the cloud
 * presets of its Teams SDK, which lists them for the same check.
 */
interface Endpoints {
  /** The document that names the keys with which callers' tokens are signed. */
  readonly metadataUrl: string;
  /** Who issues callers' tokens. */
  readonly issuer: string;
  /** What the bot's own tokens are for. */
  readonly scope: string;
  /** The hosts of Teams' service URLs. Exact names: anybody can have one below trafficmanager.net. */
  readonly serviceHosts: readonly string[];
}

const publicCloud: Endpoints = {
  metadataUrl: 'https://login.botframework.com/v1/.well-known/openidconfiguration',
  issuer: 'https://api.botframework.com',
  scope: 'https://api.botframework.com',
  serviceHosts: [
    'smba.trafficmanager.net',
    'smba.onyx.prod.teams.trafficmanager.net',
    'smba.infra.gcc.teams.microsoft.com',
  ],
};

const clouds: Readonly<Record<BotFrameworkSettings['AZURE_CLOUD'], Endpoints>> = {
  public: publicCloud,
  custom: publicCloud,
  usgovernment: {
    metadataUrl: 'https://login.botframework.azure.us/v1/.well-known/openidconfiguration',
    issuer: 'https://api.botframework.us',
    scope: 'https://api.botframework.us',
    serviceHosts: ['smba.infra.gov.teams.microsoft.us', 'smba.infra.dod.teams.microsoft.us'],
  },
  china: {
    metadataUrl: 'https://login.botframework.azure.cn/v1/.well-known/openidconfiguration',
    issuer: 'https://api.botframework.azure.cn',
    scope: 'https://api.botframework.azure.cn',
    serviceHosts: ['frontend.botapi.msg.infra.teams.microsoftonline.cn'],
  },
};

/** Bot Framework's own names, as its documentation gives them. What is left out is the cloud's. */
export interface BotFrameworkSettings {
  readonly AZURE_CLOUD: 'public' | 'usgovernment' | 'china' | 'custom';
  readonly MicrosoftAppId?: string | undefined;
  readonly ToBotFromChannelOpenIdMetadataUrl?: string | undefined;
  readonly ToBotFromChannelTokenIssuer?: string | undefined;
  readonly ToChannelFromBotOAuthScope?: string | undefined;
}

export interface BotFramework extends Endpoints {
  readonly appId: string;
}

export function botFrameworkOf(settings: BotFrameworkSettings): BotFramework {
  const cloud = clouds[settings.AZURE_CLOUD];
  return {
    appId: settings.MicrosoftAppId ?? '',
    metadataUrl: settings.ToBotFromChannelOpenIdMetadataUrl ?? cloud.metadataUrl,
    issuer: settings.ToBotFromChannelTokenIssuer ?? cloud.issuer,
    scope: settings.ToChannelFromBotOAuthScope ?? cloud.scope,
    serviceHosts: cloud.serviceHosts,
  };
}
