/** Variables of the bot in Teams. */
import type { VariableGroup } from './variable.ts';

export const teams: VariableGroup = {
  title: 'The bot in Teams',
  settings: [
    { names: { MicrosoftAppType: 'SingleTenant' }, mustBeSet: true, meaning: '`SingleTenant` or `UserAssignedMSI`' },
    { names: { MicrosoftAppId: '5f1c0a52-7d0e-4a8b-9a53-6f2f4f6c9d31' }, mustBeSet: true, meaning: "the bot's app id" },
    {
      names: { MicrosoftAppTenantId: '10000000-0000-4000-8000-000000000000' },
      mustBeSet: true,
      meaning: "the tenant's ID, not its domain name. Activities from other tenants are refused",
    },
    {
      names: { MicrosoftAppPassword: 'what-entra-showed-once' },
      mustBeSet: true,
      meaning: "the app's secret, for `SingleTenant`",
    },
    {
      names: {
        ToBotFromChannelOpenIdMetadataUrl: 'https://login.botframework.com/v1/.well-known/openidconfiguration',
        ToBotFromChannelTokenIssuer: 'https://api.botframework.com',
      },
      meaning: "where the keys of callers' tokens are, and who issues the tokens. Default: the cloud's Bot Framework",
    },
    {
      names: {
        ToChannelFromBotLoginUrl: 'https://login.microsoftonline.com/10000000-0000-4000-8000-000000000000',
        ToChannelFromBotOAuthScope: 'https://api.botframework.com',
      },
      meaning:
        "where the bot signs in to Bot Framework (`https`; the path can name a tenant), and for which scope. Default: the cloud's",
    },
    { names: { PORT: '3978' }, meaning: 'port that the bot listens on. Default: 3978' },
    {
      names: { CMK_LISTEN: '0.0.0.0' },
      meaning:
        'IP address to listen on. Set `0.0.0.0` or `::` if TLS ends on another machine or outside the container. Default: loopback (`127.0.0.1` and `::1`)',
    },
  ],
};

export const channels: VariableGroup = {
  title: 'Where in Teams',
  settings: [
    {
      names: { CMK_TEAM_ID: '19:general@thread.tacv2', CMK_OPERATIONS_CHANNEL: '19:operations@thread.tacv2' },
      mustBeSet: true,
      meaning:
        'team, and channel where people make requests. Requests from chats are also shown there. IDs as `19:…@thread.tacv2`; `cmk-bot setup --set` takes a link',
    },
    {
      names: { CMK_APPROVALS_CHANNEL: '19:approvals@thread.tacv2' },
      mustBeSet: true,
      meaning: 'channel where approvers decide',
    },
    {
      names: { CMK_AUDIT_CHANNEL: '19:audit@thread.tacv2' },
      mustBeSet: true,
      meaning: 'channel that the audit log is copied to, which no other setting names, or `none`',
    },
    {
      names: { CMK_TEAMS_SERVICE_URL: 'https://smba.trafficmanager.net/emea/10000000-0000-4000-8000-000000000000/' },
      meaning:
        "address of Teams, used until the tenant's first activity. Its origin is trusted in addition to Teams' own hosts. Default: none",
    },
  ],
};
