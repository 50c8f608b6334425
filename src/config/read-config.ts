/**
 * The environment and the policy file it names, read once. Everything is checked before anything starts, and every mistake is
 * named at once. Names of variables end here.
 */
import os from 'node:os';
import path from 'node:path';
import { cloudFrom } from './cloud.ts';
import type { AnchorPlace, AnchorSettings, Config, SealSettings, StepUpChoice } from './config.ts';
import { ConfigurationError, type Mistake, processVariables, readEnvironment, type Variables } from './env.ts';
import type { Environment } from './environment.ts';
import { keyPlace, type Place } from './place.ts';
import { type PolicyFile, policyFrom, readPolicyFile } from './policy-file.ts';
import { usualRetry } from './retry.ts';

const noFile: PolicyFile = { content: { rules: [] }, mistakes: [] };

/** Reads and checks the environment and the policy file it names. Throws {@link ConfigurationError}. */
export function readConfig(variables: Variables = processVariables()): Config {
  const { env, mistakes } = readEnvironment(variables);
  const { CMK_POLICY_FILE: policyFile = '' } = variables;
  const file = policyFile === '' ? noFile : readPolicyFile(policyFile);
  if (env !== null && file.content !== null) return configFrom(env, file.content);
  throw new ConfigurationError('the configuration does not hold together:', [
    ...mistakes,
    ...file.mistakes.map((mistake): Mistake => ['CMK_POLICY_FILE', mistake]),
  ]);
}

const configFrom = (env: Environment, content: NonNullable<PolicyFile['content']>): Config => ({
  server: {
    mode: env.CMK_MODE ?? 'production',
    port: env.PORT,
    listen: env.CMK_LISTEN ?? null,
    callsAtOnce: env.CMK_CALLS_AT_ONCE,
    publicUrl: env.CMK_PUBLIC_URL ?? null,
  },
  teams: teamsFrom(env),
  store: storeFrom(env),
  ownerUrl: env.CMK_DATABASE_OWNER_URL ?? null,
  databaseSignIn: { by: env.CMK_DATABASE_SIGN_IN, ownerClientId: env.CMK_DATABASE_OWNER_CLIENT_ID ?? null },
  seals: sealsFrom(env),
  anchor: anchorFrom(env),
  azure: azureFrom(env),
  policy: policyFrom(content, rulesFrom(env), stepUpRuleFrom(env)),
  operators: env.CMK_OPERATORS,
  // Who is called to look has to be let look.
  admission: { readers: [...env.CMK_READERS, ...env.CMK_OPERATORS], allowGuests: env.CMK_ALLOW_GUESTS },
  policyFile: env.CMK_POLICY_FILE ?? null,
  stepUp: stepUpFrom(env),
  retry: { ...usualRetry, firstWaitMs: env.CMK_RETRY_FIRST_WAIT, spreadWithinMs: env.CMK_GRANT_WAIT },
  logs: logsFrom(env),
  paused: env.CMK_PAUSE,
  log: { level: env.CMK_LOG_LEVEL },
  telemetry: telemetryFrom(env),
  // Replicas share a server and run on machines of their own; a folder is one process's alone.
  replica: env.CMK_REPLICA ?? (env.DATABASE_URL === undefined ? 'local' : os.hostname()),
  image: env.CMK_IMAGE ?? null,
  beatMs: env.CMK_HEARTBEAT,
});

/** What else is said there in OpenTelemetry's own variables is read by its libraries. */
const telemetryFrom = (env: Environment): Config['telemetry'] => ({
  endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
  serviceName: env.OTEL_SERVICE_NAME,
  metricsEveryMs: env.OTEL_METRIC_EXPORT_INTERVAL,
});

const rulesFrom = (env: Environment) => ({
  requesters: env.CMK_REQUESTERS,
  approvers: env.CMK_APPROVERS,
  approvalsRequired: env.CMK_APPROVALS_REQUIRED,
  expiryMs: env.CMK_APPROVAL_EXPIRY,
  extraApprovalForIrreversible: false,
  vaults: env.CMK_VAULTS,
  requireNewKey: env.CMK_REQUIRE_NEW_KEY,
});

const teamsFrom = (env: Environment): Config['teams'] => ({
  tenantId: env.MicrosoftAppTenantId,
  app: {
    id: env.MicrosoftAppId ?? null,
    secret: env.MicrosoftAppType === 'SingleTenant' ? (env.MicrosoftAppPassword ?? null) : null,
  },
  framework: {
    metadataUrl: env.ToBotFromChannelOpenIdMetadataUrl ?? null,
    issuer: env.ToBotFromChannelTokenIssuer ?? null,
    loginUrl: env.ToChannelFromBotLoginUrl ?? null,
    scope: env.ToChannelFromBotOAuthScope ?? null,
  },
  serviceUrl: env.CMK_TEAMS_SERVICE_URL ?? null,
  approvalsChannel: env.CMK_APPROVALS_CHANNEL,
  operationsChannel: env.CMK_OPERATIONS_CHANNEL ?? null,
  auditChannel: env.CMK_AUDIT_CHANNEL === 'none' ? null : env.CMK_AUDIT_CHANNEL,
});

/** Exactly one of the two is set. */
const storeFrom = ({ DATABASE_URL: url, CMK_DATA_DIR: dataDir = '' }: Environment): Place =>
  url === undefined ? { kind: 'folder', dataDir } : { kind: 'server', url };

function sealsFrom(env: Environment): SealSettings {
  const [seq, hash] = env.CMK_TRUST_RECORD?.split(':') ?? [];
  return {
    key: keyPlace(storeFrom(env), 'seal.key', { file: env.CMK_SEAL_KEY_FILE, secret: env.CMK_SEAL_KEY_SECRET }),
    trust: seq === undefined || hash === undefined ? null : { seq: Number(seq), hash },
  };
}

/** Beside the embedded database unless it is said otherwise; of a record on a server only where a folder is named. */
function anchorFrom(env: Environment): AnchorSettings | null {
  const record = storeFrom(env);
  const usual = record.kind === 'folder' ? path.join(record.dataDir, 'anchor') : 'none';
  const { CMK_ANCHOR: named = usual, CMK_LOG_NAME: name = `cmk-bot/${env.MicrosoftAppTenantId}/audit` } = env;
  if (named === 'none') return null;
  const key = keyPlace(record, 'log.key', { file: env.CMK_LOG_KEY_FILE, secret: env.CMK_LOG_KEY_SECRET });
  const place: AnchorPlace = /^https:/.test(named)
    ? { kind: 'container', url: named.replace(/\/+$/, '') }
    : { kind: 'folder', folder: named };
  const { CMK_WITNESSES: witnesses, CMK_WITNESSES_NEEDED: witnessesNeeded = witnesses.length } = env;
  const { CMK_LOG_VAULT_KEY: vaultKey = null, CMK_CHECKPOINT_EVERY: everyMs } = env;
  return { place, name, key, everyMs, witnesses, witnessesNeeded, vaultKey };
}

const azureFrom = (env: Environment): Config['azure'] => ({
  cloud: cloudFrom(env),
  signIn: {
    tenantId: env.MicrosoftAppTenantId,
    clientId: env.AZURE_CLIENT_ID ?? null,
    clientSecret: env.AZURE_CLIENT_SECRET ?? null,
    federatedTokenFile: env.AZURE_FEDERATED_TOKEN_FILE ?? null,
  },
  subscriptions: env.CMK_SUBSCRIPTIONS,
  pollMs: env.CMK_AZURE_POLL,
});

const logsFrom = ({ CMK_LOGS_WORKSPACE: workspaceId, CMK_USE_WITHIN: withinMs, CMK_USE_POLL: pollMs }: Environment) =>
  workspaceId === undefined ? null : { workspaceId, withinMs, pollMs };

const stepUpRuleFrom = ({ CMK_STEP_UP: context, CMK_STEP_UP_MAX_AGE: maxAgeMs }: Environment) =>
  context === undefined ? null : { context, maxAgeMs };

/** People sign in to the bot's own app unless another is set, which then is set whole. */
function stepUpFrom(env: Environment): StepUpChoice | null {
  const { CMK_STEP_UP: context, CMK_STEP_UP_MAX_AGE: maxAgeMs, CMK_PUBLIC_URL: publicUrl = '' } = env;
  if (context === undefined) return null;
  const { CMK_STEP_UP_APP_ID: appId = env.MicrosoftAppId, CMK_STEP_UP_APP_SECRET: secret = env.MicrosoftAppPassword } =
    env;
  return { context, maxAgeMs, appId: appId?.toLowerCase() ?? '', appSecret: secret ?? '', publicUrl };
}
