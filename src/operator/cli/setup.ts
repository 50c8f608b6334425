/** The command `setup`: the wizard, or one setting. */
import { z } from 'zod';
import { processVariables } from '../../config/env.ts';
import { readEnvFile } from '../../config/env-file.ts';
import { emptyEnvironment, environmentExample, isSecretSetting, settingOf } from '../../config/settings/table.ts';
import { textOf, withSettings, writeWithBackup } from '../setup/env-text.ts';
import { isVariable, type VariableName, validateSetting } from '../setup/settings.ts';
import { argument, type CommandEnvironment, type Exit, exit, flag, subcommand, Unusable } from './subcommand.ts';

type People = Pick<CommandEnvironment, 'print' | 'ask' | 'nextLine'>;

async function valueFor(name: VariableName, { print, ask, nextLine }: People): Promise<string> {
  if (ask === null) {
    const line = await nextLine();
    if (line === null) throw new Unusable(`type the value: --set ${name}=VALUE, or pass it through a pipe`);
    return line;
  }
  await print(`${name}: ${settingOf(name)}`);
  return ask('> ', { unseen: isSecretSetting(name) });
}

/** Changes the settings file, or prints why not. `given`: `NAME` or `NAME=VALUE`. */
async function setSetting(given: string, file: string, people: People): Promise<Exit> {
  const at = given.indexOf('=');
  const name = at === -1 ? given : given.slice(0, at);
  if (!isVariable(name)) throw new Unusable(`there is no setting ${name}; docs/configuration.md lists all settings`);
  const text = await textOf(file);
  const before = { ...(text === null ? {} : readEnvFile(file)) };
  const value = at === -1 ? await valueFor(name, people) : given.slice(at + 1);
  // The shell's variables count for the bot too, and rules between settings are checked together.
  const set = validateSetting({ ...processVariables(), ...before }, name, value);
  if (set.kind === 'refused') {
    await people.print(`✘ ${set.why.replace(/\.$/, '')}. Nothing was written.`);
    return exit.no;
  }
  if (set.kind === 'shown') {
    await people.print(`${name}=${set.value}\nNothing was written, because no tenant is set.`);
    return exit.done;
  }
  const changed = withSettings(text ?? emptyEnvironment(), { [name]: set.value });
  const old = await writeWithBackup(file, changed, new Date());
  const backupNote = old === null ? '' : ` The previous file is now ${old}.`;
  await people.print(
    `✔ ${name}${isSecretSetting(name) ? '' : ` ${set.value}`}: ${file} is changed.${backupNote} Restart the replicas one after the other.`,
  );
  return exit.done;
}

export const setup = subcommand({
  name: 'setup',
  usage: '[--answers FILE | --set NAME[=VALUE] | --example] [--env FILE] [--print]',
  summary: 'asks for the settings, checks each answer, and writes .env and the remaining steps',
  help: [
    'Checks each answer with your own Azure sign-in (az login). Changes nothing in Azure, and writes nothing before the',
    'last question. Answers can come from a pipe, a line each.',
  ].join('\n'),
  exits: { 0: 'written', 1: 'stopped, or refused', 2: 'unusable answers' },
  examples: ['cmk-bot setup', 'cmk-bot setup --set CMK_LOG_LEVEL=info'],
  withoutSettings: true,
  input: z.object({
    answers: argument(z.string().min(1, 'names no file').nullable().default(null), [
      '--answers FILE',
      'takes the answers from a JSON file instead of asking. Its keys are the IDs of the questions. The list confirmed names the questions that need a confirmation',
    ]),
    set: argument(z.string().min(1, 'names no setting').nullable().default(null), [
      '--set NAME[=VALUE]',
      'asks for one setting, checks it together with the others, and writes it',
    ]),
    example: argument(flag, ['--example', 'prints every setting with its meaning and an example']),
    env: argument(z.string().min(1, 'names no file').default('.env'), [
      '--env FILE',
      'file with the settings; the previous one is kept. Default: .env',
    ]),
    print: argument(flag, ['--print', 'shows what would be written']),
  }),
  async run({ answers, set, env, example, print }, surroundings) {
    if (example) {
      await surroundings.write(environmentExample());
      return exit.done;
    }
    if (set !== null) return setSetting(set, env, surroundings);
    // Azure's clients load slowly.
    const { runWizard } = await import('./setup-wizard.ts');
    return runWizard({ answers, env, print }, surroundings);
  },
});
