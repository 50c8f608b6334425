/** Outgoing Teams messages and cards. Incoming notifications start later, in `start-bot.ts`. */
import { defaultLimits } from '../azure/limits.ts';
import { credentialForBotFramework } from '../config/azure-from-config.ts';
import { browserUrl, type Config } from '../config/config.ts';
import { isDatabaseUnavailable } from '../store/db-errors.ts';
import { botFrameworkOf, trustHosts, trustThisMachine } from '../teams/bot-framework.ts';
import { openDirectory } from '../teams/cards/views/people-texts.ts';
import { openApprovers, openDirectoryCache } from '../teams/delivery/addressees.ts';
import { openAuditChannel } from '../teams/delivery/audit-channel.ts';
import { openChat } from '../teams/delivery/chat.ts';
import { openDriftAlerts } from '../teams/delivery/drift-alerts.ts';
import { openNotifications, openReminders } from '../teams/delivery/notifications.ts';
import { openRequestCards } from '../teams/delivery/request-cards.ts';
import { openAdapter, type TokenSource } from '../teams/ingress/adapter.ts';
import { localCallers, tokenCallers } from '../teams/ingress/gate.ts';
import { openCallerTokens } from '../teams/sign-in/caller-tokens.ts';
import type { AzureModule } from './open-azure.ts';
import type { Infrastructure } from './open-infrastructure.ts';
import { checkpointsOf, type LogPublisher } from './start-log-publisher.ts';

function botTokens(config: Config): TokenSource {
  const credential = credentialForBotFramework(config);
  return async (scope) => {
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

export type TeamsModule = ReturnType<typeof openTeamsModule>;

export function openTeamsModule(
  infrastructure: Infrastructure,
  { azure, portal }: AzureModule,
  anchor: Pick<LogPublisher, 'publish' | 'logKeys'>,
) {
  const { config, store, requests } = infrastructure;
  const { policy, paused } = config;
  const { tenantId, serviceUrl, approvalsChannel, operationsChannel, auditChannel: channelId } = config.teams;
  const { postedCards, conversations, people, clock } = store;
  const { now } = clock;
  const { onWritten } = store.jobs;
  const { adapter, callers, trust, botAppId } = openBotFramework(infrastructure);
  const bot = { botAppId, botId: `28:${botAppId}` };
  const chat = openChat({ adapter, ...bot, tenantId, conversations, serviceUrl, trust, log: infrastructure.log });
  const directory = openDirectory(people);
  const lookups = openDirectoryCache(azure.groups, config.admission.allowGuests, now);
  const approvers = openApprovers({ policy, people, lookups });
  const checkpoints = checkpointsOf(infrastructure, anchor);
  const posts = { requests, postedCards, chat, directory };
  const { operators } = config;
  const linksIn = config.azure.cloud.name === 'public' ? { tenantId } : null;
  const notified = { approvers, approvalsChannel, operators, linksIn };
  const notifications = openNotifications({ ...posts, ...notified, conversations, people, lookups });
  const timeLimits = {
    retry: config.retry,
    poll: { everyMs: config.azure.pollMs, atMostMs: defaultLimits.operationMs },
  };
  const evidence = browserUrl(config) !== null && config.anchor !== null;
  const shownWith = { paused, stepUp: config.stepUp !== null, evidence, timeLimits, portal, now };
  const places = { approvalsChannel, operationsChannel, approvers };
  return {
    adapter,
    callers,
    chat,
    directory,
    requestCards: openRequestCards({ ...posts, onWritten, conversations, people, ...places, ...shownWith }),
    notifications,
    remind: openReminders({ requests, notifications, directory, postedCards }),
    driftAlerts: openDriftAlerts({
      ...{ drifts: store.drifts, requests, postedCards, chat, people, lookups, operators },
      channel: operationsChannel ?? approvalsChannel,
    }),
    auditChannel: openAuditChannel({
      ...posts,
      hashes: store.auditLog,
      channelId,
      checkpoints,
      documents: store.documents,
      now,
    }),
  };
}
