/** Composition root: opens and starts the bot's parts in dependency order, and stops them in reverse. */
import { readConfig } from '../config/config.ts';
import { ConfigurationError } from '../config/env.ts';
import { loadSettings } from '../config/env-file.ts';
import { requireValidSettings } from '../operator/check-settings.ts';
import { FolderInUse } from '../store/folder-lock.ts';
import { openAzureModule } from './open-azure.ts';
import { openInfrastructure } from './open-infrastructure.ts';
import { openTeamsModule } from './open-teams.ts';
import { stopInOrder } from './shutdown.ts';
import { startBot } from './start-bot.ts';
import { startControlServer } from './start-control.ts';
import { startWatch } from './start-key-watch.ts';
import { openEvidence, startLogPublisher } from './start-log-publisher.ts';
import { startDigest } from './start-weekly-digest.ts';
import { startWitnessAlarm } from './start-witness-alarm.ts';
import { startWorkers } from './start-workers.ts';

async function start(folder: string | null): Promise<void> {
  const settingsFile = folder === null ? null : loadSettings(folder);
  const config = readConfig();
  await requireValidSettings(config);
  // Application log, audit log and metrics.
  const infrastructure = await openInfrastructure(config, settingsFile);

  // Compares the audit log with its published copy. The bot doesn't start if they differ.
  const anchor = await startLogPublisher(infrastructure);

  // Outgoing connections. Nothing is sent or received yet.
  const azureModule = openAzureModule(infrastructure);
  const teamsModule = openTeamsModule(infrastructure, azureModule, anchor);

  // Resumes unfinished work before new calls arrive. The bot starts last, so once it's ready, it can also be stopped.
  const runs = await startWorkers(infrastructure, azureModule, teamsModule);
  const evidence = await openEvidence(infrastructure, azureModule, anchor);
  const alarm = startWitnessAlarm(infrastructure, teamsModule);
  const watch = startWatch(infrastructure);
  const digest = startDigest(infrastructure, teamsModule);
  const control = await startControlServer(infrastructure, evidence);
  const bot = await startBot(infrastructure, azureModule, teamsModule, evidence);

  // Shutdown order: stop incoming calls, finish running work, publish the audit log, and close the database.
  stopInOrder([control, bot, alarm, watch, digest, runs, anchor, infrastructure]);
}

/** Prints expected errors as messages, and bugs with their stack. */
function giveUp(error: unknown): never {
  const isExpected = error instanceof ConfigurationError || error instanceof FolderInUse;
  const said = isExpected ? error.message : error;
  process.stderr.write(`cmk-bot does not start: ${said instanceof Error ? said.stack : said}\n`);
  process.exit(1);
}

/**
 * Starts the bot. `folder`: its `.env` is read first; null: the environment has all settings. Ends the process if the bot
 * can't start.
 */
export const runBot = (folder: string | null): void => void start(folder).catch(giveUp);
