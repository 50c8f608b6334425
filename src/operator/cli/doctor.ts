import { z } from 'zod';
import { type Config, readConfig } from '../../config/config.ts';
import { ConfigurationError, readSealKeyPlace } from '../../config/env.ts';
import { isVariable } from '../../config/settings/table.ts';
import { closestName } from '../../operations/similar-names.ts';
import { changeSetting } from '../doctor/commands.ts';
import { type Diagnosis, DiagnosisCode, DiagnosisReport, diagnosisCodes } from '../doctor/diagnosis.ts';
import { about, fail, ok } from '../doctor/subjects.ts';
import { argument, envFile, exit, flag, jsonFlag, subcommand } from './subcommand.ts';
import { SealKeyUnusable } from './verifier-keys.ts';
import { diagnosisTable } from './words/report.ts';

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

async function openFailure(error: unknown): Promise<Diagnosis> {
  const key = readSealKeyPlace();
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
  return fail(database, error instanceof Error ? error.message : String(error), 'Check DATABASE_URL.', [
    changeSetting('DATABASE_URL'),
  ]);
}

async function runChecks(only: readonly DiagnosisCode[]): Promise<readonly Diagnosis[]> {
  const config = readConfiguration();
  // The clients of Azure and the database load slowly.
  const [{ openStoreHere }, { diagnose }] = await Promise.all([
    import('./open-store.ts'),
    import('../doctor/diagnose.ts'),
  ]);
  const opened = await Promise.resolve()
    .then(() => openStoreHere())
    .catch(openFailure);
  if ('outcome' in opened)
    return 'policy' in config ? [opened, ...(await diagnose(config, null, only))] : [...config, opened];
  try {
    return 'policy' in config ? await diagnose(config, opened, only) : [...config, ok(database, 'answers')];
  } finally {
    await opened.close();
  }
}

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

export const doctor = subcommand({
  name: 'doctor',
  summary: 'checks settings, permissions, database, Teams and Azure, and prints how to fix each problem',
  help: [
    'Changes nothing. Checks the settings in .env in this folder; variables of this shell take precedence. What can’t be',
    'checked is listed, and isn’t a failure.',
  ].join('\n'),
  exits: { 0: 'no failure', 1: 'a failure; with --strict also a warning', 2: 'invalid arguments or unreadable input' },
  examples: ['cmk-bot doctor', 'cmk-bot doctor --only db/answers,db/role --json'],
  input: z.object({
    env: envFile,
    only: argument(codes, ['--only CODE,…', 'only these checks, by the codes in the output']),
    strict: argument(flag, ['--strict', 'exit with 1 on a warning too']),
    json: jsonFlag,
  }),
  async run({ only, strict, json }, { print, write, progress, settingsFile }) {
    progress('Checking settings, permissions, database, Teams and Azure …');
    const found = await runChecks(only);
    const isFailed = found.some(({ outcome }) => outcome === 'fail' || (strict && outcome === 'warn'));
    const code = isFailed ? exit.no : exit.done;
    const report = { version: 1, at: new Date().toISOString(), settings: settingsFile, exit: code, findings: found };
    const whose = `Settings: ${settingsFile ?? 'the environment’s; there is no .env in this folder'}`;
    if (json) await write(`${JSON.stringify(DiagnosisReport.parse(report))}\n`);
    else await print(`${whose}\n${diagnosisTable(found)}`);
    return code;
  },
});
