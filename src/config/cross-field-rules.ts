import { isLoopbackAddress } from '../domain/strings.ts';
import { isServer } from './place.ts';
import type { Environment } from './settings/table.ts';

type Rule = readonly [holds: (env: Environment) => boolean, variable: string, message: string];

const onlyCustom =
  'contradicts AZURE_CLOUD, which names a cloud with addresses of its own: remove it, or set AZURE_CLOUD to custom';

/** Sign-in hosts of each cloud ("National clouds", Microsoft identity platform). */
const signInHosts: Readonly<Record<Exclude<Environment['AZURE_CLOUD'], 'custom'>, readonly string[]>> = {
  public: ['login.microsoftonline.com'],
  usgovernment: ['login.microsoftonline.us'],
  china: ['login.chinacloudapi.cn', 'login.partner.microsoftonline.cn'],
};

export const crossFieldRules: readonly Rule[] = [
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
    (env) => env.DATABASE_URL === undefined || env.CMK_MODE === 'local' || isServer(env.DATABASE_URL),
    'DATABASE_URL',
    'is a data folder, which is for the sandbox; set the address of a PostgreSQL database',
  ],
  [
    (env) => env.CMK_DATABASE_OWNER_URL === undefined || isServer(env.DATABASE_URL),
    'CMK_DATABASE_OWNER_URL',
    'is for migrating a database; set DATABASE_URL to the same one, with the bot’s own user',
  ],
  [
    (env) => env.CMK_DATABASE_SIGN_IN === 'password' || isServer(env.DATABASE_URL),
    'CMK_DATABASE_SIGN_IN',
    'is for a database on a server; set DATABASE_URL, or remove it',
  ],
  [
    (env) => env.CMK_DATABASE_OWNER_CLIENT_ID === undefined || env.CMK_DATABASE_SIGN_IN === 'entra',
    'CMK_DATABASE_OWNER_CLIENT_ID',
    'is the identity that owns the tables; set CMK_DATABASE_SIGN_IN to entra, or remove it',
  ],
  [
    (env) =>
      !isServer(env.DATABASE_URL) || env.CMK_SEAL_KEY_FILE !== undefined || env.CMK_SEAL_KEY_SECRET !== undefined,
    'CMK_SEAL_KEY_FILE',
    'is missing; the audit log is sealed with a key outside the database. Create a file with openssl rand -base64 32, or a secret of a vault, and set CMK_SEAL_KEY_SECRET to it',
  ],
  [
    (env) => env.CMK_SEAL_KEY_FILE === undefined || env.CMK_SEAL_KEY_SECRET === undefined,
    'CMK_SEAL_KEY_SECRET',
    'and CMK_SEAL_KEY_FILE: set one of them',
  ],
  [
    (env) =>
      !isServer(env.DATABASE_URL) ||
      (env.CMK_ANCHOR ?? 'none') === 'none' ||
      env.CMK_LOG_KEY_FILE !== undefined ||
      env.CMK_LOG_KEY_SECRET !== undefined,
    'CMK_LOG_KEY_FILE',
    'is missing; it signs the published log in CMK_ANCHOR. Create a file with openssl rand -base64 32, or a secret of a vault, and set CMK_LOG_KEY_SECRET to it',
  ],
  [
    (env) => env.CMK_LOG_KEY_FILE === undefined || env.CMK_LOG_KEY_SECRET === undefined,
    'CMK_LOG_KEY_SECRET',
    'and CMK_LOG_KEY_FILE: set one of them',
  ],
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
