import { z } from 'zod';
import { channel, channelOrNone, clientId, group, optional, port, privateUrl, type Values } from './setting.ts';

export const teamsSettings = group('The bot in Teams', {
  MicrosoftAppType: {
    value: z.enum(['SingleTenant', 'UserAssignedMSI']).optional(),
    example: 'SingleTenant',
    meaning: '`SingleTenant` or `UserAssignedMSI`',
    mustBeSet: true,
  },
  MicrosoftAppId: {
    value: clientId.optional(),
    example: '5f1c0a52-7d0e-4a8b-9a53-6f2f4f6c9d31',
    meaning: "the bot's app id",
    mustBeSet: true,
  },
  // Tenant IDs are compared in lower case.
  MicrosoftAppTenantId: {
    value: z
      .guid(
        'must be the tenant’s ID, not its domain name. The overview page of Microsoft Entra ID shows it, and so does: az account show --query tenantId -o tsv',
      )
      .toLowerCase(),
    example: '10000000-0000-4000-8000-000000000000',
    meaning: "the tenant's ID, not its domain name. Activities from other tenants are refused",
    mustBeSet: true,
  },
  MicrosoftAppPassword: {
    value: optional,
    example: 'what-entra-showed-once',
    meaning: "the app's secret, for `SingleTenant`",
    mustBeSet: true,
    isSecret: true,
  },
  ToBotFromChannelOpenIdMetadataUrl: {
    value: privateUrl.optional(),
    example: 'https://login.botframework.com/v1/.well-known/openidconfiguration',
    meaning: "keys and issuer of callers' tokens. Default: the cloud's Bot Framework",
  },
  ToBotFromChannelTokenIssuer: { value: optional, example: 'https://api.botframework.com' },
  ToChannelFromBotLoginUrl: {
    value: z.url({ protocol: /^https$/, error: 'must be an https URL' }).optional(),
    example: 'https://login.microsoftonline.com/10000000-0000-4000-8000-000000000000',
    meaning: "where the bot signs in to Bot Framework, and for which scope. Default: the cloud's",
  },
  ToChannelFromBotOAuthScope: { value: optional, example: 'https://api.botframework.com' },
  PORT: { value: port.default(3978), example: '3978', meaning: 'port that the bot listens on. Default: 3978' },
  // Default: loopback, IPv4 and IPv6.
  CMK_LISTEN: {
    value: z.union([z.ipv4(), z.ipv6()], 'must be an IP address of this machine, such as 0.0.0.0 or ::').optional(),
    example: '0.0.0.0',
    meaning: 'IP address to listen on. Set `0.0.0.0` or `::` if TLS ends elsewhere. Default: loopback',
  },
});

export const channelsSettings = group('Where in Teams', {
  CMK_OPERATIONS_CHANNEL: {
    value: channel.optional(),
    example: '19:operations@thread.tacv2',
    meaning:
      'channel for requests, also those from chats: its ID (`19:…@thread.tacv2`) or the link that Teams gives. Default: none',
  },
  CMK_APPROVALS_CHANNEL: {
    value: channel,
    example: '19:approvals@thread.tacv2',
    meaning: 'channel where approvers decide',
    mustBeSet: true,
  },
  CMK_AUDIT_CHANNEL: {
    value: channelOrNone,
    example: '19:audit@thread.tacv2',
    meaning: 'channel for a copy of the audit log, and nothing else; or `none`',
    mustBeSet: true,
  },
  CMK_TEAMS_SERVICE_URL: {
    value: privateUrl.optional(),
    example: 'https://smba.trafficmanager.net/emea/10000000-0000-4000-8000-000000000000/',
    meaning:
      "address of Teams until the tenant's first activity. Its origin is trusted beside Teams' own hosts. Default: none",
  },
});

type Env = Values<typeof teamsSettings> & Values<typeof channelsSettings>;

/** The bot's identity and channels in Teams. Null: the default, or the cloud's. */
export const teamsFrom = (env: Env) => ({
  tenantId: env.MicrosoftAppTenantId,
  app: {
    id: env.MicrosoftAppId ?? null,
    secret: env.MicrosoftAppType === 'SingleTenant' ? (env.MicrosoftAppPassword ?? null) : null,
  },
  framework: {
    metadataUrl: env.ToBotFromChannelOpenIdMetadataUrl ?? null,
    issuer: env.ToBotFromChannelTokenIssuer ?? null,
    loginUrl: env.ToChannelFromBotLoginUrl ?? null,
    scope: env.ToChannelFromBotOAuthScope ?? null,
  },
  serviceUrl: env.CMK_TEAMS_SERVICE_URL ?? null,
  approvalsChannel: env.CMK_APPROVALS_CHANNEL,
  operationsChannel: env.CMK_OPERATIONS_CHANNEL ?? null,
  auditChannel: env.CMK_AUDIT_CHANNEL === 'none' ? null : env.CMK_AUDIT_CHANNEL,
});
