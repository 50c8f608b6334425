/**
 * Reads the environment. This is the only reader of `process.env`. It reports all mistakes together, so that an operator can
 * fix them in one go.
 */
import { closestMatch } from 'leven';
import type { z } from 'zod';
import { crossFieldRules } from './cross-field-rules.ts';
import { type KeyPlace, keyPlace, type Place, placeAt } from './place.ts';
import { type Environment, environmentSchema } from './settings/table.ts';

const settings: readonly string[] = Object.keys(environmentSchema.shape);

/** Variables of `npm run package`, which often runs in the same shell as the bot. */
const ofTheAppPackage = [
  'CMK_DEVELOPER_NAME',
  'CMK_PRIVACY_URL',
  'CMK_PUBLIC_HOST',
  'CMK_TERMS_URL',
  'CMK_WEBSITE_URL',
];

/**
 * Returns whether the shell has the values of `azd env get-values`, which name the deployment's parameters and results beside the
 * settings. A container has only the settings.
 */
const isShellOfAzd = ({ AZURE_ENV_NAME: environment, CONTAINER_APP_NAME: app }: Variables): boolean =>
  environment !== undefined && app === undefined;

const otherPrefixes = /^CMK_(LOCAL|TEST|CRASH|FUZZ|PROPERTY)_/;

/**
 * Returns whether Kubernetes set the variable for a service called `cmk-…`, such as `CMK_BOT_SERVICE_HOST` and
 * `CMK_BOT_PORT_3978_TCP` ("Service", discovering services by environment variables).
 */
function isOfService(name: string, variables: Variables): boolean {
  const [, service] = /^(CMK_.+?)_(?:SERVICE_(?:HOST|PORT)|PORT)(?:_|$)/.exec(name) ?? [];
  return service !== undefined && variables[`${service}_SERVICE_HOST`] !== undefined;
}

/** Prefixes that other programs also use. Such a name counts as mistyped only if it's very similar to a setting. */
const shared = /^(MicrosoftApp|ToBotFrom|ToChannelFrom|AZURE_|OTEL_)/i;
const sharedDistance = 2;

function nearestSetting(name: string, maxDistance: number): string | null {
  const byLower = new Map(settings.map((one) => [one.toLowerCase(), one]));
  return byLower.get(closestMatch(name.toLowerCase(), [...byLower.keys()], { maxDistance }) ?? '') ?? null;
}

function mistakeIn(name: string, variables: Variables): readonly Mistake[] {
  if (settings.includes(name)) return [];
  if (shared.test(name)) {
    const suggestion = nearestSetting(name, sharedDistance);
    return suggestion === null ? [] : [[name, `isn’t a setting. Did you mean ${suggestion}?`]];
  }
  const isOther = ofTheAppPackage.includes(name) || otherPrefixes.test(name) || isOfService(name, variables);
  if (!/^cmk_/i.test(name) || isOther || isShellOfAzd(variables)) return [];
  const suggestion = nearestSetting(name, Math.floor(name.length / 3));
  const advice = suggestion === null ? 'docs/install/settings.md has all settings' : `Did you mean ${suggestion}?`;
  return [[name, `isn’t a setting. ${advice}`]];
}

const mistypedNames = (variables: Variables): readonly Mistake[] =>
  Object.keys(variables).flatMap((name) => mistakeIn(name, variables));

export type Mistake = readonly [variable: string, message: string];

/** The settings are invalid, so the bot can't start. The message is for people and says what to do. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly mistakes: readonly Mistake[];

  constructor(message: string, mistakes: readonly Mistake[] = []) {
    super([message, ...mistakes.map((one) => `  ${one.join(': ')}`)].join('\n'));
    this.mistakes = mistakes;
  }
}

export type Variables = Readonly<Record<string, string | undefined>>;

export const processVariables = (): Variables => process.env;

/** Sets a variable for this process, unless it is set already. */
export function setVariable(name: string, value: string): void {
  process.env[name] ||= value;
}

type ReadEnvironment =
  | { readonly env: Environment; readonly mistakes: readonly [] }
  | { readonly env: null; readonly mistakes: readonly Mistake[] };

/** Parses and validates the variables. */
export function readEnvironment(variables: Variables): ReadEnvironment {
  // Empty variables count as unset, because shells and manifests leave them behind.
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const read = environmentSchema.safeParse(given);
  const inValues = read.success ? mistakesBetween(read.data) : mistakesIn(read.error, given);
  const mistakes = [...mistypedNames(given), ...inValues];
  return read.success && mistakes.length === 0 ? { env: read.data, mistakes: [] } : { env: null, mistakes };
}

const mistakesBetween = (env: Environment): readonly Mistake[] =>
  crossFieldRules.flatMap(([holds, variable, message]): Mistake[] => (holds(env) ? [] : [[variable, message]]));

function mistakesIn({ issues }: z.ZodError, variables: Variables): readonly Mistake[] {
  const own = issues.map((issue): Mistake => [String(issue.path[0]), wordsOf(issue, variables)]);
  const beside = mistakesBeside(variables).filter(([variable]) => !own.some(([named]) => named === variable));
  return [...own, ...beside];
}

const wordsOf = (issue: z.core.$ZodIssue, variables: Variables): string =>
  variables[String(issue.path[0])] === undefined ? 'is missing' : issue.message;

/** Checks cross-field rules although other variables are invalid. Those count with their raw values. */
function mistakesBeside(variables: Variables): readonly Mistake[] {
  const readable = Object.entries(environmentSchema.shape).map(([variable, schema]) => [
    variable,
    schema.safeParse(variables[variable]).data ?? schema.safeParse(undefined).data ?? variables[variable],
  ]);
  // The cast is safe: only the cross-field rules use the value, and they only test whether a variable is set and compare
  // words.
  return mistakesBetween(Object.fromEntries(readable) as Environment);
}

/**
 * Finds the audit log for the command line: the given folder, the configured database, or the sandbox's folder.
 * Needs no other setting.
 */
export function readPlace(given: string | undefined, variables: Variables = processVariables()): Place {
  if (given !== undefined) return { kind: 'folder', dataDir: given };
  const { DATABASE_URL: url = '' } = variables;
  return url === '' ? { kind: 'folder', dataDir: '.local' } : placeAt(url);
}

/**
 * Finds the seal key for the command line, as the bot does. Null: a server without a configured key. Throws {@link
 * ConfigurationError} if two are set.
 */
export function readSealKeyPlace(place: Place, variables: Variables = processVariables()): KeyPlace | null {
  const { CMK_SEAL_KEY_FILE: file = '', CMK_SEAL_KEY_SECRET: secret = '' } = variables;
  if (file !== '' && secret !== '') {
    throw new ConfigurationError('CMK_SEAL_KEY_FILE and CMK_SEAL_KEY_SECRET are both set: set one of them');
  }
  if (file === '' && secret === '' && place.kind === 'server') return null;
  return keyPlace(place, 'seal.key', { file: file || undefined, secret: secret || undefined });
}
