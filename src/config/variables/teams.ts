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
      meaning: 'the tenant; activities from any other are refused',
    },
    { names: { MicrosoftAppPassword: 'what-entra-showed-once' }, mustBeSet: true, meaning: 'for `SingleTenant`' },
    {
      names: {
        ToBotFromChannelOpenIdMetadataUrl: 'https://login.botframework.com/v1/.well-known/openidconfiguration',
        ToBotFromChannelTokenIssuer: 'https://api.botframework.com',
      },
      meaning: "where the keys of callers' tokens are, and who issues them: Bot Framework of the cloud unless set",
    },
    {
      names: {
        ToChannelFromBotLoginUrl: 'https://login.microsoftonline.com/10000000-0000-4000-8000-000000000000',
        ToChannelFromBotOAuthScope: 'https://api.botframework.com',
      },
      meaning: 'where the bot signs in to Bot Framework (https; the path may name a tenant), and for what',
    },
    { names: { PORT: '3978' }, meaning: '3978 unless set' },
    {
      names: { CMK_LISTEN: '0.0.0.0' },
      meaning:
        'the IP address to listen on, such as `0.0.0.0` or `::` where what ends TLS runs elsewhere (in a container it always does); this machine alone (`127.0.0.1` and `::1`) unless set',
    },
  ],
};

export const channels: VariableGroup = {
  title: 'Where in Teams',
  settings: [
    {
      names: { CMK_TEAM_ID: '19:general@thread.tacv2', CMK_OPERATIONS_CHANNEL: '19:operations@thread.tacv2' },
      mustBeSet: true,
      meaning: 'where people ask; requests asked in a chat are shown there too',
    },
    {
      names: { CMK_APPROVALS_CHANNEL: '19:approvals@thread.tacv2' },
      mustBeSet: true,
      meaning: 'where approvers are asked',
    },
    {
      names: { CMK_AUDIT_CHANNEL: '19:audit@thread.tacv2' },
      mustBeSet: true,
      meaning: 'where the trail is copied to, a channel of its own, or `none`',
    },
    {
      names: { CMK_TEAMS_SERVICE_URL: 'https://smba.trafficmanager.net/emea/10000000-0000-4000-8000-000000000000/' },
      meaning: "used until the first activity of the tenant; its origin is trusted beside Teams' own hosts",
    },
  ],
};
