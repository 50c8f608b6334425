/** The command `setup --set NAME`: changes one setting. */
import { processVariables } from '../../config/env.ts';
import { readEnvFile } from '../../config/env-file.ts';
import { emptyEnvironment, settingOf } from '../../config/settings/table.ts';
import { textOf, ValueNotWritable, withSettings, writeWithBackup } from '../setup/env-text.ts';
import { isSecret, isVariable, type VariableName, validateSetting } from '../setup/settings.ts';
import { Unusable } from './inputs.ts';
import { type CommandEnvironment, type Exit, exit } from './subcommand.ts';

type People = Pick<CommandEnvironment, 'print' | 'ask' | 'nextLine'>;

/** Reads the value from the terminal or a pipe. */
async function valueFor(name: VariableName, { print, ask, nextLine }: People): Promise<string> {
  if (ask === null) {
    const line = await nextLine();
    if (line === null) throw new Unusable(`type the value: --set ${name}=VALUE, or pass it through a pipe`);
    return line;
  }
  await print(`${name}: ${settingOf(name)}`);
  return ask('> ', { unseen: isSecret(name) });
}

/** Converts errors for values that a settings file can't store to {@link Unusable}. */
export function writable(text: () => string): string {
  try {
    return text();
  } catch (error) {
    throw error instanceof ValueNotWritable ? new Unusable(error.message) : error;
  }
}

/** Changes the settings file, or prints why not. `given`: `NAME` or `NAME=VALUE`. */
export async function setSetting(given: string, file: string, people: People): Promise<Exit> {
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
  const changed = writable(() => withSettings(text ?? emptyEnvironment(), { [name]: set.value }));
  const old = await writeWithBackup(file, changed, new Date());
  const backupNote = old === null ? '' : ` The previous file is now ${old}.`;
  await people.print(
    `✔ ${name}${isSecret(name) ? '' : ` ${set.value}`}: ${file} is changed.${backupNote} Restart the replicas one after the other.`,
  );
  return exit.done;
}
