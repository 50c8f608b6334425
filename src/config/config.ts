/**
 * Configuration: the only reader of the environment. Everything is checked before anything starts, and every mistake is
 * named, so that an operator can mend them all at once.
 */
import os from 'node:os';
import { z } from 'zod';
import type { Policy } from '../domain/policy/policy.ts';
import { isPrivate } from '../domain/private-url.ts';
import { duration } from './duration.ts';
import { type PolicyFile, policyFrom, readPolicyFile } from './policy-file.ts';

const text = z.string().trim().min(1);
const optional = text.optional();
const list = z
  .string()
  .optional()
  .transform((value) => (value ?? '').split(/[\s,]+/).filter((part) => part !== ''))
  .pipe(z.array(z.guid('must be a list of Entra ids, separated by commas')));

/** Where tokens and keys travel. */
const privateUrl = z.string().refine(isPrivate, 'must be an https URL, or http on this machine');

const port = z.coerce.number().int().min(1).max(65_535);

/** Every variable that is read, in the words of the README's table. Unknown variables are not looked at. */
export const environmentSchema = z.object({
  CMK_MODE: z.enum(['local']).optional(),
  PORT: port.default(3978),
  MicrosoftAppType: z.enum(['SingleTenant', 'UserAssignedMSI']).optional(),
  MicrosoftAppId: optional,
  MicrosoftAppTenantId: z.guid(),
  MicrosoftAppPassword: optional,
  ToBotFromChannelOpenIdMetadataUrl: privateUrl.optional(),
  ToBotFromChannelTokenIssuer: optional,
  ToChannelFromBotLoginUrl: z.url({ protocol: /^https$/, error: 'must be an https URL' }).optional(),
  ToChannelFromBotOAuthScope: optional,
  DATABASE_URL: optional,
  CMK_DATA_DIR: optional,
  CMK_REPLICA: optional,
  AZURE_CLOUD: z.enum(['public', 'usgovernment', 'china', 'custom']).default('public'),
  AZURE_ARM_ENDPOINT: z.url().optional(),
  AZURE_AUTHORITY_HOST: z.url().optional(),
  AZURE_GRAPH_ENDPOINT: z.url().optional(),
  AZURE_CA_FILE: optional,
  AZURE_CLIENT_ID: optional,
  AZURE_CLIENT_SECRET: optional,
  AZURE_FEDERATED_TOKEN_FILE: optional,
  CMK_SUBSCRIPTIONS: list,
  CMK_REQUESTERS: list,
  CMK_APPROVERS: list,
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
  CMK_RETRY_FIRST_WAIT: duration.default(10_000),
  CMK_PAUSE: z
    .enum(['', '0', '1', 'false', 'true'])
    .default('')
    .transform((value) => value === '1' || value === 'true'),
  CMK_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});
type Environment = z.infer<typeof environmentSchema>;

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

export type Config = Environment & {
  readonly CMK_REPLICA: string;
  /** Who may ask and approve, how many, for how long: the policy file's rules, then the environment's settings. */
  readonly policy: Policy;
  /** Changes whenever a rule changes: part of every plan digest. */
  readonly policyVersion: string;
};

/** Every mistake in the configuration, one a line. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** Replicas share a server and run on machines of their own; a folder is one process's alone. */
const replicaName = (env: Environment): string =>
  env.CMK_REPLICA ?? (env.DATABASE_URL === undefined ? 'local' : os.hostname());

function whole(env: Environment, rules: NonNullable<PolicyFile['rules']>): Config {
  const policy = policyFrom(rules, {
    requesters: env.CMK_REQUESTERS,
    approvers: env.CMK_APPROVERS,
    approvalsRequired: env.CMK_APPROVALS_REQUIRED,
    expiryMs: env.CMK_APPROVAL_EXPIRY,
    extraApprovalForIrreversible: false,
  });
  return { ...env, CMK_REPLICA: replicaName(env), policy, policyVersion: policy.version };
}

/** Reads and checks the environment and the policy file it names. Throws {@link ConfigurationError}. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  // An empty variable is one that was not set: shells and manifests leave them behind.
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const read = environmentSchema.safeParse(given);
  const file: PolicyFile =
    given.CMK_POLICY_FILE === undefined ? { rules: [], mistakes: [] } : readPolicyFile(given.CMK_POLICY_FILE);
  const mistakes = [
    ...(read.success
      ? together.flatMap(([holds, variable, message]) => (holds(read.data) ? [] : [[variable, message]]))
      : mistakesIn(read.error, given)),
    ...file.mistakes.map((mistake) => ['CMK_POLICY_FILE', mistake]),
  ];
  if (read.success && file.rules !== null && mistakes.length === 0) return whole(read.data, file.rules);
  const lines = mistakes.map(([variable, message]) => `  ${variable}: ${message}`);
  throw new ConfigurationError(`the configuration does not hold together:\n${lines.join('\n')}`);
}

function mistakesIn({ issues }: z.ZodError, given: Record<string, unknown>): readonly (readonly string[])[] {
  const own = issues.map((issue) => [String(issue.path[0]), wordsOf(issue, given)]);
  const beside = mistakesBeside(given).filter(([variable]) => !own.some(([named]) => named === variable));
  return [...own, ...beside];
}

const wordsOf = (issue: z.core.$ZodIssue, given: Record<string, unknown>): string =>
  given[String(issue.path[0])] === undefined ? 'is missing' : issue.message;

/** What does not go together among variables of which others cannot be read: those count as they are. */
function mistakesBeside(given: Record<string, unknown>): readonly (readonly string[])[] {
  const readable = Object.entries(environmentSchema.shape).map(([variable, schema]) => [
    variable,
    schema.safeParse(given[variable]).data ?? schema.safeParse(undefined).data ?? given[variable],
  ]);
  // Nothing but the rules below sees it, and they ask only whether a variable is set, and to which word.
  const env = Object.fromEntries(readable) as Environment;
  return together.flatMap(([holds, variable, message]) => (holds(env) ? [] : [[variable, message]]));
}

/** Where the record lies. */
export type Place =
  | { readonly kind: 'folder'; readonly dataDir: string }
  | { readonly kind: 'server'; readonly url: string };

/**
 * Where the command line finds the record, for which it needs no other setting: the folder it was given, else the database or
 * folder that is configured, else the folder of the local product. Throws {@link ConfigurationError}.
 */
export function readPlace(given: string | undefined, environment: NodeJS.ProcessEnv = process.env): Place {
  if (given !== undefined) return { kind: 'folder', dataDir: given };
  const { DATABASE_URL: url = '', CMK_DATA_DIR: dataDir = '' } = environment;
  if (url !== '' && dataDir !== '') {
    throw new ConfigurationError(
      'DATABASE_URL and CMK_DATA_DIR are both set: set one of them, or name a folder with --data',
    );
  }
  return url === '' ? { kind: 'folder', dataDir: dataDir || '.local' } : { kind: 'server', url };
}

type CloudChoice =
  | { readonly name: 'public' | 'usgovernment' | 'china' }
  | {
      readonly name: 'custom';
      readonly armEndpoint: string;
      readonly authorityHost: string;
      readonly graphEndpoint: string;
      readonly caFile: string | null;
    };

/** The cloud as the Azure adapters take it. */
export function cloudOf(config: Config): CloudChoice {
  const { AZURE_CLOUD: name, AZURE_ARM_ENDPOINT, AZURE_AUTHORITY_HOST, AZURE_GRAPH_ENDPOINT, AZURE_CA_FILE } = config;
  if (name !== 'custom') return { name };
  const [armEndpoint = '', authorityHost = '', graphEndpoint = ''] = [
    AZURE_ARM_ENDPOINT,
    AZURE_AUTHORITY_HOST,
    AZURE_GRAPH_ENDPOINT,
  ];
  return { name, armEndpoint, authorityHost, graphEndpoint, caFile: AZURE_CA_FILE ?? null };
}

/** What approving needs beside the click, and the app people sign in to for it; null where nothing. */
export interface StepUpChoice {
  readonly context: string;
  readonly maxAgeMs: number;
  readonly appId: string;
  readonly appSecret: string;
  readonly publicUrl: string;
}

export function stepUpOf(config: Config): StepUpChoice | null {
  const { CMK_STEP_UP: context, CMK_STEP_UP_MAX_AGE: maxAgeMs, CMK_PUBLIC_URL: publicUrl = '' } = config;
  if (context === undefined) return null;
  const { CMK_STEP_UP_APP_ID = config.MicrosoftAppId, CMK_STEP_UP_APP_SECRET = config.MicrosoftAppPassword } = config;
  const [appId = '', appSecret = ''] = [CMK_STEP_UP_APP_ID?.toLowerCase(), CMK_STEP_UP_APP_SECRET];
  return { context, maxAgeMs, appId, appSecret, publicUrl };
}
