/** Subcommands of the command line. */
import type { ParseArgsConfig } from 'node:util';
import { z } from 'zod';
import { countOf } from '../../text/words.ts';
import { Unusable } from './inputs.ts';
import type { OpenRecords } from './open-records.ts';

/** Exit codes. */
export const exit = {
  done: 0,
  /** Refused, integrity error, or failed check. */
  no: 1,
  /** Invalid arguments, or unreadable input. */
  unusable: 2,
  /** No finding, but not everything could be checked. */
  unchecked: 3,
} as const;
export type Exit = (typeof exit)[keyof typeof exit];

/** The first words of a verification, by its exit code. */
export const verificationResult = {
  [exit.done]: 'verified',
  [exit.no]: 'integrity errors',
  [exit.unchecked]: 'incomplete',
} as const;
export type VerificationExit = keyof typeof verificationResult;

/** Environment of a subcommand. */
export interface CommandEnvironment {
  /** Prints text for people. Control characters are removed. */
  print(text: string): Promise<void>;
  /** Shows progress in place of the previous progress; nothing if standard error isn't a terminal. */
  progress(text: string): void;
  /** Prints a line about an error. */
  complain(line: string): Promise<void>;
  /** Writes output for programs unchanged. Waits for a slow reader. */
  write(text: string): Promise<void>;
  /** Returns the audit log, opened on first use. */
  records(): Promise<OpenRecords>;
  /** The operating system's user name. */
  readonly user: string;
  /** Asks a question at the terminal; null: no person is there. */
  readonly ask: ((question: string, how?: { readonly unseen: boolean }) => Promise<string>) | null;
  /** Returns the next line of a pipe; null at the end or with a terminal. */
  nextLine(): Promise<string | null>;
  /** Value of `--data`. */
  readonly data: string | undefined;
  /** Path of the settings file: `.env` in the working folder, or from `--env`. Null: none. */
  readonly settingsFile: string | null;
}

/** Counts events and shows progress. */
export class EventCount {
  readonly #tell: (text: string) => void;
  readonly #doing: string;
  #count = 0;

  /** `doing`: such as `Verified`. */
  constructor(doing: string, tell: (text: string) => void) {
    this.#doing = doing;
    this.#tell = tell;
  }

  add(): void {
    this.#count += 1;
    if (this.#count % 100 === 0) this.#tell(`${this.#doing} ${countOf(this.#count, 'event', 'events')} …`);
  }
}

export type Options = NonNullable<ParseArgsConfig['options']>;

export interface Subcommand {
  /** `requests list` */
  readonly name: string;
  /** Syntax after the name: `ID [--json]`. */
  readonly usage: string;
  /** One line in the third person: `lists requests, newest first`. */
  readonly summary: string;
  /** Further help, in lines of at most 120 characters; can be empty. */
  readonly help: string;
  /** Arguments and options as typed, with meanings. */
  readonly explains: readonly (readonly [typed: string, meaning: string])[];
  /** Meanings of exit codes that differ from the general ones. */
  readonly exits?: Readonly<Partial<Record<Exit, string>>>;
  /** Whole commands. */
  readonly examples: readonly string[];
  readonly options: Options;
  /** It needs no settings, or reads the file itself: `.env` isn't loaded. */
  readonly withoutSettings?: true;
  /** Names of positional arguments, in order. */
  readonly positionals: readonly string[];
  run(input: Readonly<Record<string, unknown>>, surroundings: CommandEnvironment): Promise<Exit>;
}

interface Parts<I> extends Omit<Subcommand, 'run' | 'options'> {
  /** Schema of an object of options and positionals. Its messages are shown to the user. */
  readonly input: z.ZodType<I>;
  readonly run: (input: I, surroundings: CommandEnvironment) => Promise<Exit>;
}

/** Returns the schema's fields as options: a switch where it accepts true, with `short` from the field's metadata. */
function optionsOf(input: z.ZodType, positionals: readonly string[]): Options {
  const object = input instanceof z.ZodPipe ? input.in : input;
  const fields = object instanceof z.ZodObject ? Object.entries<z.ZodType>(object.shape) : [];
  const options = fields.filter(([name]) => !positionals.includes(name));
  return Object.fromEntries(
    options.map(([name, field]) => {
      const { short } = z.object({ short: z.string().optional() }).parse(field.meta() ?? {});
      const type = field.safeParse(true).success ? 'boolean' : 'string';
      return [name, short === undefined ? { type } : { type, short }];
    }),
  );
}

/** Creates a subcommand from its schema and its implementation. */
export const subcommand = <I>({ input, run, ...rest }: Parts<I>): Subcommand => ({
  ...rest,
  options: optionsOf(input, rest.positionals),
  run: async (typed, surroundings) => {
    const read = input.safeParse(typed);
    if (read.success) return run(read.data, surroundings);
    const mistakes = read.error.issues.map((issue) => {
      const name = issue.path.join('.');
      return `${rest.positionals.includes(name) ? name.toUpperCase() : `--${name}`}: ${issue.message}`;
    });
    throw new Unusable(mistakes.join('; '));
  },
});
