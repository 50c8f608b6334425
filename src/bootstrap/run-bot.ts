/**
 * Composition root of the bot. `assembly/` has one file for each place where parts meet; this page says which parts there are,
 * what each needs of the others, and in which order they start and stop.
 */
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
  // The log, the record, the figures.
  const ground = await openGround(config, settingsFile);

  // The record as others know it. Nothing is done on one that they would not know again.
  const anchor = await startAnchor(ground);

  // Ways out. Nothing is sent yet, and nothing heard.
  const azureSide = openAzureSide(ground);
  const teamsSide = openTeamsSide(ground, azureSide, anchor);

  // What was under way goes on before anybody can ask for more. The bot comes last: whoever finds it ready can also end it.
  const runs = await startRunSide(ground, azureSide, teamsSide);
  const evidence = await openEvidence(ground, azureSide, anchor);
  const alarm = startWitnessAlarm(ground, teamsSide);
  const control = await startControlServer(ground, evidence);
  const bot = await startBot(ground, azureSide, teamsSide, evidence);

  // Nobody can ask any more, then what is under way comes to rest, then the record is published to its end and closed.
  stopInOrder([control, bot, alarm, runs, anchor, ground]);
}

/** What somebody can change is said in words; the rest is a bug, and where it is helps. */
function giveUp(error: unknown): never {
  const isExpected = error instanceof ConfigurationError || error instanceof FolderInUse;
  const said = isExpected ? error.message : error;
  process.stderr.write(`cmk-bot does not start: ${said instanceof Error ? said.stack : said}\n`);
  process.exit(1);
}

/** `folder`: its `.env` is read first; null: the environment has all settings. Ends the process when the bot can't start. */
export const runBot = (folder: string | null): void => void start(folder).catch(giveUp);
