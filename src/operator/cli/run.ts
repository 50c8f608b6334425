/** Runs a command from its arguments to its exit code. */
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigurationError, namesDatabase } from '../../config/env.ts';
import { loadEnvFile, loadSettings } from '../../config/env-file.ts';
import { ownVersion } from '../../config/software.ts';
import { upperFirst, wrapText } from '../../domain/strings.ts';
import type { OpenStore } from '../../store/store.ts';
import { subcommands } from './registry.ts';
import { type CommandEnvironment, type Exit, type Explained, exit, type Subcommand, Unusable } from './subcommand.ts';
import { ValueNotWritable } from './with-settings.ts';
import { indent, printable, textTable } from './words/table.ts';

const everywhere: Explained = [
  ['--data DIR', 'a sandbox: reads DIR/.env. Default without other settings: .local'],
  ['--help', 'prints this help; after a command, the help of the command'],
  ['--version', 'prints the version'],
];

const exitMeanings: readonly string[] = [
  'success',
  'refused, check failed, or integrity error',
  'invalid arguments or unreadable input',
  'incomplete: something could not be checked',
];

const maxLineLength = 118;
const maxNameWidth = 30;

function explainedTable(rows: Explained): string {
  const names = rows.map(([typed]) => typed.length).filter((length) => length <= maxNameWidth);
  const column = Math.max(0, ...names) + 4;
  return rows
    .flatMap(([typed, meaning]) => {
      const [first = '', ...rest] = wrapText(meaning, maxLineLength - column);
      const more = rest.map((line) => `${' '.repeat(column)}${line}`);
      return typed.length > maxNameWidth
        ? [`  ${typed}`, `${' '.repeat(column)}${first}`, ...more]
        : [`  ${typed.padEnd(column - 2)}${first}`, ...more];
    })
    .join('\n');
}

const exitRows = (own: NonNullable<Subcommand['exits']>): Explained =>
  exitMeanings.map((meaning, code) => [`${code}`, own[code as Exit] ?? meaning] as const);

const section = (title: string, body: string): readonly string[] => (body === '' ? [] : ['', `${title}:`, body]);

const overview = (subcommands: readonly Subcommand[]): string =>
  [
    'Usage: cmk-bot COMMAND [options]',
    '',
    'Lists and controls the requests of the bot, and verifies its audit log.',
    ...section('Commands', indent(textTable(subcommands.map(({ name, summary }) => [`cmk-bot ${name}`, summary])))),
    ...section('Options', explainedTable(everywhere)),
    ...section('Exit codes', explainedTable(exitRows({}))),
    '',
    'To approve or reject a request, use Teams.',
  ].join('\n');

/** Only commands that verify end with code 3. */
const helpOn = ({ name, usage, summary, help = '', explains, exits = {}, examples }: Subcommand): string =>
  [
    `Usage: cmk-bot ${name} ${usage}`.trim(),
    '',
    `${upperFirst(summary)}.`,
    ...(help === '' ? [] : ['', help]),
    ...section('Options', explainedTable([...explains, ...everywhere])),
    ...section(
      'Exit codes',
      explainedTable(exitRows(exits).slice(0, exits[exit.unchecked] === undefined ? -1 : undefined)),
    ),
    ...section('Examples', indent(examples.join('\n'))),
  ].join('\n');

const matchesCommand = (args: readonly string[], { name }: Subcommand): boolean =>
  name.split(' ').every((word, index) => args[index] === word);

function read(rest: readonly string[], { options, positionals }: Subcommand) {
  try {
    const common = { data: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
    const parsed = parseArgs({ args: [...rest], options: { ...options, ...common }, allowPositionals: true });
    if (parsed.positionals.length > positionals.length) {
      throw new Unusable(`‘${parsed.positionals[positionals.length]}’ is one word too many`);
    }
    const named = Object.fromEntries(parsed.positionals.map((value, index) => [positionals[index] ?? '', value]));
    const { data, help, ...values } = parsed.values as Record<string, unknown> & { data?: string; help?: boolean };
    return { data, help: help === true, input: { ...values, ...named } as Readonly<Record<string, unknown>> };
  } catch (error) {
    if (error instanceof Unusable || !(error instanceof Error)) throw error;
    throw new Unusable(error.message.split('. ')[0] ?? error.message);
  }
}

/** Splits off common options that come first, as in other programs. */
function split(args: readonly string[]): { readonly asked: readonly string[]; readonly common: readonly string[] } {
  const [first = '', second] = args;
  const used = first.startsWith('--data=') ? 1 : first === '--data' && second !== undefined ? 2 : 0;
  return { asked: args.slice(used), common: args.slice(0, used) };
}

function openStoreOnce() {
  let opening: Promise<{ readonly store: OpenStore; close(): Promise<void> }> | null = null;
  return {
    async store(): Promise<OpenStore> {
      opening ??= import('./open-store.ts').then(({ openStoreHere }) => openStoreHere());
      return (await opening).store;
    },
    close: async (): Promise<void> => {
      const opened = await opening?.catch(() => null);
      await opened?.close();
    },
  };
}

/**
 * Loads the settings of `--data`, which override the shell's; else of `--env`, else of `.env` in the folder, else of the sandbox in
 * `.local`. Returns the file; null: none.
 */
function settingsFor(
  { withoutSettings }: Subcommand,
  { env, data }: { readonly env: unknown; readonly data: string | undefined },
  folder: string | null,
): string | null {
  if (withoutSettings === true) return null;
  if (data !== undefined) {
    const file = loadSettings(data, false);
    if (file === null) throw new Unusable(`${data} has no .env. Name the data folder of a sandbox with --data.`);
    return file;
  }
  if (typeof env === 'string' && env !== '') {
    loadEnvFile(env);
    return path.resolve(env);
  }
  if (folder === null) return null;
  const file = loadSettings(folder);
  return file === null && !namesDatabase() ? loadSettings(path.join(folder, '.local')) : file;
}

async function carryOut(
  command: Subcommand,
  rest: readonly string[],
  folder: string | null,
  terminal: Terminal,
): Promise<Exit> {
  const { data, help, input } = read(rest, command);
  if (help) {
    await terminal.print(helpOn(command));
    return exit.done;
  }
  const settingsFile = settingsFor(command, { env: input.env, data }, folder);
  const { store, close } = openStoreOnce();
  try {
    return await command.run(input, { ...terminal, store, settingsFile });
  } finally {
    await close();
  }
}

async function printHelp(args: readonly string[], terminal: Terminal): Promise<Exit> {
  if (args.length === 1 && ['--version', '-v'].some((word) => args.includes(word))) {
    await terminal.print(await ownVersion());
    return exit.done;
  }
  const wanted = args.filter((word) => !word.startsWith('-') && word !== 'help');
  const about = subcommands.filter(({ name }) => wanted.every((word, index) => name.split(' ')[index] === word));
  // The first word of a command group alone lists the group.
  const isGroup = args.length === 1 && about.length > 0;
  const askedForHelp = args.length === 0 || isGroup || ['help', '--help', '-h'].some((word) => args.includes(word));
  if (askedForHelp && about.length > 0) {
    const [only] = about;
    await terminal.print(about.length === 1 && only !== undefined ? helpOn(only) : overview(about));
    return exit.done;
  }
  throw new Unusable(`there is no ‘${args.slice(0, 2).join(' ')}’. cmk-bot --help lists all commands.`);
}

/**
 * Runs a command. Never throws: failures are printed in one line. `folder`: its `.env` is read first; null: only `--env` is
 * read.
 */
export async function run(typed: readonly string[], terminal: Terminal, folder: string | null): Promise<Exit> {
  const { asked: args, common } = split(typed);
  const command = subcommands.find((candidate) => matchesCommand(args, candidate));
  const name = command === undefined ? '' : ` ${command.name}`;
  try {
    return command === undefined
      ? await printHelp(args, terminal)
      : await carryOut(command, [...common, ...args.slice(command.name.split(' ').length)], folder, terminal);
  } catch (error) {
    const expected = [Unusable, ConfigurationError, ValueNotWritable].some((kind) => error instanceof kind);
    const message = error instanceof Error ? error.message : String(error);
    await terminal.complain(`cmk-bot${name}: ${message.trim() || 'something unexpected happened'}`);
    if (!expected && error instanceof Error && error.stack !== undefined) await terminal.complain(error.stack);
    return exit.unusable;
  }
}

type Terminal = Pick<CommandEnvironment, 'print' | 'write' | 'complain' | 'progress' | 'user' | 'ask' | 'nextLine'>;

/** A container can run under a uid without a name. */
function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** Creates the terminal for these two outputs. Text for people is made safe for terminals. */
export const openTerminal = (
  write: (text: string) => Promise<void>,
  writeError: (text: string) => Promise<void>,
  {
    ask = null,
    nextLine = async () => null,
    progress = () => undefined,
  }: Partial<Pick<CommandEnvironment, 'ask' | 'nextLine' | 'progress'>> = {},
): Terminal => ({
  async write(text) {
    progress('');
    await write(text);
  },
  async print(text) {
    progress('');
    await write(`${printable(text)}\n`);
  },
  async complain(line) {
    progress('');
    await writeError(`${printable(line)}\n`);
  },
  progress,
  user: userName(),
  ask,
  nextLine,
});
