/** Subcommands of the command line, and arguments that several of them share. */
import type { ParseArgsConfig } from 'node:util';
import { z } from 'zod';
import { DriftId, PersonId, RequestId, StreamId } from '../../domain/ids.ts';
import type { People } from '../../domain/ports/store.ts';
import { longestText } from '../../domain/request/request-command.ts';
import { isBlank } from '../../domain/strings.ts';
import type { OpenStore } from '../../store/store.ts';
import { countOf } from '../../text/words.ts';

/** The command can't be carried out. The message has one line. */
export class Unusable extends Error {
  override readonly name = 'Unusable';
}

/** Returns a handler for `catch`: an error of this kind becomes {@link Unusable}, in these words. Any other is thrown again. */
export const unusableIf =
  (kind: new (...given: never[]) => Error, words: (message: string) => string = (message) => message) =>
  (error: unknown): never => {
    throw error instanceof kind ? new Unusable(words(error.message)) : error;
  };

export const exit = {
  done: 0,
  /** Refused, integrity error, or failed check. */
  no: 1,
  unusable: 2,
  /** No finding, but not everything could be checked. */
  unchecked: 3,
} as const;
export type Exit = (typeof exit)[keyof typeof exit];

export const verificationResult = {
  [exit.done]: 'verified',
  [exit.no]: 'integrity errors',
  [exit.unchecked]: 'incomplete',
} as const;
export type VerificationExit = keyof typeof verificationResult;

export interface CommandEnvironment {
  /** Prints text for people. Control characters are removed. */
  print(text: string): Promise<void>;
  /** Shows progress in place of the previous progress; nothing if standard error isn't a terminal. */
  progress(text: string): void;
  complain(line: string): Promise<void>;
  /** Writes output for programs unchanged. Waits for a slow reader. */
  write(text: string): Promise<void>;
  store(): Promise<OpenStore>;
  readonly user: string;
  /** Asks a question at the terminal; null: no person is there. */
  readonly ask: ((question: string, how?: { readonly unseen: boolean }) => Promise<string>) | null;
  /** Returns the next line of a pipe; null at the end or with a terminal. */
  nextLine(): Promise<string | null>;
  readonly settingsFile: string | null;
}

/** `doing`: such as `Verified`. */
export function eventCounter(doing: string, progress: (text: string) => void): () => void {
  let count = 0;
  return () => {
    count += 1;
    if (count % 100 === 0) progress(`${doing} ${countOf(count, 'event', 'events')} …`);
  };
}

/** Arguments as typed, with meanings. */
export type Explained = readonly (readonly [typed: string, meaning: string])[];

declare module 'zod' {
  interface GlobalMeta {
    explains?: Explained;
  }
}

/** Adds the help of an argument. As typed, options start with a hyphen, and everything else is positional. */
export const argument = <T extends z.ZodType>(schema: T, ...explains: Explained): T => schema.meta({ explains });

type Options = NonNullable<ParseArgsConfig['options']>;

export interface Subcommand {
  readonly name: string;
  /** Syntax after the name: `ID [--json]`. */
  readonly usage: string;
  /** One line in the third person: `lists requests, newest first`. */
  readonly summary: string;
  /** Further help, in lines of at most 120 characters. */
  readonly help?: string;
  readonly explains: Explained;
  /** Meanings of exit codes that differ from the general ones. */
  readonly exits?: Readonly<Partial<Record<Exit, string>>>;
  readonly examples: readonly string[];
  readonly options: Options;
  /** It needs no settings, or reads the file itself: `.env` isn't loaded. */
  readonly withoutSettings?: true;
  readonly positionals: readonly string[];
  run(input: Readonly<Record<string, unknown>>, surroundings: CommandEnvironment): Promise<Exit>;
}

interface Parts<S extends Readonly<Record<string, z.ZodType>>>
  extends Omit<Subcommand, 'run' | 'usage' | 'explains' | 'options' | 'positionals'> {
  /** If it differs from what the arguments' help says. */
  readonly usage?: string;
  /** Schema of the arguments: `logKey` is the option `--log-key`. Its messages are shown to the user. */
  readonly input: z.ZodObject<S>;
  readonly run: (input: z.output<z.ZodObject<S>>, surroundings: CommandEnvironment) => Promise<Exit>;
}

const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** How an argument is typed: `[-o PACK.zip]`, without brackets if it's required. */
function usageOf(schema: z.ZodType): readonly string[] {
  const typed = (schema.meta()?.explains ?? []).map(([text]) => text.replace(/^(-\w), \S+/, '$1')).join('|');
  if (typed === '') return [];
  return [schema.safeParse(undefined).success ? `[${typed}]` : typed];
}

/** An option is a switch where its schema accepts true. A short form is in its help: `-o, --output`. */
function optionOf(schema: z.ZodType): Options[string] {
  const type = schema.safeParse(true).success ? 'boolean' : 'string';
  const short = /^-(\w),/.exec(schema.meta()?.explains?.[0]?.[0] ?? '')?.[1];
  return short === undefined ? { type } : { type, short };
}

export function subcommand<S extends Readonly<Record<string, z.ZodType>>>({
  input,
  run,
  usage,
  ...rest
}: Parts<S>): Subcommand {
  const fields = Object.entries<z.ZodType>(input.shape);
  const isPositional = (field: z.ZodType): boolean => field.meta()?.explains?.[0]?.[0].startsWith('-') === false;
  const positionals = fields.filter(([, field]) => isPositional(field)).map(([name]) => name);
  const options = fields.filter(([, field]) => !isPositional(field));
  return {
    ...rest,
    usage: usage ?? fields.flatMap(([, field]) => usageOf(field)).join(' '),
    explains: fields.flatMap(([, field]) => field.meta()?.explains ?? []),
    options: Object.fromEntries(options.map(([name, field]) => [kebab(name), optionOf(field)])),
    positionals,
    run: async (typed, surroundings) => {
      const read = input.safeParse(Object.fromEntries(fields.map(([name]) => [name, typed[kebab(name)]])));
      if (read.success) return run(read.data, surroundings);
      const mistakes = read.error.issues.map((issue) => {
        const name = issue.path.join('.');
        return `${positionals.includes(name) ? name.toUpperCase() : `--${kebab(name)}`}: ${issue.message}`;
      });
      throw new Unusable(mistakes.join('; '));
    },
  };
}

export const flag = z.boolean().default(false);
export const jsonFlag = argument(flag, ['--json', 'prints JSON for programs']);
/** Read before the command runs. */
export const envFile = argument(z.string().min(1, 'names no file').nullable().default(null), [
  '--env FILE',
  'file with the settings. Default: .env',
]);

const typedId = z
  .string({ error: 'is missing; name a request, such as CMK-7F3K9Q' })
  .transform((text) => text.trim().toUpperCase());

/** A request's name; case doesn't matter. */
export const requestIdInput = argument(
  typedId
    .refine((text) => RequestId.safeParse(text).success, {
      error: ({ input }) =>
        DriftId.safeParse(input).success
          ? `is a drift. For its events: cmk-bot audit export --format jsonl --request ${input}`
          : 'is not a request’s name; they look like CMK-7F3K9Q',
    })
    .transform((text) => RequestId.parse(text)),
  ['ID', 'the request, such as CMK-7F3K9Q'],
);

/** The same, or an agent's drifts. */
export const streamIdInput = typedId
  .refine(
    (text) => StreamId.safeParse(text).success,
    'is no request’s name, such as CMK-7F3K9Q, and no drift’s, such as DRIFT-7F3K9Q2M8D',
  )
  .transform((text) => StreamId.parse(text));

export const nameInput = argument(
  z
    .string()
    .trim()
    .refine((name) => !isBlank(name), 'is blank')
    .max(100, 'is longer than 100 characters')
    .optional(),
  ['--as NAME', 'name to record. Default: your user name'],
);

/** The reason. `advice`: what to write. */
export const reasonInput = (advice: string, meaning: string) =>
  argument(
    z
      .string({ error: `is missing; ${advice}` })
      .trim()
      .refine((reason) => !isBlank(reason), `is empty; ${advice}`)
      .max(longestText, `is longer than ${longestText} characters`),
    ['--reason TEXT', meaning],
  );

/** Returns people's names as Teams last provided them, or their ids. `known`: those that were read before; it gets the others. */
export async function namesOf(
  people: Pick<People, 'among'>,
  ids: readonly (string | null)[],
  known: Map<string, string | null> = new Map(),
): Promise<(id: string | null) => string> {
  const wanted = [...new Set(ids)].flatMap((id) => PersonId.safeParse(id).data ?? []);
  const unread = wanted.filter((id) => !known.has(id));
  for (const id of unread) known.set(id, null);
  for (const { id, name } of await people.among(unread)) known.set(id, name);
  return (id) => (id === null ? 'an operator' : (known.get(id) ?? id));
}
