/** Reads the environment: the only reader of `process.env`. Every mistake is named, so that an operator can mend them all at once. */
import type { z } from 'zod';
import { type Environment, environmentSchema } from './environment.ts';
import { mistypedNames } from './names.ts';
import { together } from './together.ts';

/** A variable, and what is wrong with it. */
export type Mistake = readonly [variable: string, message: string];

/** The bot can't start with these settings. The message is for people, and says what to do. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  /** Each mistake alone, if the message lists them. */
  readonly mistakes: readonly Mistake[];

  constructor(message: string, mistakes: readonly Mistake[] = []) {
    super([message, ...mistakes.map((one) => `  ${one.join(': ')}`)].join('\n'));
    this.mistakes = mistakes;
  }
}

/** Variables as a process is given them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What this process was started with. */
export const processVariables = (): Variables => process.env;

/** Sets a variable for this process, unless it is set already. */
export function setVariable(name: string, value: string): void {
  process.env[name] ||= value;
}

/** What the variables say, or everything that is wrong with them. */
export type ReadEnvironment =
  | { readonly env: Environment; readonly mistakes: readonly [] }
  | { readonly env: null; readonly mistakes: readonly Mistake[] };

/** Reads and checks. */
export function readEnvironment(variables: Variables): ReadEnvironment {
  // An empty variable is one that was not set: shells and manifests leave them behind.
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const read = environmentSchema.safeParse(given);
  const inValues = read.success ? mistakesBetween(read.data) : mistakesIn(read.error, given);
  const mistakes = [...mistypedNames(given), ...inValues];
  return read.success && mistakes.length === 0 ? { env: read.data, mistakes: [] } : { env: null, mistakes };
}

const mistakesBetween = (env: Environment): readonly Mistake[] =>
  together.flatMap(([holds, variable, message]): Mistake[] => (holds(env) ? [] : [[variable, message]]));

function mistakesIn({ issues }: z.ZodError, variables: Variables): readonly Mistake[] {
  const own = issues.map((issue): Mistake => [String(issue.path[0]), wordsOf(issue, variables)]);
  const beside = mistakesBeside(variables).filter(([variable]) => !own.some(([named]) => named === variable));
  return [...own, ...beside];
}

const wordsOf = (issue: z.core.$ZodIssue, variables: Variables): string =>
  variables[String(issue.path[0])] === undefined ? 'is missing' : issue.message;

/** What does not go together among variables of which others cannot be read: those count as they are. */
function mistakesBeside(variables: Variables): readonly Mistake[] {
  const readable = Object.entries(environmentSchema.shape).map(([variable, schema]) => [
    variable,
    schema.safeParse(variables[variable]).data ?? schema.safeParse(undefined).data ?? variables[variable],
  ]);
  // Nothing but the rules above sees it, and they ask only whether a variable is set, and to which word.
  return mistakesBetween(Object.fromEntries(readable) as Environment);
}
