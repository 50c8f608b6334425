/**
 * Configuration: the environment and the policy file it names, read once, into groups of what belongs together. Everything
 * is checked before anything starts, and every mistake is named at once. Names of variables end here: what reads a setting
 * elsewhere reads it by what it means.
 */
import os from 'node:os';
import path from 'node:path';
import type { CloudChoice } from '../azure/clouds.ts';
import type { SignIn } from '../azure/credential.ts';
import type { Policy } from '../domain/policy/policy.ts';
import type { RetryLimits } from '../domain/retry.ts';
import { cloudFrom } from './cloud.ts';
import { ConfigurationError, type Environment, processVariables, readEnvironment, type Variables } from './env.ts';
import { type KeyPlace, keyPlace, type Place } from './place.ts';
import { type PolicyFile, policyFrom, readPolicyFile } from './policy-file.ts';
import { usualRetry } from './retry.ts';

export interface Config {
  /** Where calls come in. */
  readonly server: {
    /** `local`: whoever calls is believed, so only this machine may. */
    readonly mode: 'production' | 'local';
    readonly port: number;
    /** The address to listen on; null: loopback, in both families. */
    readonly listen: string | null;
    /** How many messages and clicks one person may send at once. */
    readonly callsAtOnce: number;
    /** Its address for browsers and Bot Framework, without a final slash; null: nobody said. */
    readonly publicUrl: string | null;
  };
  /** Who the bot is to Teams, and where it speaks. */
  readonly teams: {
    /** In lower case, as are all ids of tenants that it is compared with. */
    readonly tenantId: string;
    /** The bot's app: null in local mode. It signs in with the secret, or without one as a managed identity. */
    readonly app: { readonly id: string | null; readonly secret: string | null };
    /** Bot Framework's addresses; null: the cloud's own. */
    readonly framework: {
      readonly metadataUrl: string | null;
      readonly issuer: string | null;
      readonly loginUrl: string | null;
      readonly scope: string | null;
    };
    /** Used until the first activity of the tenant. */
    readonly serviceUrl: string | null;
    readonly approvalsChannel: string;
    readonly operationsChannel: string | null;
    /** Null: the store alone is the trail. */
    readonly auditChannel: string | null;
  };
  /** Where the record lies. */
  readonly store: Place;
  /** The same database, as the owner of its tables: only to bring them up. Null: the bot's own user does that. */
  readonly ownerUrl: string | null;
  readonly databaseSignIn: DatabaseSignIn;
  /** What its events are sealed with. */
  readonly seals: SealSettings;
  /** Where it is published, for others to check; null: nowhere. */
  readonly anchor: AnchorSettings | null;
  readonly azure: {
    readonly cloud: CloudChoice;
    readonly signIn: SignIn;
    /** The only ones anything is read or changed in. */
    readonly subscriptions: readonly string[];
    /** Between two looks at a running operation. */
    readonly pollMs: number;
  };
  /** Who may ask and approve, how many, for how long: the policy file's rules, then the environment's settings. */
  readonly policy: Policy;
  /** Who may look without asking or approving, and whether guests count at all. */
  readonly admission: { readonly readers: readonly string[]; readonly allowGuests: boolean };
  /** Who is called when a request needs attention: object ids of people and groups. */
  readonly operators: readonly string[];
  /** Where the rules were read; null where the environment's settings are all there is. */
  readonly policyFile: string | null;
  /** What approving needs beside the click; null: nothing. */
  readonly stepUp: StepUpChoice | null;
  readonly retry: RetryLimits;
  /** Where logs of vaults are, and how they are asked for an agent's use of its key; null: nobody asks. */
  readonly logs: LogsSettings | null;
  /** No new changes to Azure. */
  readonly paused: boolean;
  readonly log: { readonly level: Environment['CMK_LOG_LEVEL'] };
  /** Where traces and figures are sent; null: nowhere. */
  readonly telemetry: {
    readonly endpoint: string | null;
    readonly serviceName: string;
    readonly metricsEveryMs: number;
  };
  /** This replica's name, no other's. */
  readonly replica: string;
  /** How often a replica says that it lives. */
  readonly beatMs: number;
}

/** How the bot signs in to a database on a server. */
export interface DatabaseSignIn {
  /** `password`: whatever its address says. `entra`: the bot's identity in Azure, whose name is the user's. */
  readonly by: 'password' | 'entra';
  /** The managed identity that owns the tables; null: the bot's own. */
  readonly ownerClientId: string | null;
}

export interface LogsSettings {
  /** The id that the workspace gives itself. */
  readonly workspaceId: string;
  /** For how long after a success it is asked. */
  readonly withinMs: number;
  readonly pollMs: number;
}

export interface SealSettings {
  readonly key: KeyPlace;
  /** The end of a record from before there were seals, which an operator trusts; null: none is named. */
  readonly trust: { readonly seq: number; readonly hash: string } | null;
}

/** A folder, or a container of blobs by its address. */
export type AnchorPlace =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'container'; readonly url: string };

export interface AnchorSettings {
  readonly place: AnchorPlace;
  /** Of the log. It never changes, and no other log has it. */
  readonly name: string;
  readonly key: KeyPlace;
  /** How often what is new is published. */
  readonly everyMs: number;
  /** Who is asked to sign checkpoints: address without a final slash, and verifier key as a line. */
  readonly witnesses: readonly { readonly url: string; readonly key: string }[];
  /** How many of them have to have signed a checkpoint for it to count as witnessed. */
  readonly witnessesNeeded: number;
  /** Address of a key in a vault that signs checkpoints as well; null: none. */
  readonly vaultKey: string | null;
}

/** How an approver signs in anew, and the app they sign in to. */
export interface StepUpChoice {
  /** An authentication context, such as `c1`. */
  readonly context: string;
  readonly maxAgeMs: number;
  readonly appId: string;
  readonly appSecret: string;
  /** Of the bot, for browsers; without a final slash. */
  readonly publicUrl: string;
}

const noFile: PolicyFile = { content: { rules: [] }, mistakes: [] };

/** Reads and checks the environment and the policy file it names. Throws {@link ConfigurationError}. */
export function readConfig(variables: Variables = processVariables()): Config {
  const { env, mistakes } = readEnvironment(variables);
  const { CMK_POLICY_FILE: policyFile = '' } = variables;
  const file = policyFile === '' ? noFile : readPolicyFile(policyFile);
  if (env !== null && file.content !== null) return configFrom(env, file.content);
  const all = [...mistakes, ...file.mistakes.map((mistake) => ['CMK_POLICY_FILE', mistake])];
  const lines = all.map(([variable, message]) => `  ${variable}: ${message}`);
  throw new ConfigurationError(`the configuration does not hold together:\n${lines.join('\n')}`);
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
