/** Composition root: opens and starts the bot's parts in dependency order, and stops them in reverse. */
import { readConfig } from '../config/config.ts';
import { ConfigurationError } from '../config/env.ts';
import { loadSettings } from '../config/env-file.ts';
import { requireValidSettings } from '../operator/check-settings.ts';
import { FolderInUse } from '../store/folder-lock.ts';
import { openAzureSide } from './open-azure-side.ts';
import { openEvidence } from './open-evidence.ts';
import { openGround } from './open-ground.ts';
import { openTeamsSide } from './open-teams-side.ts';
import { startAnchor } from './start-anchor.ts';
import { startBot } from './start-bot.ts';
import { startControlServer } from './start-control.ts';
import { startRunSide } from './start-run-side.ts';
import { startWitnessAlarm } from './start-witness-alarm.ts';
import { stopInOrder } from './stop-in-order.ts';

async function start(folder: string | null): Promise<void> {
  const settingsFile = folder === null ? null : loadSettings(folder);
  const config = readConfig();
  await requireValidSettings(config);
  // Application log, audit log and metrics.
  const ground = await openGround(config, settingsFile);

  // Compares the audit log with its published copy. The bot doesn't start if they differ.
  const anchor = await startAnchor(ground);

  // Outgoing connections. Nothing is sent or received yet.
  const azureSide = openAzureSide(ground);
  const teamsSide = openTeamsSide(ground, azureSide, anchor);

  // Resumes unfinished work before new calls arrive. The bot starts last, so once it's ready, it can also be stopped.
  const runs = await startRunSide(ground, azureSide, teamsSide);
  const evidence = await openEvidence(ground, azureSide, anchor);
  const alarm = startWitnessAlarm(ground, teamsSide);
  const control = await startControlServer(ground, evidence);
  const bot = await startBot(ground, azureSide, teamsSide, evidence);

  // Shutdown order: stop incoming calls, finish running work, publish the audit log, and close the database.
  stopInOrder([control, bot, alarm, runs, anchor, ground]);
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
