/** Production entry: joins the parts. No logic of its own. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { sealWith } from './audit/record.ts';
import { openStandings } from './authorization/who-may.ts';
import { connectAzure } from './azure/azure.ts';
import { credentialForBotFramework, optionsForAzure } from './config/azure-from-config.ts';
import { type Config, readConfig } from './config/config.ts';
import { ConfigurationError } from './config/env.ts';
import { consoleIntoLog, lastWordsIntoLog, openLog } from './observability/log.ts';
import { openMetrics } from './observability/metrics.ts';
import { diagnose } from './operator/doctor/diagnose.ts';
import { startControl } from './operator/rpc/server.ts';
import { recordsOf } from './operator/rpc/store-records.ts';
import { openDatabase } from './store/database.ts';
import { migrate } from './store/migrations.ts';
import { openStore } from './store/store.ts';
import { CmkBot } from './teams/conversation/bot.ts';
import { openForms } from './teams/conversation/forms.ts';
import { openLists } from './teams/conversation/lists.ts';
import { openAdapter } from './teams/edge/adapter.ts';
import { botFrameworkOf } from './teams/edge/bot-framework.ts';
import { localCallers, tokenCallers } from './teams/edge/callers.ts';
import type { TokenSource } from './teams/edge/credentials.ts';
import { startServer } from './teams/edge/server.ts';
import { trustHosts, trustThisMachine } from './teams/edge/service-urls.ts';
import { openApprovers } from './teams/posts/approvers.ts';
import { openAuditChannel } from './teams/posts/audit-channel.ts';
import { openChat } from './teams/posts/chat.ts';
import { openDirectory } from './teams/posts/directory.ts';
import { openLookups } from './teams/posts/lookups.ts';
import { openNotifier } from './teams/posts/notifier.ts';
import { openReminders } from './teams/posts/reminders.ts';
import { openAuthority } from './teams/sign-in/authority.ts';
import { openCallerTokens } from './teams/sign-in/caller-tokens.ts';
import { openStepUp } from './teams/sign-in/step-up.ts';
import { startEngine, workflowVersion } from './workflow/engine.ts';
import { startOutbox } from './workflow/outbox.ts';
import { startSweeper } from './workflow/sweeper.ts';
import { openWatch } from './workflow/watch.ts';

const now = (): Date => new Date();
const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** The bot's tokens for Bot Framework. */
function botTokens(config: Config): TokenSource {
  const credential = credentialForBotFramework(config);
  return async (scope) => {
    const token = await credential.getToken(scope);
    if (token === null) throw new Error(`signing in to Bot Framework for ${scope}: no token was given`);
    return token;
  };
}

async function storeOf({ store: place }: Config) {
  const database = await openDatabase(
    place.kind === 'folder' ? { kind: 'pglite', dataDir: place.dataDir } : { kind: 'postgres', url: place.url },
  );
  await migrate(database);
  return { database, store: openStore(database, { clock: now, seal: sealWith(randomBytes) }) };
}

async function start(config: Config): Promise<void> {
  const log = openLog(config.log.level, config.replica);
  consoleIntoLog(log);
  lastWordsIntoLog(log);
  const local = config.server.mode === 'local';
  const { tenantId, serviceUrl, approvalsChannel, operationsChannel, auditChannel: channelId } = config.teams;
  const { database, store } = await storeOf(config);
  if (database.kind === 'pglite') log.warn({}, 'the embedded database survives this process, not this machine');
  const { outbox, replicas, shown, conversations, people, documents } = store;
  const metrics = openMetrics({ requests: store.requests, outbox, now });
  const requests = metrics.requests(store.requests);
  const { policy, paused, stepUp: stepUpWish } = config;
  const azureOptions = optionsForAzure(config);
  const azure = metrics.azure(connectAzure(azureOptions));
  const { requester: requesterStanding, approver: approverStanding, approverOf } = openStandings(azure, policy);

  const framework = botFrameworkOf({
    ...config.teams.framework,
    cloud: config.azure.cloud.name,
    appId: config.teams.app.id,
  });
  const botAppId = framework.appId;
  const trust = local ? trustThisMachine : trustHosts(framework.serviceHosts, serviceUrl);
  const adapter = openAdapter(local ? null : { framework, trust, fetchToken: botTokens(config) }, log);
  const callers = local ? localCallers : tokenCallers(openCallerTokens(framework, log), trust);
  const chat = openChat({ adapter, botAppId, botId: `28:${botAppId}`, tenantId, conversations, serviceUrl, trust });
  const directory = openDirectory(people);
  const approvers = openApprovers({ policy, people, lookups: openLookups(azure.groups, now) });
  const places = { approvalsChannel, operationsChannel, approvers, paused };
  const notifier = openNotifier({ requests, shown, chat, directory, conversations, people, ...places });
  const reminders = openReminders({ requests, shown, chat, approvers, now });
  const auditChannel = openAuditChannel({ requests, shown, hashes: store.trail, chat, directory, channelId });
  const runPorts = { requests, azure, policy, tenantId, approverStanding, retryLimits: config.retry, sha256, now };
  // Before the engine: it goes on at once with what ran under this name.
  const me = { name: config.replica, instance: randomUUID(), workflowVersion };
  const signOff = await replicas.signOn(me, (error) => log.warn({ err: error }, 'this replica could not say it lives'));
  const engine = await startEngine({ pool: database.pool, executorId: me.name, log }, runPorts);
  const runner = startOutbox({
    outbox,
    requests,
    run: openWatch({ runs: runPorts, engine, replicas, me, paused, log }),
    show: notifier.show,
    audit: auditChannel.show,
    remind: reminders.remind,
    instance: me.instance,
    now,
    log,
  });
  const sweeper = startSweeper({ documents, now, log });

  const { authorityHost: host, tls } = azureOptions.cloud;
  const authority = openAuthority({ host, tenantId, ca: tls.tlsOptions?.ca ?? null, now });
  const signInTools = { authority, documents, requests, directory, random: randomBytes, now, log };
  const stepUp = stepUpWish === null ? null : openStepUp({ app: stepUpWish, stepUp: stepUpWish, ...signInTools });

  const commandPorts = { azure, requests, policy, tenantId, requesterStanding, random: randomBytes, sha256, now };
  const bot = new CmkBot({
    commandPorts,
    actionPorts: { requests, approverStanding: approverOf, stepUp: stepUpWish },
    forms: openForms(documents, commandPorts),
    lists: openLists(documents, requests, directory, randomBytes),
    notifier,
    conversations,
    people,
    tenantId,
    signIn: local ? 'local' : 'bot-framework',
    auditChannel: channelId !== null,
    stepUp,
  });
  const ready = async (): Promise<boolean> => (await database.pool.query('select 1')).rows.length === 1;
  const pages = stepUp?.pages ?? [];
  const { port, callsAtOnce } = config.server;
  const server = await startServer({
    adapter,
    bot,
    callers,
    callsAtOnce,
    port,
    local,
    ready,
    pages,
    figures: metrics,
    log,
  });
  log.info({ url: server.url }, 'listening');

  // The folder is this process's alone: the command line asks it. A server can be asked directly.
  const control = {
    ...recordsOf(store),
    diagnose: ({ resource }: { readonly resource: string | null }) => diagnose({ config, database, store }, resource),
  };
  const commandLine =
    config.store.kind === 'folder' ? await startControl({ folder: config.store.dataDir, control, log }) : null;

  const stop = async (): Promise<void> => {
    await commandLine?.stop();
    await server.stop();
    sweeper.stop();
    await runner.stop();
    await engine.stop();
    await signOff();
    await database.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
}

try {
  await start(readConfig());
} catch (error) {
  const said = error instanceof ConfigurationError ? error.message : error;
  process.stderr.write(`cmk-bot does not start: ${said instanceof Error ? said.stack : said}\n`);
  process.exit(1);
}
