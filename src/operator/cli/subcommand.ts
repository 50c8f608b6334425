/** What a subcommand is made of. */
import type { ParseArgsConfig } from 'node:util';
import type { z } from 'zod';
import { countOf } from '../../text/count.ts';
import { Unusable } from './inputs.ts';
import type { OpenRecords } from './open-records.ts';

/** How a call ended, for scripts. */
export const exit = {
  done: 0,
  /** Refused, tampered with, or not well. */
  no: 1,
  /** Asked in a way that is not understood, or what was asked for could not be read. */
  unusable: 2,
  /** Nothing was found, but not everything could be looked at. */
  unchecked: 3,
} as const;
export type Exit = (typeof exit)[keyof typeof exit];

/** What a subcommand works with. */
export interface CommandEnvironment {
  /** Words for people: a line, or several. What could steer a terminal is taken out. */
  print(text: string): Promise<void>;
  /** Says how far it is, in place of what it said before; nothing where standard error isn't a terminal. */
  progress(text: string): void;
  /** A line about what went wrong. */
  complain(line: string): Promise<void>;
  /** Bytes for programs, as they are. Waits while the reader is slower. */
  write(text: string): Promise<void>;
  /** The record, opened the first time it is asked for. */
  records(): Promise<OpenRecords>;
  /** Who is at the command line, for the operating system. */
  readonly user: string;
  /** Asks who is at the terminal, and gives what they typed; null where nobody is. */
  readonly ask: ((question: string, how?: { readonly unseen: boolean }) => Promise<string>) | null;
  /** The next line that comes by a pipe; null at the end, or where a person sits at a terminal. */
  nextLine(): Promise<string | null>;
  /** What `--data` said. */
  readonly data: string | undefined;
  /** Path of the file of settings that was read: `.env` in the working folder, or what `--env` named. Null: none. */
  readonly settingsFile: string | null;
}

/** Counts events, and tells it now and then. */
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
  /** What follows the name: `ID [--json]`. */
  readonly usage: string;
  /** One line in the third person: `lists requests, newest first`. */
  readonly summary: string;
  /** What else `--help` says, in lines of at most 120 characters; may be empty. */
  readonly help: string;
  /** What follows the name, as it is typed, each with its meaning. */
  readonly explains: readonly (readonly [typed: string, meaning: string])[];
  /** Meanings of exit codes, where they are others than everywhere. */
  readonly exits?: Readonly<Partial<Record<Exit, string>>>;
  /** Whole commands. */
  readonly examples: readonly string[];
  readonly options: Options;
  /** It needs no settings of the bot, or reads the file itself: `.env` isn't read for it. */
  readonly withoutSettings?: true;
  /** Names of what is given without `--`, in order. */
  readonly positionals: readonly string[];
  run(input: Readonly<Record<string, unknown>>, surroundings: CommandEnvironment): Promise<Exit>;
}

interface Parts<I> extends Omit<Subcommand, 'run'> {
  /** Reads options and positionals together. Its messages are shown to whoever typed them. */
  readonly input: z.ZodType<I>;
  readonly run: (input: I, surroundings: CommandEnvironment) => Promise<Exit>;
}

/** Joins a subcommand's reading of what was typed with what it does. */
export const subcommand = <I>({ input, run, ...rest }: Parts<I>): Subcommand => ({
  ...rest,
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
