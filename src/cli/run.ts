/** From what was typed to how it ended. */
import { parseArgs } from 'node:util';
import { ConfigurationError } from '../config/env.ts';
import { readPlace } from '../config/place.ts';
import { ownVersion } from '../config/version.ts';
import { helpOn, overview } from './help.ts';
import { type OpenRecords, openRecords } from './open-records.ts';
import { subcommands } from './registry.ts';
import { type Exit, exit, type Subcommand } from './subcommand.ts';
import type { Terminal } from './terminal.ts';
import { Unusable } from './unusable.ts';

const isAsked = (args: readonly string[], { name }: Subcommand): boolean =>
  name.split(' ').every((word, index) => args[index] === word);

/** What was typed behind the subcommand's name. Throws {@link Unusable}. */
function read(rest: readonly string[], { options, positionals }: Subcommand) {
  try {
    const common = { data: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
    const parsed = parseArgs({ args: [...rest], options: { ...options, ...common }, allowPositionals: true });
    if (parsed.positionals.length > positionals.length) {
      throw new Unusable(`‘${parsed.positionals[positionals.length]}’ is one word too many`);
    }
    const named = Object.fromEntries(parsed.positionals.map((value, index) => [positionals[index] ?? '', value]));
    const { data, help, ...values } = parsed.values as Record<string, unknown> & { data?: string; help?: boolean };
    return { data, help: help === true, input: { ...values, ...named } };
  } catch (error) {
    if (error instanceof Unusable || !(error instanceof Error)) throw error;
    throw new Unusable(error.message.split('. ')[0] ?? error.message);
  }
}

/** What is the same everywhere may stand first, as with other programs: what was asked for, and that. */
function split(args: readonly string[]): { readonly asked: readonly string[]; readonly common: readonly string[] } {
  const [first = '', second] = args;
  const taken = first.startsWith('--data=') ? 1 : first === '--data' && second !== undefined ? 2 : 0;
  return { asked: args.slice(taken), common: args.slice(0, taken) };
}

/** Opens the record when it is first asked for, and closes it in the end. */
function recordsOnce(data: string | undefined) {
  let opening: Promise<OpenRecords> | null = null;
  return {
    records: (): Promise<OpenRecords> => {
      opening ??= openRecords(readPlace(data));
      return opening;
    },
    close: async (): Promise<void> => {
      const opened = await opening?.catch(() => null);
      await opened?.close();
    },
  };
}

async function carryOut(one: Subcommand, rest: readonly string[], terminal: Terminal): Promise<Exit> {
  const { data, help, input } = read(rest, one);
  if (help) {
    await terminal.print(helpOn(one));
    return exit.done;
  }
  const { records, close } = recordsOnce(data);
  try {
    return await one.run(input, { ...terminal, records, data });
  } finally {
    await close();
  }
}

/** Help where it was asked for or nothing was; else what to type instead. */
async function guide(args: readonly string[], terminal: Terminal): Promise<Exit> {
  if (args.length === 1 && ['--version', '-v'].some((word) => args.includes(word))) {
    await terminal.print(await ownVersion());
    return exit.done;
  }
  const wanted = args.filter((word) => !word.startsWith('-') && word !== 'help');
  const about = subcommands.filter(({ name }) => wanted.every((word, index) => name.split(' ')[index] === word));
  // The first word of several commands, alone, asks which there are.
  const isGroup = args.length === 1 && about.length > 0;
  const askedForHelp = args.length === 0 || isGroup || ['help', '--help', '-h'].some((word) => args.includes(word));
  if (askedForHelp && about.length > 0) {
    const [only] = about;
    await terminal.print(about.length === 1 && only !== undefined ? helpOn(only) : overview(about));
    return exit.done;
  }
  throw new Unusable(`there is no ‘${args.slice(0, 2).join(' ')}’. cmk-bot --help lists what there is.`);
}

/** Never throws: what cannot be done is said in one line. */
export async function run(typed: readonly string[], terminal: Terminal): Promise<Exit> {
  const { asked: args, common } = split(typed);
  const one = subcommands.find((candidate) => isAsked(args, candidate));
  const name = one === undefined ? '' : ` ${one.name}`;
  try {
    return one === undefined
      ? await guide(args, terminal)
      : await carryOut(one, [...common, ...args.slice(one.name.split(' ').length)], terminal);
  } catch (error) {
    const expected = error instanceof Unusable || error instanceof ConfigurationError;
    const message = error instanceof Error ? error.message : String(error);
    await terminal.complain(`cmk-bot${name}: ${message.trim() || 'something unexpected happened'}`);
    if (!expected && error instanceof Error && error.stack !== undefined) await terminal.complain(error.stack);
    return exit.unusable;
  }
}
