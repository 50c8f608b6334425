import path from 'node:path';
import { z } from 'zod';
import type { Config } from '../config/config.ts';
import { ConfigurationError } from '../config/env.ts';
import { loadEnvFile } from '../config/env-file.ts';
import { type Place, readPlace, readSealKeyPlace } from '../config/place.ts';
import { readConfig } from '../config/read-config.ts';
import { setAnew } from '../operator/doctor/commands.ts';
import { about, fail, ok } from '../operator/doctor/subjects.ts';
import { reachControl } from '../operator/rpc/client.ts';
import {
  type Diagnosis,
  DiagnosisCode,
  DiagnosisReport,
  diagnosisCodes,
  type Look,
} from '../operator/rpc/diagnosis.ts';
import { readPackedApp } from './packed-app.ts';
import { SealKeyUnusable } from './seal-keys.ts';
import { type Exit, exit, subcommand } from './subcommand.ts';
import { diagnosisTable } from './words/diagnosis-table.ts';

/** What was found, and by whom: the process id of a bot, or null. */
interface Looked {
  readonly bot: number | null;
  readonly found: readonly Diagnosis[];
}

/** The bot that runs on the folder, which knows its own configuration. */
async function askBot(place: Place, look: Look): Promise<Looked | null> {
  if (place.kind !== 'folder') return null;
  const bot = await reachControl(path.resolve(place.dataDir)).catch(() => null);
  if (bot === null) return null;
  try {
    return { bot: bot.pid, found: await bot.control.diagnose(look) };
  } finally {
    await bot.close();
  }
}

const configuration = about('config/settings', 'configuration');
const database = about('db/answers', 'database');

/** The configuration, or every mistake in it. */
function configured(): Config | readonly Diagnosis[] {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const mistakes = error.message.split('\n').filter((line) => line.startsWith('  '));
    const mend = (index: number): string =>
      index === mistakes.length - 1 ? 'docs/configuration.md tells of every variable.' : '';
    return mistakes.map((line, index) => {
      const [variable = ''] = line.trim().split(':');
      return fail(configuration, line.trim(), mend(index), { commands: [setAnew(variable)] });
    });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Why the record could not be opened. */
async function notOpened(place: Place, error: unknown): Promise<Diagnosis> {
  const key = readSealKeyPlace(place);
  if (error instanceof SealKeyUnusable && key !== null) {
    const { sealsUnusable } = await import('../operator/doctor/record.ts');
    return sealsUnusable(key, error.message);
  }
  const { NotBroughtUp, OtherRecord } = await import('./open-store.ts');
  if (error instanceof NotBroughtUp) {
    const mend = 'Start the bot of this version once, with the owner of the tables: it brings them up.';
    return fail(about('db/tables', 'tables'), error.message, mend, { commands: ['npm start'] });
  }
  if (error instanceof OtherRecord) return fail(database, error.message, 'Use the program that wrote it.');
  const variable = place.kind === 'server' ? 'DATABASE_URL' : 'CMK_DATA_DIR';
  const mend = 'Look at DATABASE_URL, or CMK_DATA_DIR and --data.';
  return fail(database, messageOf(error), mend, { commands: [setAnew(variable)] });
}

async function lookHere(place: Place, look: Look): Promise<readonly Diagnosis[]> {
  const config = configured();
  // Azure's and the database's clients take a while to load; a running bot has them loaded.
  const [{ openStoreRecords }, { diagnose }] = await Promise.all([
    import('./open-store.ts'),
    import('../operator/doctor/diagnose.ts'),
  ]);
  const opened = await openStoreRecords(place).catch((error: unknown) => notOpened(place, error));
  if ('outcome' in opened) {
    return 'policy' in config ? [opened, ...(await diagnose({ config, record: null, look }))] : [...config, opened];
  }
  try {
    if (!('policy' in config)) return [...config, ok(database, 'answers')];
    return await diagnose({ config, record: opened, look });
  } finally {
    await opened.close();
  }
}

const ended = (found: readonly Diagnosis[], strict: boolean): Exit =>
  found.some(({ outcome }) => outcome === 'fail' || (strict && outcome === 'warn')) ? exit.no : exit.done;

const codes = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((code) => code.trim())
      .filter((code) => code !== ''),
  )
  .pipe(z.array(DiagnosisCode, `must be codes with commas between them, of ${diagnosisCodes.join(', ')}`));

const reportOf = ({ bot, found }: Looked, code: Exit): DiagnosisReport =>
  DiagnosisReport.parse({ version: 1, at: new Date().toISOString(), bot, exit: code, findings: found });

/** Everything the bot rests on, one line each. */
export const doctor = subcommand({
  name: 'doctor',
  usage: '[--resource NAME_OR_ID] [--package ZIP] [--env FILE] [--only CODE,…] [--strict] [--json]',
  summary: 'whether configuration, policy, database, Azure and Teams are as the bot needs them, and what mends it',
  help: [
    'Changes nothing. A bot that runs on the data folder is asked, and looks with its own configuration; else the',
    'configuration of this shell is used, and of the file that --env names. Ends with 0 when all is well or only warned',
    'of, with 1 when anything fails (with --strict also for a warning), with 2 when asked in a way that is not understood.',
    'What could not be looked at is said so, and is no failure.',
    'With an agent’s name or resource id it also tells which rule of the policy applies to it and why, who may ask and',
    'approve, how many approvals are needed, and when a request expires. With an app package it tells whether that is',
    'this bot’s. --only looks at some alone, by the codes that --json names.',
  ].join('\n'),
  options: {
    resource: { type: 'string' },
    agent: { type: 'string' },
    package: { type: 'string' },
    env: { type: 'string' },
    only: { type: 'string' },
    strict: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  positionals: [],
  input: z.object({
    resource: z.string().trim().min(1, 'names no agent').max(2000).nullable().default(null),
    agent: z.undefined({ error: 'is called --resource now' }).optional(),
    package: z.string().min(1, 'names no file').nullable().default(null),
    env: z.string().min(1, 'names no file').nullable().default(null),
    only: codes,
    strict: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  async run({ resource, package: file, env, only, strict, json }, { print, write, data }) {
    if (env !== null) loadEnvFile(env);
    const look: Look = { resource, only, packed: file === null ? null : await readPackedApp(file) };
    const place = readPlace(data);
    const looked = (await askBot(place, look)) ?? { bot: null, found: await lookHere(place, look) };
    const code = ended(looked.found, strict);
    if (json) {
      await write(`${JSON.stringify(reportOf(looked, code))}\n`);
      return code;
    }
    if (looked.bot !== null) await print(`The running bot, process ${looked.bot}, looked:`);
    await print(diagnosisTable(looked.found));
    return code;
  },
});
