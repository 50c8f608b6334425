/**
 * Endpoints of Bot Framework and Teams in each cloud.
 * From Microsoft's "Authentication with the Bot Connector API", "Configure a bot in Azure Government" and "... operated
 * by 21Vianet". Hosts of service URLs are from "Send proactive messages" and the cloud presets of its Teams SDK, which
 * lists them for the same check.
 */
interface Endpoints {
  readonly metadataUrl: string;
  readonly issuer: string;
  readonly scope: string;
  /** The hosts of Teams' service URLs. Exact names, because anyone can create a name below trafficmanager.net. */
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

const clouds: Readonly<Record<BotFrameworkSettings['cloud'], Endpoints>> = {
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

/** Missing or null values use the cloud's default. */
interface BotFrameworkSettings {
  readonly cloud: 'public' | 'usgovernment' | 'china' | 'custom';
  /** Null: no tokens are used or required. */
  readonly appId: string | null;
  readonly metadataUrl?: string | null;
  readonly issuer?: string | null;
  readonly scope?: string | null;
}

export interface BotFramework extends Endpoints {
  readonly appId: string;
}

export function botFrameworkOf(settings: BotFrameworkSettings): BotFramework {
  const cloud = clouds[settings.cloud];
  return {
    appId: settings.appId ?? '',
    metadataUrl: settings.metadataUrl ?? cloud.metadataUrl,
    issuer: settings.issuer ?? cloud.issuer,
    scope: settings.scope ?? cloud.scope,
    serviceHosts: cloud.serviceHosts,
  };
}
