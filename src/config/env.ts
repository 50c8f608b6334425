/**
 * Reads the environment. This is the only reader of `process.env`. It reports all mistakes together, so that an operator can
 * fix them in one go.
 */

import { closestMatch } from 'leven';
import type { z } from 'zod';
import { isLoopbackAddress } from '../domain/strings.ts';
import { type KeyPlace, keyPlace } from './place.ts';
import { type Environment, environmentSchema } from './settings/table.ts';

type Rule = readonly [holds: (env: Environment) => boolean, variable: string, message: string];

const onlyCustom =
  'contradicts AZURE_CLOUD, which names a cloud with addresses of its own: remove it, or set AZURE_CLOUD to custom';

/** Sign-in hosts of each cloud ("National clouds", Microsoft identity platform). */
const signInHosts: Readonly<Record<Exclude<Environment['AZURE_CLOUD'], 'custom'>, readonly string[]>> = {
  public: ['login.microsoftonline.com'],
  usgovernment: ['login.microsoftonline.us'],
  china: ['login.chinacloudapi.cn', 'login.partner.microsoftonline.cn'],
};

const isSet = (value: unknown): boolean => value !== undefined && !(Array.isArray(value) && value.length === 0);
const both = (variable: keyof Environment, other: keyof Environment): Rule => [
  (env) => isSet(env[variable]) === isSet(env[other]),
  variable,
  `and ${other}: set both or neither`,
];
const notBoth = (variable: keyof Environment, other: keyof Environment): Rule => [
  (env) => !isSet(env[variable]) || !isSet(env[other]),
  variable,
  `and ${other}: set one of them`,
];

const crossFieldRules: readonly Rule[] = [
  [
    (env) => env.CMK_MODE === 'local' || env.MicrosoftAppId !== undefined,
    'MicrosoftAppId',
    'is missing; without it the bot can’t verify callers',
  ],
  [
    (env) => env.CMK_MODE !== 'local' || env.MicrosoftAppId === undefined,
    'CMK_MODE',
    'is local, which trusts every caller; remove MicrosoftAppId',
  ],
  [
    (env) => env.CMK_MODE !== 'local' || isLoopbackAddress(env.CMK_LISTEN ?? '::1'),
    'CMK_LISTEN',
    'must be a loopback address in local mode, which trusts every caller',
  ],
  [
    (env) => env.MicrosoftAppId === undefined || env.MicrosoftAppType !== undefined,
    'MicrosoftAppType',
    'is missing; set SingleTenant or UserAssignedMSI',
  ],
  [
    (env) => env.MicrosoftAppType !== 'SingleTenant' || env.MicrosoftAppPassword !== undefined,
    'MicrosoftAppPassword',
    'is missing; SingleTenant needs it',
  ],
  [(env) => env.DATABASE_URL !== undefined, 'DATABASE_URL', 'is missing; set the address of a PostgreSQL database'],
  [
    (env) => env.CMK_DATABASE_OWNER_CLIENT_ID === undefined || env.CMK_DATABASE_SIGN_IN === 'entra',
    'CMK_DATABASE_OWNER_CLIENT_ID',
    'is the identity that owns the tables; set CMK_DATABASE_SIGN_IN to entra, or remove it',
  ],
  [
    (env) => env.CMK_SEAL_KEY_FILE !== undefined || env.CMK_SEAL_KEY_SECRET !== undefined,
    'CMK_SEAL_KEY_FILE',
    'is missing; the audit log is sealed with a key outside the database. Create a file with openssl rand -base64 32, or a secret of a vault, and set CMK_SEAL_KEY_SECRET to it',
  ],
  notBoth('CMK_SEAL_KEY_SECRET', 'CMK_SEAL_KEY_FILE'),
  [
    (env) => (env.CMK_ANCHOR ?? 'none') === 'none' || isSet(env.CMK_LOG_KEY_FILE ?? env.CMK_LOG_KEY_SECRET),
    'CMK_LOG_KEY_FILE',
    'is missing; it signs the published log in CMK_ANCHOR. Create a file with openssl rand -base64 32, or a secret of a vault, and set CMK_LOG_KEY_SECRET to it',
  ],
  notBoth('CMK_LOG_KEY_SECRET', 'CMK_LOG_KEY_FILE'),
  [
    (env) => (env.CMK_WITNESSES_NEEDED ?? 0) <= env.CMK_WITNESSES.length,
    'CMK_WITNESSES_NEEDED',
    'is more than CMK_WITNESSES names',
  ],
  ...(['AZURE_ARM_ENDPOINT', 'AZURE_AUTHORITY_HOST', 'AZURE_GRAPH_ENDPOINT'] as const).map(
    (name): Rule => [
      (env) => env.AZURE_CLOUD !== 'custom' || env[name] !== undefined,
      name,
      'is missing; the custom cloud needs it',
    ],
  ),
  [
    (env) =>
      env.CMK_LOGS_WORKSPACE === undefined || env.AZURE_CLOUD !== 'custom' || env.AZURE_LOGS_ENDPOINT !== undefined,
    'AZURE_LOGS_ENDPOINT',
    'is missing; the custom cloud needs it to query CMK_LOGS_WORKSPACE',
  ],
  ...(['AZURE_ARM_ENDPOINT', 'AZURE_GRAPH_ENDPOINT', 'AZURE_LOGS_ENDPOINT', 'AZURE_CA_FILE'] as const).map(
    (name): Rule => [(env) => env.AZURE_CLOUD === 'custom' || env[name] === undefined, name, onlyCustom],
  ),
  // Workload identity in a Kubernetes cluster sets it for every container.
  [
    ({ AZURE_CLOUD: cloud, AZURE_AUTHORITY_HOST: host }) =>
      cloud === 'custom' || host === undefined || signInHosts[cloud].includes(new URL(host).hostname),
    'AZURE_AUTHORITY_HOST',
    onlyCustom,
  ],
  [
    (env) => env.CMK_SUBSCRIPTIONS.length > 0,
    'CMK_SUBSCRIPTIONS',
    'is empty; name the subscriptions that the bot can change',
  ],
  [
    (env) =>
      env.CMK_AUDIT_CHANNEL === 'none' ||
      ![env.CMK_APPROVALS_CHANNEL, env.CMK_OPERATIONS_CHANNEL].includes(env.CMK_AUDIT_CHANNEL),
    'CMK_AUDIT_CHANNEL',
    'is the approvals or operations channel; set another channel, or none',
  ],
  [
    (env) => env.CMK_MODE === 'local' || !env.CMK_ALERT_WEBHOOK?.startsWith('http:'),
    'CMK_ALERT_WEBHOOK',
    'must start with https',
  ],
  both('CMK_ALERT_WEBHOOK_SECRET', 'CMK_ALERT_WEBHOOK'),
  both('CMK_ESCALATE_AFTER', 'CMK_ESCALATE_TO'),
  [
    (env) => (env.CMK_ESCALATE_AFTER ?? 0) < env.CMK_APPROVAL_EXPIRY,
    'CMK_ESCALATE_AFTER',
    'must be shorter than CMK_APPROVAL_EXPIRY',
  ],
  [
    (env) => env.CMK_STEP_UP === undefined || env.CMK_PUBLIC_URL !== undefined,
    'CMK_PUBLIC_URL',
    'is missing; CMK_STEP_UP sends people there to sign in',
  ],
  [
    (env) => env.CMK_STEP_UP === undefined || env.CMK_MODE === 'local' || !env.CMK_PUBLIC_URL?.startsWith('http:'),
    'CMK_PUBLIC_URL',
    'must start with https',
  ],
  [
    (env) =>
      env.CMK_STEP_UP === undefined || env.CMK_STEP_UP_APP_ID !== undefined || env.MicrosoftAppPassword !== undefined,
    'CMK_STEP_UP_APP_ID',
    'is missing; without a password the bot has no app that people can sign in to',
  ],
  both('CMK_STEP_UP_APP_SECRET', 'CMK_STEP_UP_APP_ID'),
];

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

/** Sets a variable for this process. `isDefault`: unless it is set already. */
export function setVariable(name: string, value: string, isDefault: boolean): void {
  if (!isDefault || (process.env[name] ?? '') === '') process.env[name] = value;
}

/** `env`: null if there are mistakes. */
export function readEnvironment(variables: Variables) {
  // Empty variables count as unset, because shells and manifests leave them behind.
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const read = environmentSchema.safeParse(given);
  const inValues = read.success ? mistakesBetween(read.data) : mistakesIn(read.error, given);
  const mistakes = [...Object.keys(given).flatMap((name) => mistakeIn(name, given)), ...inValues];
  return { env: read.success && mistakes.length === 0 ? read.data : null, mistakes };
}

const mistakesBetween = (env: Environment): readonly Mistake[] =>
  crossFieldRules.flatMap(([holds, variable, message]): Mistake[] => (holds(env) ? [] : [[variable, message]]));

function mistakesIn({ issues }: z.ZodError, variables: Variables): readonly Mistake[] {
  const own = issues.map(({ path, message }): Mistake => {
    const name = String(path[0]);
    return [name, variables[name] === undefined ? 'is missing' : message];
  });
  const beside = mistakesBeside(variables).filter(([variable]) => !own.some(([named]) => named === variable));
  return [...own, ...beside];
}

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

export const namesDatabase = ({ DATABASE_URL: url = '' }: Variables = processVariables()): boolean => url !== '';

/** Returns the database's address for the command line. Needs no other setting. Throws {@link ConfigurationError} without one. */
export function readDatabaseUrl({ DATABASE_URL: url = '' }: Variables = processVariables()): string {
  if (url !== '') return url;
  throw new ConfigurationError(
    'DATABASE_URL is missing: run this where .env has it, or name the settings with --env FILE, or a sandbox with --data DIR',
  );
}

/** Finds the seal key for the command line; null: none is configured. Throws {@link ConfigurationError} if two are set. */
export function readSealKeyPlace(variables: Variables = processVariables()): KeyPlace | null {
  const { CMK_SEAL_KEY_FILE: file = '', CMK_SEAL_KEY_SECRET: secret = '' } = variables;
  if (file !== '' && secret !== '') {
    throw new ConfigurationError('CMK_SEAL_KEY_FILE and CMK_SEAL_KEY_SECRET are both set: set one of them');
  }
  return file === '' && secret === '' ? null : keyPlace({ file, secret: secret || undefined });
}
