/** The app record: settings, infrastructure, Azure, and outgoing Teams messages. Each part takes from it what it uses. */
import { openRoleChecks } from '../authorization/role-checks.ts';
import { connectAzure } from '../azure/azure.ts';
import { defaultLimits } from '../azure/connection/limits.ts';
import { openPortal } from '../azure/portal.ts';
import { credentialForBotFramework, optionsForAzure } from '../config/azure-from-config.ts';
import { browserUrl, type Config } from '../config/config.ts';
import { botFrameworkOf } from '../teams/bot-framework.ts';
import { openDirectory } from '../teams/cards/views/people-texts.ts';
import { openApprovers } from '../teams/delivery/approvers.ts';
import { openAuditChannel } from '../teams/delivery/audit-channel.ts';
import { openChat } from '../teams/delivery/chat.ts';
import { openDirectoryCache } from '../teams/delivery/directory-cache.ts';
import { openDriftAlerts } from '../teams/delivery/drift-alerts.ts';
import { openNotifications } from '../teams/delivery/notifications.ts';
import { openReminders } from '../teams/delivery/reminders.ts';
import { openRequestCards } from '../teams/delivery/request-cards.ts';
import { openAdapter } from '../teams/ingress/adapter.ts';
import { localCallers, tokenCallers } from '../teams/ingress/gate.ts';
import { openCallerTokens } from '../teams/sign-in/caller-tokens.ts';
import { trustHosts, trustThisMachine } from '../teams/trusted-addresses.ts';
import type { Infrastructure } from './open-infrastructure.ts';
import { openPublished } from './open-published.ts';
import type { LogPublisher } from './start-log-publisher.ts';

/** Throws if a configured file can't be read. No request is sent until a port is called. */
function openAzure({ config, metrics, tracing }: Infrastructure) {
  const options = optionsForAzure(config);
  const { authorityHost: host, tls } = options.cloud;
  const azure = connectAzure({ ...options, tracing, onFailure: metrics.azureFailed });
  return {
    azure,
    roleChecks: openRoleChecks(azure, config.policy, config.admission),
    portal: openPortal(options.cloud, config.teams.tenantId),
    /** The sign-in host, and its only trusted certificate authorities. Null: the default ones. */
    authority: { host, ca: tls.tlsOptions?.ca ?? null },
  };
}

function botTokens(config: Config) {
  const credential = credentialForBotFramework(config);
  return async (scope: string) => {
    const token = await credential.getToken(scope);
    if (token === null) throw new Error(`signing in to Bot Framework for ${scope}: no token was given`);
    return token;
  };
}

/**
 * Connects to Bot Framework: caller authentication, trusted service URLs and the bot's own tokens. In local mode there are no
 * tokens, so only this machine is trusted.
 */
function openBotFramework({ config, log }: Infrastructure) {
  const { app, framework: addresses, serviceUrl } = config.teams;
  const framework = botFrameworkOf({ ...addresses, cloud: config.azure.cloud.name, appId: app.id });
  const bot = { botAppId: framework.appId, botId: `28:${framework.appId}` };
  if (config.server.mode === 'local') {
    const adapter = openAdapter(null, log);
    return { ...bot, adapter, callers: localCallers, trust: trustThisMachine };
  }
  const trust = trustHosts(framework.serviceHosts, serviceUrl);
  const adapter = openAdapter({ framework, trust, fetchToken: botTokens(config) }, log);
  return { ...bot, adapter, callers: tokenCallers(openCallerTokens(framework, log), trust), trust };
}

export type App = ReturnType<typeof openApp>;

export function openApp(infrastructure: Infrastructure, publisher: LogPublisher) {
  const { config, people, now } = infrastructure;
  const { tenantId, serviceUrl, approvalsChannel, operationsChannel, auditChannel } = config.teams;
  const settings = {
    tenantId,
    serviceUrl,
    approvalsChannel,
    operationsChannel,
    auditChannel,
    /** Only the public cloud's addresses of messages are known. */
    linksIn: config.azure.cloud.name === 'public' ? { tenantId } : null,
    publishes: config.anchor !== null,
    hasEvidence: browserUrl(config) !== null && config.anchor !== null,
    signIn: config.server.mode === 'local' ? 'local' : 'bot-framework',
    timeLimits: {
      retry: config.retry,
      poll: { everyMs: config.azure.pollMs, atMostMs: defaultLimits.operationMs },
    },
  };
  const outside = { ...openAzure(infrastructure), ...openBotFramework(infrastructure) };
  const lookups = openDirectoryCache(outside.azure.groups, config.admission.allowGuests, now);
  const base = { ...infrastructure, publisher, ...settings, ...outside, lookups, directory: openDirectory(people) };
  const app = {
    ...base,
    ...openPublished(base),
    chat: openChat(base),
    approvers: openApprovers(base),
  };
  const notifications = openNotifications(app);
  return {
    ...app,
    notifications,
    requestCards: openRequestCards(app),
    remind: openReminders({ ...app, notifications }),
    driftAlerts: openDriftAlerts(app),
    auditPosts: openAuditChannel(app),
  };
}
