/**
 * A world in a process of its own, for all suites of one jest worker. Arguments: a folder for its description and its log, and
 * the worker's number. It ends with the worker, whatever ended that: then the channel to it closes.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import path from 'node:path';
import type { SharedWorld } from './shared-world.ts';
import { startWorld } from './world.ts';

const [, , folder = '', worker = ''] = process.argv;
const log = path.join(folder, `${worker}-${process.pid}.log`);
writeFileSync(log, '');
const starting = startWorld({ inProcess: true, print: (text) => appendFileSync(log, text) });

let isEnding = false;
const end = async (): Promise<void> => {
  if (isEnding) return;
  isEnding = true;
  await starting.then((world) => world.end()).catch((error: unknown) => void process.stderr.write(`${error}\n`));
  process.exit(0);
};
process.on('disconnect', end).on('SIGTERM', end).on('SIGINT', end);

const world = await starting;
const { url, port, pid, dataDir } = world.azure;
const description: SharedWorld = {
  pid: process.pid,
  log,
  azure: { url, port, pid, dataDir },
  teamsUrl: world.teams.url,
  botUrl: world.botUrl,
  dataDir: world.dataDir,
  databaseUrl: world.databaseUrl,
  settings: world.settings,
};
// Whoever finds the file finds all of it.
const file = path.join(folder, `${worker}.json`);
writeFileSync(`${file}.new`, JSON.stringify(description), { mode: 0o600 });
await rename(`${file}.new`, file);
process.send?.('ready');
