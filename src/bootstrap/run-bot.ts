/** Composition root: opens and starts the bot's parts in dependency order, and stops them in reverse. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { connectAzure } from '../azure/azure.ts';
import { optionsForAzure } from '../config/azure-from-config.ts';
import { type Config, readConfig } from '../config/config.ts';
import { ConfigurationError } from '../config/env.ts';
import { loadSettings } from '../config/env-file.ts';
import { ownBuild } from '../config/software.ts';
import { type LogStream, logRunning, openLog, withoutSecrets } from '../observability/log.ts';
import { requireValidSettings } from '../operator/check-settings.ts';
import { openVerified } from '../workflow/key-watch/read-resource.ts';
import { startKeyWatch } from '../workflow/key-watch/schedule.ts';
import { watchCycle } from '../workflow/key-watch/watch-cycle.ts';
import { type App, openApp } from './app.ts';
import { openInfrastructure } from './open-infrastructure.ts';
import { type Stoppable, stopInOrder } from './shutdown.ts';
import { startBot } from './start-bot.ts';
import { startLogPublisher } from './start-log-publisher.ts';
import { startWitnessAlarm } from './start-witness-alarm.ts';
import { startWorkers } from './start-workers.ts';

/** Azure's reads can show an older state for so long after a change. */
const longestSettleMs = 2 * 60_000;

function startWatch(app: App): Stoppable {
  const { config, metrics, tracing } = app;
  const { watchMs: intervalMs } = config;
  if (intervalMs === null) return { stop: async () => undefined };
  // Its own clients: a change of a run is made from what that run read.
  const azure = connectAzure({ ...optionsForAzure(config), tracing, onFailure: metrics.azureFailed });
  const settleMs = Math.min(intervalMs, longestSettleMs);
  const { watching } = metrics;
  const ports = { ...app, azure, watching, verified: openVerified(app), settleMs, intervalMs };
  return startKeyWatch({
    ...app,
    watching,
    intervalMs,
    random: Math.random,
    newId: randomUUID,
    cycle: (id, cursor, signal) => watchCycle({ ...ports, signal }, id, cursor),
    onCycle: ({ verdicts }) => metrics.watched([...verdicts.values()]),
  });
}

/** Starts all parts, and returns them in the order in which they stop. `print`: gets the log, if others share the process. */
export async function startParts(config: Config, settingsFile: string | null, print?: LogStream) {
  await requireValidSettings(config);
  const infrastructure = await openInfrastructure(config, settingsFile, print);

  // Compares the audit log with its published copy. The bot doesn't start if they differ.
  const publisher = await startLogPublisher(infrastructure);

  // Outgoing connections. Nothing is sent or received yet.
  const app = openApp(infrastructure, publisher);

  // Resumes unfinished work before new calls arrive. The bot starts last, so once it's ready, it can also be stopped.
  const runs = await startWorkers(app);
  // Only now, because migrations can take longer, also those of the engine.
  app.database.setQueryTimeout(30_000);
  const alarm = startWitnessAlarm(app);
  const watch = startWatch(app);
  const running = logRunning({ log: app.log, head: app.auditLog.head, build: await ownBuild() });
  const bot = await startBot(app);

  // Shutdown order: stop incoming calls, finish running work, publish the audit log, and close the database.
  return { log: app.log, parts: [bot, alarm, watch, running, runs, publisher, app] };
}

async function start(folder: string | null): Promise<void> {
  const settingsFile = folder === null ? null : loadSettings(folder);
  const { parts, log } = await startParts(readConfig(), settingsFile);
  stopInOrder(parts, log);
}

/** Prints expected errors as messages, and bugs with their stack. Logs them too, because alerts read only the log. */
function giveUp(error: unknown): never {
  const isExpected = error instanceof ConfigurationError;
  const said = isExpected ? error.message : error;
  // The settings might be what is wrong, so the log is opened without them.
  const log = openLog('fatal', hostname());
  if (isExpected) log.fatal({}, `the bot does not start: ${withoutSecrets(error.message)}`);
  else log.fatal({ err: error }, 'the bot does not start: an unexpected error');
  process.stderr.write(`cmk-bot does not start: ${said instanceof Error ? said.stack : said}\n`);
  process.exit(1);
}

/**
 * Starts the bot. `folder`: its `.env` is read first; null: the environment has all settings. Ends the process if the bot
 * can't start.
 */
export const runBot = (folder: string | null): void => void start(folder).catch(giveUp);
