import path from 'node:path';
import { z } from 'zod';
import { type Config, readConfig } from '../../config/config.ts';
import { ConfigurationError, readPlace, readSealKeyPlace } from '../../config/env.ts';
import type { Place } from '../../config/place.ts';
import { isVariable } from '../../config/settings/table.ts';
import { closestName } from '../../operations/choose.ts';
import { changeSetting } from '../doctor/commands.ts';
import { about, fail, ok } from '../doctor/subjects.ts';
import { reachControl } from '../rpc/client.ts';
import { type Diagnosis, DiagnosisCode, DiagnosisReport, diagnosisCodes, type Look } from '../rpc/diagnosis.ts';
import {
  argument,
  type CommandEnvironment,
  type Exit,
  envFile,
  exit,
  flag,
  jsonFlag,
  subcommand,
} from './subcommand.ts';
import { SealKeyUnusable } from './verifier-keys.ts';
import { diagnosisTable } from './words/report.ts';

/** Findings, and the process id of the bot that checked; null: the command line. */
interface CheckResult {
  readonly bot: number | null;
  readonly found: readonly Diagnosis[];
}

/** Asks the bot that runs on the folder, which has its own configuration. */
async function askBot(place: Place, look: Look): Promise<CheckResult | null> {
  if (place.kind !== 'folder') return null;
  const bot = await reachControl(path.resolve(place.dataDir)).catch(() => null);
  if (bot === null) return null;
  try {
    return { bot: bot.pid, found: await bot.control.diagnose(look) };
  } finally {
    await bot.close();
  }
}

const configuration = about('config/settings');
const database = about('db/answers');

const settingsPage = 'docs/install/settings.md explains every setting.';

function readConfiguration(): Config | readonly Diagnosis[] {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.mistakes.map(([variable, message], index) => {
      const found = `${variable}: ${message}`;
      const fix = index === error.mistakes.length - 1 ? settingsPage : '';
      if (isVariable(variable)) return fail(configuration, found, fix, [changeSetting(variable)]);
      return fail(configuration, found, 'Correct its name, or remove it.');
    });
  }
}

async function openFailure(place: Place, error: unknown): Promise<Diagnosis> {
  const key = readSealKeyPlace(place);
  if (error instanceof SealKeyUnusable && key !== null) {
    const { sealsUnusable } = await import('../doctor/audit-log.ts');
    return sealsUnusable(key, error.message);
  }
  const { NotMigrated, UnsupportedFormat } = await import('./open-store.ts');
  if (error instanceof NotMigrated) {
    const fix = 'Start this version of the bot once as the owner of the tables. It migrates them.';
    return fail(about('db/tables'), error.message, fix, ['npm start']);
  }
  if (error instanceof UnsupportedFormat) return fail(database, error.message, 'Use the program that wrote it.');
  const fix = 'Check DATABASE_URL, or --data.';
  return fail(database, error instanceof Error ? error.message : String(error), fix, [changeSetting('DATABASE_URL')]);
}

async function checkHere(place: Place, look: Look): Promise<readonly Diagnosis[]> {
  const config = readConfiguration();
  // The clients of Azure and the database load slowly, and a running bot has them loaded.
  const [{ openStoreRecords }, { diagnose, recordCodes }] = await Promise.all([
    import('./open-store.ts'),
    import('../doctor/diagnose.ts'),
  ]);
  const elsewhere = async () => ('policy' in config ? diagnose(config, null, look) : config);
  // A bot that runs on the folder has locked it, so only that bot can check the data there.
  const only = look.only.length === 0 ? [...recordCodes] : look.only.filter((code) => recordCodes.includes(code));
  const result = only.length === 0 ? null : await askBot(place, { ...look, only });
  if (result !== null) return [...(await elsewhere()), ...result.found];
  const opened = await openStoreRecords(place).catch((error: unknown) => openFailure(place, error));
  if ('outcome' in opened) return 'policy' in config ? [opened, ...(await elsewhere())] : [...config, opened];
  try {
    if (!('policy' in config)) return [...config, ok(database, 'answers')];
    return await diagnose(config, opened, look);
  } finally {
    await opened.close();
  }
}

/** Runs the checks. A settings file takes precedence over a running bot, unless `--data` names a folder. */
async function runChecks(
  { data, settingsFile }: Pick<CommandEnvironment, 'data' | 'settingsFile'>,
  look: Look,
): Promise<CheckResult> {
  const place = readPlace(data);
  const running = settingsFile === null || data !== undefined ? await askBot(place, look) : null;
  return running ?? { bot: null, found: await checkHere(place, look) };
}

const exitOf = (found: readonly Diagnosis[], strict: boolean): Exit =>
  found.some(({ outcome }) => outcome === 'fail' || (strict && outcome === 'warn')) ? exit.no : exit.done;

/** Returns the refusal of a code, with the one that was meant; its last part is enough. */
function unknownCheck(given: string): string {
  const close = diagnosisCodes.find((code) => code.endsWith(`/${given}`)) ?? closestName(given, diagnosisCodes);
  return `there is no check ‘${given}’. ${close === null ? 'cmk-bot doctor prints each check’s code' : `Did you mean ${close}?`}`;
}

const codes = z
  .string()
  .default('')
  .transform((text, context) => {
    const given = text.split(',').map((code) => code.trim());
    return given.flatMap((code) => {
      if (code === '') return [];
      const known = DiagnosisCode.safeParse(code).data;
      if (known === undefined) context.addIssue({ code: 'custom', message: unknownCheck(code) });
      return known ?? [];
    });
  });

const reportOf = ({ bot, found }: CheckResult, settings: string | null, code: Exit): DiagnosisReport =>
  DiagnosisReport.parse({ version: 1, at: new Date().toISOString(), bot, settings, exit: code, findings: found });

export const doctor = subcommand({
  name: 'doctor',
  summary: 'checks settings, permissions, database, Teams and Azure, and prints how to fix each problem',
  help: [
    'Changes nothing. Checks the settings in .env in this folder; variables of this shell take precedence. Without .env, a',
    'bot that runs on the data folder checks its own settings. What can’t be checked is listed, and isn’t a failure.',
  ].join('\n'),
  exits: { 0: 'no failure', 1: 'a failure; with --strict also a warning', 2: 'invalid arguments or unreadable input' },
  examples: ['cmk-bot doctor', 'cmk-bot doctor --only db/answers,db/role --json'],
  input: z.object({
    env: envFile,
    only: argument(codes, ['--only CODE,…', 'only these checks, by the codes in the output']),
    strict: argument(flag, ['--strict', 'exit with 1 on a warning too']),
    json: jsonFlag,
  }),
  async run({ only, strict, json }, { print, write, progress, data, settingsFile }) {
    const look: Look = { only };
    progress('Checking settings, permissions, database, Teams and Azure …');
    const result = await runChecks({ data, settingsFile }, look);
    const code = exitOf(result.found, strict);
    const settings = result.bot === null ? settingsFile : null;
    const whose =
      result.bot === null
        ? `Settings: ${settings ?? 'the environment’s; there is no .env in this folder'}`
        : `Checked by the running bot (process ${result.bot}), with its own settings:`;
    if (json) await write(`${JSON.stringify(reportOf(result, settings, code))}\n`);
    else await print(`${whose}\n${diagnosisTable(result.found)}`);
    return code;
  },
});
