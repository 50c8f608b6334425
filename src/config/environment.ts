/** Every setting, and which values it can have. Mistyped names are found in names.ts. */
import { z } from 'zod';
import { isPrivate } from '../domain/private-url.ts';
import { channel, channelOrNone } from './channel.ts';
import { duration } from './duration.ts';
import { usualRetry } from './retry.ts';
import { vaultPlaces } from './vault-places.ts';

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

const clientId = z.guid('must be a client ID as Microsoft Entra ID shows it, a GUID');

const databaseUrl = z
  .string()
  .trim()
  .refine(
    (url) => /^postgres(ql)?:\/\//.test(url) && URL.canParse(url),
    'must be an address such as postgres://USER@HOST/DATABASE?sslmode=verify-full; special characters in a password are percent-encoded',
  );

const port = z.coerce.number().int().min(1).max(65_535);

/** In the words of the table in docs/configuration.md. */
export const environmentSchema = z.object({
  CMK_MODE: z.enum(['local']).optional(),
  PORT: port.default(3978),
  // Unset: loopback, in both families.
  CMK_LISTEN: z.union([z.ipv4(), z.ipv6()], 'must be an IP address of this machine, such as 0.0.0.0 or ::').optional(),
  MicrosoftAppType: z.enum(['SingleTenant', 'UserAssignedMSI']).optional(),
  MicrosoftAppId: clientId.optional(),
  // Ids of tenants are compared in lower case.
  MicrosoftAppTenantId: z
    .guid(
      'must be the tenant’s ID, not its domain name. The overview page of Microsoft Entra ID shows it, and so does: az account show --query tenantId -o tsv',
    )
    .toLowerCase(),
  MicrosoftAppPassword: optional,
  ToBotFromChannelOpenIdMetadataUrl: privateUrl.optional(),
  ToBotFromChannelTokenIssuer: optional,
  ToChannelFromBotLoginUrl: z.url({ protocol: /^https$/, error: 'must be an https URL' }).optional(),
  ToChannelFromBotOAuthScope: optional,
  DATABASE_URL: databaseUrl.optional(),
  CMK_DATA_DIR: optional,
  CMK_DATABASE_OWNER_URL: databaseUrl.optional(),
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
          .refine(
            (part) => isPrivate(part.split(' ')[0] ?? ''),
            'must name addresses with https. Anyone between could answer for a witness over http, which is for this machine only',
          )
          .transform((part) => ({ url: part.split(' ')[0]?.replace(/\/+$/, '') ?? '', key: part.split(' ')[1] ?? '' })),
      ),
    ),
  CMK_WITNESSES_NEEDED: z.coerce.number().int().min(1).optional(),
  CMK_CHECKPOINT_EVERY: duration.default(60_000),
  CMK_REPLICA: optional,
  CMK_IMAGE: optional,
  AZURE_CLOUD: z.enum(['public', 'usgovernment', 'china', 'custom']).default('public'),
  AZURE_ARM_ENDPOINT: z.url().optional(),
  AZURE_AUTHORITY_HOST: z.url().optional(),
  AZURE_GRAPH_ENDPOINT: z.url().optional(),
  AZURE_LOGS_ENDPOINT: z.url().optional(),
  AZURE_CA_FILE: optional,
  AZURE_CLIENT_ID: clientId.optional(),
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
    .refine(
      (url) => !/^https?:\/\/[^/]*@/.test(url),
      'must have no user name and no password: browsers and cards show it',
    )
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  CMK_TEAM_ID: optional,
  CMK_OPERATIONS_CHANNEL: channel.optional(),
  CMK_APPROVALS_CHANNEL: channel,
  CMK_AUDIT_CHANNEL: channelOrNone,
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
