/**
 * The command `setup`: asks for each setting that is missing or wrong, or changes one. It checks them together as the bot does at
 * its start; what they name is checked by `doctor`.
 */

import { lstat, readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Mistake, processVariables, readEnvironment, type Variables } from '../../config/env.ts';
import { readEnvFile } from '../../config/env-file.ts';
import {
  emptyEnvironment,
  environmentExample,
  isNeededSetting,
  isSecretSetting,
  isVariable,
  settingOf,
  type VariableName,
  variableNames,
} from '../../config/settings/table.ts';
import { privateMode, replaceFile } from '../../io/files.ts';
import { argument, type CommandEnvironment, type Exit, exit, flag, subcommand, Unusable } from './subcommand.ts';
import { withSettings } from './with-settings.ts';

const fileExists = (file: string): Promise<boolean> =>
  lstat(file).then(
    () => true,
    () => false,
  );

async function textOf(file: string): Promise<string | null> {
  return (await fileExists(file)) ? readFile(file, 'utf8') : null;
}

/** Writes the file atomically with mode 0600. Returns the name of the backup; null: there was no file. */
async function writeWithBackup(file: string, text: string, now: Date): Promise<string | null> {
  let old: string | null = null;
  if (await fileExists(file)) {
    const dated = `${file}.${now.toISOString().slice(0, 10)}`;
    old = dated;
    for (let number = 2; await fileExists(old); number += 1) old = `${dated}.${number}`;
    // `wx`: never writes through an existing link.
    await writeFile(old, await readFile(file), { mode: privateMode, flag: 'wx' });
  }
  await replaceFile(file, text);
  return old;
}

type People = Pick<CommandEnvironment, 'print' | 'ask' | 'nextLine'>;

/** The file's variables and the shell's, which count for the bot too. */
async function variablesWith(file: string): Promise<Variables> {
  return { ...processVariables(), ...((await textOf(file)) === null ? {} : readEnvFile(file)) };
}

const lineOf = ([variable, message]: Mistake): string => `${variable} ${message}`;

/** Returns why a value isn't written; null: it can be. Several settings might have to change one by one. */
function refusalOf(before: Variables, name: VariableName, value: string): string | null {
  const earlier = readEnvironment(before).mistakes.map(lineOf);
  const { mistakes } = readEnvironment({ ...before, [name]: value });
  const own = mistakes.filter(([variable]) => variable === name);
  const fresh = mistakes.filter((one) => before[one[0]] && !earlier.includes(lineOf(one)));
  const blocking = own.length > 0 ? own : fresh;
  return blocking.length === 0 ? null : blocking.map(lineOf).join('; ').replace(/\.$/, '');
}

async function valueFor(name: VariableName, why: string, { print, ask, nextLine }: People): Promise<string | null> {
  await print(`${name}${why === '' ? '' : ` ${why}`}\n   ${settingOf(name)}`);
  return ask === null ? nextLine() : (await ask('> ', { unseen: isSecretSetting(name) })).trim();
}

function assignmentIn(typed: string, name: VariableName): readonly [VariableName, string] {
  const [, other = '', value = ''] = /^(\w+)=(.*)$/s.exec(typed) ?? [];
  return isVariable(other) ? [other, value] : [name, typed];
}

/** `backup`: the previous file's new name; null: no backup was made. */
async function write(file: string, [name, value]: readonly [VariableName, string], backUp: boolean, { print }: People) {
  const why = refusalOf(await variablesWith(file), name, value);
  if (why !== null) {
    await print(`✘ ${why}. Nothing was written.`);
    return noAnswer;
  }
  const changed = withSettings((await textOf(file)) ?? emptyEnvironment(), { [name]: value });
  if (backUp) return { written: true, backup: await writeWithBackup(file, changed, new Date()) };
  await replaceFile(file, changed);
  return { written: true, backup: null };
}

const noAnswer = { written: false, backup: null };

const backupWords = (backup: string | null): string => (backup === null ? '' : ` The previous file is now ${backup}.`);

async function setSetting(given: string, file: string, people: People): Promise<Exit> {
  const [name = '', ...rest] = given.split('=');
  if (!isVariable(name)) throw new Unusable(`there is no setting ${name}; docs/install/settings.md lists all settings`);
  const value = given.includes('=') ? rest.join('=') : await valueFor(name, '', people);
  if (value === null) throw new Unusable(`type the value: --set ${name}=VALUE, or pass it through a pipe`);
  const { written, backup } = await write(file, [name, value.trim()], true, people);
  if (!written) return exit.no;
  const shown = isSecretSetting(name) ? '' : ` ${value.trim()}`;
  await people.print(
    `✔ ${name}${shown}: ${file} is changed.${backupWords(backup)} Restart the replicas one after the other.`,
  );
  return exit.done;
}

/** Returns the first setting that is wrong or missing, or that a bot usually needs, and what is wrong; null: none. */
function nextQuestion(variables: Variables, skipped: ReadonlySet<string>): readonly [VariableName, string] | null {
  const mistakes = new Map(readEnvironment(variables).mistakes);
  const isOpen = (name: string): boolean => isNeededSetting(name) && !variables[name] && !skipped.has(name);
  const name = variableNames.find((one) => mistakes.has(one) || isOpen(one));
  return name === undefined ? null : [name, mistakes.get(name) ?? ''];
}

const nextStep = (file: string): string =>
  `✔ ${file} has what the bot needs to start.\nNext: cmk-bot doctor --env ${file}. It checks what the settings name, and prints each command that is still needed, and who can run it.`;

/** Asks until nothing is missing. Each answer is written at once, so an interrupted setup continues where it stopped. */
async function askAll(file: string, people: People): Promise<Exit> {
  await people.print(
    `Each answer is checked and written to ${file} at once. Enter skips a setting that can be empty; NAME=VALUE sets another one. Ctrl+C stops.`,
  );
  const skipped = new Set<string>();
  let isFirst = true;
  for (;;) {
    const variables = await variablesWith(file);
    const question = nextQuestion(variables, skipped);
    if (question === null) {
      const rest = readEnvironment(variables).mistakes.map((one) => `✘ ${lineOf(one)}`);
      await people.print(rest.length > 0 ? rest.join('\n') : nextStep(file));
      return rest.length > 0 ? exit.no : exit.done;
    }
    const [asked, why] = question;
    const typed = await valueFor(asked, why, people);
    if (typed === null) {
      await people.print(`Stopped at ${asked}. The answers so far are in ${file}.`);
      return exit.no;
    }
    const { written, backup } =
      typed === '' ? noAnswer : await write(file, assignmentIn(typed, asked), isFirst, people);
    if (backup !== null) await people.print(backupWords(backup).trim());
    // One that is still wrong or missing is asked again nevertheless: another setting might have taken its place.
    if (typed === '' || why !== '') skipped.add(asked);
    if (written) isFirst = false;
  }
}

export const setup = subcommand({
  name: 'setup',
  usage: '[--set NAME[=VALUE] | --example] [--env FILE]',
  summary: 'asks for the settings that are missing or wrong, and writes .env',
  help: 'Changes nothing in Azure or Teams. Answers can come from a pipe, a line each.',
  exits: { 0: 'written', 1: 'stopped, or refused' },
  examples: ['cmk-bot setup', 'cmk-bot setup --set CMK_LOG_LEVEL=info'],
  withoutSettings: true,
  input: z.object({
    set: argument(z.string().min(1, 'names no setting').nullable().default(null), [
      '--set NAME[=VALUE]',
      'asks for one setting, checks it together with the others, and writes it',
    ]),
    example: argument(flag, ['--example', 'prints every setting with its meaning and an example']),
    env: argument(z.string().min(1, 'names no file').default('.env'), [
      '--env FILE',
      'file with the settings; the previous one is kept. Default: .env',
    ]),
  }),
  async run({ set, env, example }, surroundings) {
    if (set !== null) return setSetting(set, env, surroundings);
    if (!example) return askAll(env, surroundings);
    await surroundings.write(environmentExample());
    return exit.done;
  },
});
