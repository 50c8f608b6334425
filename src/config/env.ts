/** Reads the environment: the only reader of `process.env`. Every mistake is named, so that an operator can mend them all at once. */
import { closestMatch } from 'leven';
import type { z } from 'zod';
import { type KeyPlace, keyPlace, type Place } from './place.ts';
import { together } from './rules.ts';
import { type Environment, environmentSchema } from './settings/table.ts';

const settings: readonly string[] = Object.keys(environmentSchema.shape);

/** Of `npm run package`, which shares the environment of a shell with the bot. */
const ofTheAppPackage = [
  'CMK_DEVELOPER_NAME',
  'CMK_PRIVACY_URL',
  'CMK_PUBLIC_HOST',
  'CMK_TERMS_URL',
  'CMK_WEBSITE_URL',
];

/** Of `infra`: what `azd env get-values` puts into a shell beside settings of the bot. A test compares. */
const ofTheDeployment = [
  'CMK_ADMIN_ID',
  'CMK_ADMIN_IP',
  'CMK_ADMIN_NAME',
  'CMK_ADMIN_TYPE',
  'CMK_ALERT_EMAIL',
  'CMK_ANCHOR_ACCOUNT',
  'CMK_ANCHOR_CONTAINER',
  'CMK_ANCHOR_DAYS',
  'CMK_ANCHOR_LOCKED',
  'CMK_ASSIGN_ROLES',
  'CMK_AUDITORS',
  'CMK_AUDITOR_ADDRESSES',
  'CMK_BASE_IMAGE',
  'CMK_BOT_CLIENT_ID',
  'CMK_BOT_IDENTITY',
  'CMK_BOT_PRINCIPAL_ID',
  'CMK_DATABASE',
  'CMK_DATABASE_GEO_BACKUP',
  'CMK_DATABASE_HIGH_AVAILABILITY',
  'CMK_DATABASE_HOST',
  'CMK_DATABASE_SERVER',
  'CMK_DATABASE_SERVER_ID',
  'CMK_DATABASE_SKU',
  'CMK_DATABASE_STORAGE_GIB',
  'CMK_DATABASE_TIER',
  'CMK_DELETE_LOCK',
  'CMK_HOST',
  'CMK_IMAGE',
  'CMK_LOG_DAYS',
  'CMK_MIGRATE',
  'CMK_OWNER_IDENTITY',
  'CMK_OWNER_PRINCIPAL_ID',
  'CMK_POLICY',
  'CMK_REGISTRY',
  'CMK_ROLE_ID',
  'CMK_ROLE_SUBSCRIPTIONS',
  'CMK_STORAGE_SKU',
  'CMK_TAGS',
  'CMK_VAULT',
  'CMK_VAULT_SETTINGS',
  'CMK_WAIT',
  'CMK_WORKSPACE_ID',
  'CMK_ZONE_REDUNDANT',
];

/** Names that aren't settings and are there for a reason. */
export const otherNames: ReadonlySet<string> = new Set([...ofTheAppPackage, ...ofTheDeployment]);

/** Of the sandbox and of tests. */
const otherPrefixes = /^CMK_(LOCAL|TEST|CRASH|FUZZ|PROPERTY)_/;

/**
 * What Kubernetes sets in each container for a service called `cmk-…`, such as `CMK_BOT_SERVICE_HOST` and
 * `CMK_BOT_PORT_3978_TCP` ("Service", discovering services by environment variables).
 */
function isOfService(name: string, variables: Variables): boolean {
  const [, service] = /^(CMK_.+?)_(?:SERVICE_(?:HOST|PORT)|PORT)(?:_|$)/.exec(name) ?? [];
  return service !== undefined && variables[`${service}_SERVICE_HOST`] !== undefined;
}

/** Prefixes that settings share with variables of other programs: only a name that is nearly a setting's is mistyped. */
const shared = /^(MicrosoftApp|ToBotFrom|ToChannelFrom|AZURE_|OTEL_)/i;
const sharedDistance = 2;

/** The setting whose name differs least, in letters of any case; null where none is near. */
function nearestSetting(name: string, maxDistance: number): string | null {
  const byLower = new Map(settings.map((one) => [one.toLowerCase(), one]));
  return byLower.get(closestMatch(name.toLowerCase(), [...byLower.keys()], { maxDistance }) ?? '') ?? null;
}

function mistakeIn(name: string, variables: Variables): readonly Mistake[] {
  if (settings.includes(name)) return [];
  if (shared.test(name)) {
    const meant = nearestSetting(name, sharedDistance);
    return meant === null ? [] : [[name, `isn’t a setting. Did you mean ${meant}?`]];
  }
  if (!/^cmk_/i.test(name) || otherNames.has(name) || otherPrefixes.test(name) || isOfService(name, variables))
    return [];
  const meant = nearestSetting(name, Math.floor(name.length / 3));
  const advice = meant === null ? 'docs/configuration.md has all settings' : `Did you mean ${meant}?`;
  return [[name, `isn’t a setting. ${advice}`]];
}

/** Variables that look like settings and aren't: what they say would count for nothing. */
const mistypedNames = (variables: Variables): readonly Mistake[] =>
  Object.keys(variables).flatMap((name) => mistakeIn(name, variables));

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
type ReadEnvironment =
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

/**
 * Where the command line finds the record, for which it needs no other setting: the folder it was given, else the database or
 * folder that is configured, else the folder of the local product. Throws {@link ConfigurationError}.
 */
export function readPlace(given: string | undefined, variables: Variables = processVariables()): Place {
  if (given !== undefined) return { kind: 'folder', dataDir: given };
  const { DATABASE_URL: url = '', CMK_DATA_DIR: dataDir = '' } = variables;
  if (url !== '' && dataDir !== '') {
    throw new ConfigurationError(
      'DATABASE_URL and CMK_DATA_DIR are both set: set one of them, or name a folder with --data',
    );
  }
  return url === '' ? { kind: 'folder', dataDir: dataDir || '.local' } : { kind: 'server', url };
}

/**
 * Where the command line finds the key: as the bot would; null where none is named for a server. Throws
 * {@link ConfigurationError} where two are.
 */
export function readSealKeyPlace(place: Place, variables: Variables = processVariables()): KeyPlace | null {
  const { CMK_SEAL_KEY_FILE: file = '', CMK_SEAL_KEY_SECRET: secret = '' } = variables;
  if (file !== '' && secret !== '') {
    throw new ConfigurationError('CMK_SEAL_KEY_FILE and CMK_SEAL_KEY_SECRET are both set: set one of them');
  }
  if (file === '' && secret === '' && place.kind === 'server') return null;
  return keyPlace(place, 'seal.key', { file: file || undefined, secret: secret || undefined });
}
