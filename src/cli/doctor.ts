import path from 'node:path';
import { z } from 'zod';
import { type Config, readConfig } from '../config/config.ts';
import { ConfigurationError } from '../config/env.ts';
import { type Place, readPlace } from '../config/place.ts';
import { fail, ok } from '../operator/doctor/subjects.ts';
import type { Diagnosis } from '../operator/rpc/calls.ts';
import { reachControl } from '../operator/rpc/client.ts';
import { exit, subcommand } from './subcommand.ts';
import { diagnosisTable } from './words/diagnosis-table.ts';

/** The bot that runs on the folder, which knows its own configuration. */
async function askBot(
  place: Place,
  resource: string | null,
): Promise<{ readonly pid: number; readonly found: readonly Diagnosis[] } | null> {
  if (place.kind !== 'folder') return null;
  const bot = await reachControl(path.resolve(place.dataDir)).catch(() => null);
  if (bot === null) return null;
  try {
    return { pid: bot.pid, found: await bot.control.diagnose({ resource }) };
  } finally {
    await bot.close();
  }
}

/** The configuration, or every mistake in it. */
function configured(): Config | readonly Diagnosis[] {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const mistakes = error.message.split('\n').filter((line) => line.startsWith('  '));
    const mend = (index: number): string =>
      index === mistakes.length - 1 ? 'The README’s table tells of every variable.' : '';
    return mistakes.map((line, index) => fail('configuration', line.trim(), mend(index)));
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function lookHere(place: Place, resource: string | null): Promise<readonly Diagnosis[]> {
  const config = configured();
  // Azure's and the database's clients take a while to load; a running bot has them loaded.
  const [{ openStoreRecords }, { diagnose }] = await Promise.all([
    import('./open-store.ts'),
    import('../operator/doctor/diagnose.ts'),
  ]);
  const store = await openStoreRecords(place).catch((error: unknown) => messageOf(error));
  if (typeof store === 'string') {
    const found = fail('database', store, 'Look at DATABASE_URL, or CMK_DATA_DIR and --data.');
    return 'policy' in config ? [ok('configuration', 'holds together'), found] : [...config, found];
  }
  try {
    if (!('policy' in config)) return [...config, ok('database', 'answers')];
    return await diagnose({ config, database: store.database, store: store.store }, resource);
  } finally {
    await store.close();
  }
}

/** Everything the bot rests on, one line each. */
export const doctor = subcommand({
  name: 'doctor',
  usage: '[--resource NAME_OR_ID]',
  summary: 'whether configuration, policy, database, Azure and Teams are as the bot needs them',
  help: [
    'Changes nothing. A bot that runs on the data folder is asked, and looks with its own configuration; else the',
    'configuration of this shell is used. Ends with 1 when anything fails.',
    'With an agent’s name or resource id it also tells which rule of the policy applies to it and why, who may ask and',
    'approve, how many approvals are needed, and when a request expires.',
  ].join('\n'),
  options: { resource: { type: 'string' }, agent: { type: 'string' } },
  positionals: [],
  input: z.object({
    resource: z.string().trim().min(1, 'names no agent').max(2000).nullable().default(null),
    agent: z.undefined({ error: 'is called --resource now' }).optional(),
  }),
  async run({ resource }, { print, data }) {
    const place = readPlace(data);
    const bot = await askBot(place, resource);
    const found = bot === null ? await lookHere(place, resource) : bot.found;
    if (bot !== null) await print(`The running bot, process ${bot.pid}, looked:`);
    await print(diagnosisTable(found));
    return found.some((diagnosis) => diagnosis.outcome === 'fail') ? exit.no : exit.done;
  },
});
