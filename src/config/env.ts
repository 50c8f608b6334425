/**
 * The environment: every variable that is read, what each may be, and what only makes sense together. The only reader of
 * `process.env`. Every mistake is named, so that an operator can mend them all at once.
 */
import { z } from 'zod';
import { isLoopbackAddress, isPrivate } from '../domain/private-url.ts';
import { duration } from './duration.ts';
import { usualRetry } from './retry.ts';
import { vaultPlaces } from './vault-places.ts';

/** Every mistake in the configuration, one a line. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** Variables as a process is given them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What this process was started with. */
export const processVariables = (): Variables => process.env;

/** Sets a variable for this process, unless it is set already. */
export function setVariable(name: string, value: string): void {
  process.env[name] ||= value;
}

const text = z.string().trim().min(1);
const optional = text.optional();
const list = z
  .string()
  .optional()
  .transform((value) => (value ?? '').split(/[\s,]+/).filter((part) => part !== ''))
  .pipe(z.array(z.guid('must be a list of Entra ids, separated by commas')));

const yes = z
  .enum(['', '0', '1', 'false', 'true'])
  .default('')
  .transform((value) => value === '1' || value === 'true');

/** Where tokens and keys travel. */
const privateUrl = z.string().refine(isPrivate, 'must be an https URL, or http on this machine');

/** Names and versions as "Azure Key Vault keys, secrets and certificates overview" has them. */
const secretId = z
  .string()
  .regex(
    /^https:\/\/[^/?#@\s]+\/secrets\/[0-9a-zA-Z-]{1,127}(\/[0-9a-fA-F]{32})?$/,
    'must be the address of a secret, such as https://kv-cmk-bot.vault.azure.net/secrets/seal-key',
  );

const vaultKeyId = z
  .string()
  .regex(
    /^https:\/\/[^/?#@\s]+\/keys\/[0-9a-zA-Z-]{1,127}(\/[0-9a-fA-F]{32})?$/,
    'must be the address of a key, such as https://kv-cmk-bot.vault.azure.net/keys/checkpoints',
  );

const port = z.coerce.number().int().min(1).max(65_535);

/** Every variable that is read, in the words of the table in docs/configuration.md. Unknown variables are not looked at. */
export const environmentSchema = z.object({
  CMK_MODE: z.enum(['local']).optional(),
  PORT: port.default(3978),
  // Unset: loopback, in both families.
  CMK_LISTEN: z.union([z.ipv4(), z.ipv6()], 'must be an IP address of this machine, such as 0.0.0.0 or ::').optional(),
  MicrosoftAppType: z.enum(['SingleTenant', 'UserAssignedMSI']).optional(),
  MicrosoftAppId: optional,
  // Ids of tenants are compared in lower case.
  MicrosoftAppTenantId: z.guid().toLowerCase(),
  MicrosoftAppPassword: optional,
  ToBotFromChannelOpenIdMetadataUrl: privateUrl.optional(),
  ToBotFromChannelTokenIssuer: optional,
  ToChannelFromBotLoginUrl: z.url({ protocol: /^https$/, error: 'must be an https URL' }).optional(),
  ToChannelFromBotOAuthScope: optional,
  DATABASE_URL: optional,
  CMK_DATA_DIR: optional,
  CMK_DATABASE_OWNER_URL: optional,
  CMK_DATABASE_SIGN_IN: z.enum(['password', 'entra']).default('password'),
  CMK_DATABASE_OWNER_CLIENT_ID: z.guid().optional(),
  CMK_SEAL_KEY_FILE: optional,
  CMK_SEAL_KEY_SECRET: secretId.optional(),
  CMK_TRUST_RECORD: z
    .string()
    .regex(/^[1-9]\d*:[0-9a-f]{64}$/, 'must be the number and the hash of the last event, such as 47:9c0e51d7…')
    .optional(),
  // Names as "Naming and referencing containers, blobs, and metadata" has them.
  CMK_ANCHOR: z
    .string()
    .trim()
    .regex(
      /^(?!https?:)[^\s].*$|^https:\/\/[^/?#@\s]+(\/[^/?#@\s]+)?\/[a-z0-9](-?[a-z0-9]){2,62}\/?$/,
      'must be a folder, a container such as https://stcmkbot.blob.core.windows.net/anchor, or none',
    )
    .optional(),
  // Stands in lines between spaces and plus signs (C2SP signed-note).
  CMK_LOG_NAME: z
    .string()
    .regex(
      /^[^\s+\p{Cc}]{1,200}$/u,
      'must be a name without spaces or plus signs, such as cmk-bot.example.org/prod/audit',
    )
    .optional(),
  CMK_LOG_KEY_FILE: optional,
  CMK_LOG_KEY_SECRET: secretId.optional(),
  CMK_LOG_VAULT_KEY: vaultKeyId.optional(),
  CMK_WITNESSES: z
    .string()
    .default('')
    .transform((value) =>
      value
        .split(/[,\n]/)
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(
      z.array(
        z
          .string()
          .regex(
            /^https?:\/\/\S+ \S+$/,
            'must be address and verifier key of each witness, with a space between and commas behind',
          )
          .transform((part) => ({ url: part.split(' ')[0]?.replace(/\/+$/, '') ?? '', key: part.split(' ')[1] ?? '' })),
      ),
    ),
  CMK_WITNESSES_NEEDED: z.coerce.number().int().min(1).optional(),
  CMK_CHECKPOINT_EVERY: duration.default(60_000),
  CMK_REPLICA: optional,
  AZURE_CLOUD: z.enum(['public', 'usgovernment', 'china', 'custom']).default('public'),
  AZURE_ARM_ENDPOINT: z.url().optional(),
  AZURE_AUTHORITY_HOST: z.url().optional(),
  AZURE_GRAPH_ENDPOINT: z.url().optional(),
  AZURE_LOGS_ENDPOINT: z.url().optional(),
  AZURE_CA_FILE: optional,
  AZURE_CLIENT_ID: optional,
  AZURE_CLIENT_SECRET: optional,
  AZURE_FEDERATED_TOKEN_FILE: optional,
  CMK_SUBSCRIPTIONS: list,
  CMK_REQUESTERS: list,
  CMK_APPROVERS: list,
  CMK_READERS: list,
  CMK_OPERATORS: list,
  CMK_ALLOW_GUESTS: yes,
  CMK_POLICY_FILE: optional,
  CMK_APPROVALS_REQUIRED: z.coerce.number().int().min(1).max(10).default(1),
  CMK_APPROVAL_EXPIRY: duration.default(72 * 3_600_000),
  CMK_STEP_UP: z
    .string()
    .regex(/^c[1-9]\d?$/, 'must be the id of an authentication context, such as c1')
    .optional(),
  CMK_STEP_UP_MAX_AGE: duration.default(10 * 60_000),
  CMK_STEP_UP_APP_ID: z.guid('must be an app id such as Entra shows it').optional(),
  CMK_STEP_UP_APP_SECRET: optional,
  CMK_PUBLIC_URL: z
    .string()
    .regex(/^https?:\/\/[^/?#\s]+(\/[^?#\s]*)?$/, 'must be an address such as https://bot.example.org')
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  CMK_TEAM_ID: optional,
  CMK_OPERATIONS_CHANNEL: optional,
  CMK_APPROVALS_CHANNEL: text,
  CMK_AUDIT_CHANNEL: text,
  CMK_TEAMS_SERVICE_URL: privateUrl.optional(),
  // A card that refreshes itself is a call for each card on the screen: an approver who scrolls must not notice.
  CMK_CALLS_AT_ONCE: z.coerce.number().int().min(10).max(1_000_000).default(200),
  CMK_AZURE_POLL: duration.default(5_000),
  CMK_RETRY_FIRST_WAIT: duration.default(usualRetry.firstWaitMs),
  CMK_GRANT_WAIT: duration.default(usualRetry.spreadWithinMs),
  CMK_HEARTBEAT: duration.default(1_000),
  CMK_LOGS_WORKSPACE: z.guid('must be the id that the workspace shows as its own, which is no ARM id').optional(),
  // Logs of resources take 3 to 10 minutes ("Log data ingestion time in Azure Monitor").
  CMK_USE_WITHIN: duration.default(30 * 60_000),
  CMK_USE_POLL: duration.default(60_000),
  CMK_VAULTS: vaultPlaces,
  CMK_REQUIRE_NEW_KEY: yes,
  CMK_PAUSE: yes,
  CMK_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  OTEL_EXPORTER_OTLP_HEADERS: optional,
  OTEL_SERVICE_NAME: text.default('cmk-bot'),
  OTEL_METRIC_EXPORT_INTERVAL: z.coerce.number().int().min(1_000).max(3_600_000).default(60_000),
});
export type Environment = z.infer<typeof environmentSchema>;

/** What only makes sense together. Each message says what to set. */
const together: readonly [(env: Environment) => boolean, string, string][] = [
  [
    (env) => env.CMK_MODE === 'local' || env.MicrosoftAppId !== undefined,
    'MicrosoftAppId',
    'is missing; without it nobody can tell who is calling',
  ],
  [
    (env) => env.CMK_MODE !== 'local' || env.MicrosoftAppId === undefined,
    'CMK_MODE',
    'local goes without MicrosoftAppId: it trusts whoever calls',
  ],
  [
    (env) => env.CMK_MODE !== 'local' || isLoopbackAddress(env.CMK_LISTEN ?? '::1'),
    'CMK_LISTEN',
    'must be a loopback address in local mode, which trusts whoever calls',
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
  [
    (env) => (env.DATABASE_URL === undefined) !== (env.CMK_DATA_DIR === undefined),
    'DATABASE_URL',
    'or CMK_DATA_DIR: set exactly one of them',
  ],
  [
    (env) => env.CMK_DATABASE_OWNER_URL === undefined || env.DATABASE_URL !== undefined,
    'CMK_DATABASE_OWNER_URL',
    'is for migrating a database; set DATABASE_URL to the same one, with the bot’s own user',
  ],
  [
    (env) => env.CMK_DATABASE_SIGN_IN === 'password' || env.DATABASE_URL !== undefined,
    'CMK_DATABASE_SIGN_IN',
    'is for a database on a server; set DATABASE_URL, or leave it out',
  ],
  [
    (env) => env.CMK_DATABASE_OWNER_CLIENT_ID === undefined || env.CMK_DATABASE_SIGN_IN === 'entra',
    'CMK_DATABASE_OWNER_CLIENT_ID',
    'is the identity that owns the tables; set CMK_DATABASE_SIGN_IN to entra, or leave it out',
  ],
  [
    (env) =>
      env.DATABASE_URL === undefined || env.CMK_SEAL_KEY_FILE !== undefined || env.CMK_SEAL_KEY_SECRET !== undefined,
    'CMK_SEAL_KEY_FILE',
    'is missing; a record on a server is sealed with a key that is not on it: make a file with openssl rand -base64 32, or a secret of a vault and name it in CMK_SEAL_KEY_SECRET',
  ],
  [
    (env) => env.CMK_SEAL_KEY_FILE === undefined || env.CMK_SEAL_KEY_SECRET === undefined,
    'CMK_SEAL_KEY_SECRET',
    'and CMK_SEAL_KEY_FILE: set one of them',
  ],
  [
    (env) =>
      env.DATABASE_URL === undefined ||
      (env.CMK_ANCHOR ?? 'none') === 'none' ||
      env.CMK_LOG_KEY_FILE !== undefined ||
      env.CMK_LOG_KEY_SECRET !== undefined,
    'CMK_LOG_KEY_FILE',
    'is missing; what is published in CMK_ANCHOR is signed with it: make a file with openssl rand -base64 32, or a secret of a vault and name it in CMK_LOG_KEY_SECRET',
  ],
  [
    (env) => env.CMK_LOG_KEY_FILE === undefined || env.CMK_LOG_KEY_SECRET === undefined,
    'CMK_LOG_KEY_SECRET',
    'and CMK_LOG_KEY_FILE: set one of them',
  ],
  [
    (env) =>
      env.CMK_LOG_VAULT_KEY === undefined ||
      (env.CMK_ANCHOR ?? (env.DATABASE_URL === undefined ? '' : 'none')) !== 'none',
    'CMK_LOG_VAULT_KEY',
    'signs what is published; name a place in CMK_ANCHOR, or leave it out',
  ],
  [
    (env) => (env.CMK_WITNESSES_NEEDED ?? 0) <= env.CMK_WITNESSES.length,
    'CMK_WITNESSES_NEEDED',
    'is more than CMK_WITNESSES names',
  ],
  [
    (env) => env.AZURE_CLOUD !== 'custom' || env.AZURE_ARM_ENDPOINT !== undefined,
    'AZURE_ARM_ENDPOINT',
    'is missing; the custom cloud needs it',
  ],
  [
    (env) => env.AZURE_CLOUD !== 'custom' || env.AZURE_AUTHORITY_HOST !== undefined,
    'AZURE_AUTHORITY_HOST',
    'is missing; the custom cloud needs it',
  ],
  [
    (env) => env.AZURE_CLOUD !== 'custom' || env.AZURE_GRAPH_ENDPOINT !== undefined,
    'AZURE_GRAPH_ENDPOINT',
    'is missing; the custom cloud needs it',
  ],
  [
    (env) =>
      env.CMK_LOGS_WORKSPACE === undefined || env.AZURE_CLOUD !== 'custom' || env.AZURE_LOGS_ENDPOINT !== undefined,
    'AZURE_LOGS_ENDPOINT',
    'is missing; the custom cloud needs it to ask CMK_LOGS_WORKSPACE',
  ],
  [
    (env) => env.CMK_SUBSCRIPTIONS.length > 0,
    'CMK_SUBSCRIPTIONS',
    'is empty; name the subscriptions the bot may act in',
  ],
  [
    (env) =>
      env.CMK_AUDIT_CHANNEL === 'none' ||
      ![env.CMK_APPROVALS_CHANNEL, env.CMK_OPERATIONS_CHANNEL].includes(env.CMK_AUDIT_CHANNEL),
    'CMK_AUDIT_CHANNEL',
    'is the approvals or operations channel; name a channel of its own, or none',
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
  [
    (env) => (env.CMK_STEP_UP_APP_ID === undefined) === (env.CMK_STEP_UP_APP_SECRET === undefined),
    'CMK_STEP_UP_APP_SECRET',
    'and CMK_STEP_UP_APP_ID: set both or neither',
  ],
];

/** A variable, and what is wrong with it. */
export type Mistake = readonly [variable: string, message: string];

/** What the variables say, or everything that is wrong with them. */
export type ReadEnvironment =
  | { readonly env: Environment; readonly mistakes: readonly [] }
  | { readonly env: null; readonly mistakes: readonly Mistake[] };

/** Reads and checks. */
export function readEnvironment(variables: Variables): ReadEnvironment {
  // An empty variable is one that was not set: shells and manifests leave them behind.
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const read = environmentSchema.safeParse(given);
  const mistakes = read.success ? mistakesBetween(read.data) : mistakesIn(read.error, given);
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
