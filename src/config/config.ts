/**
 * The environment and the policy file it names, read once. Everything is checked before anything starts, and every mistake is
 * named at once. Names of variables end here: what reads a setting reads it by what it means.
 */
import type { CloudChoice } from '../azure/clouds.ts';
import { tagsNotVouchedFor } from '../domain/policy/policy.ts';
import { isLoopbackAddress } from '../domain/private-url.ts';
import { ConfigurationError, type Mistake, processVariables, readEnvironment, type Variables } from './env.ts';
import { type PolicyFile, policyFrom, readPolicyFile } from './policy-file.ts';
import { anchorFrom, replicaFrom, sealsFrom, storeFrom } from './settings/audit-log.ts';
import { azureFrom, cloudFrom } from './settings/azure.ts';
import { rulesFrom, stepUpFrom, stepUpRuleFrom } from './settings/people.ts';
import { type Environment, environmentSchema } from './settings/table.ts';
import { teamsFrom } from './settings/teams.ts';
import { logsFrom, retryFrom, serverFrom, telemetryFrom } from './settings/working.ts';

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

export type Config = ReturnType<typeof configFrom>;

const configFrom = (env: Environment, content: NonNullable<PolicyFile['content']>) => ({
  server: serverFrom(env),
  teams: teamsFrom(env),
  /** Where the audit log lies. */
  store: storeFrom(env),
  /** The same database, as the owner of its tables: only to bring them up. Null: the bot's own user does that. */
  ownerUrl: env.CMK_DATABASE_OWNER_URL ?? null,
  /** `ownerClientId`: the managed identity that owns the tables; null: the bot's own. */
  databaseSignIn: { by: env.CMK_DATABASE_SIGN_IN, ownerClientId: env.CMK_DATABASE_OWNER_CLIENT_ID ?? null },
  seals: sealsFrom(env),
  /** Where it is published, for others to check; null: nowhere. */
  anchor: anchorFrom(env),
  azure: azureFrom(env),
  /** The policy file's rules, then the environment's settings. */
  policy: policyFrom(content, rulesFrom(env), stepUpRuleFrom(env)),
  operators: env.CMK_OPERATORS,
  // Who is called to look has to be let look.
  admission: { readers: [...env.CMK_READERS, ...env.CMK_OPERATORS], allowGuests: env.CMK_ALLOW_GUESTS },
  /** Null where the environment's settings are all there is. */
  policyFile: env.CMK_POLICY_FILE ?? null,
  /** What approving needs beside the click; null: nothing. */
  stepUp: stepUpFrom(env),
  retry: retryFrom(env),
  logs: logsFrom(env),
  /** No new changes to Azure. */
  paused: env.CMK_PAUSE,
  log: { level: env.CMK_LOG_LEVEL },
  telemetry: telemetryFrom(env),
  replica: replicaFrom(env),
  /** The container image that runs, as the deployment names it; null: it doesn't. */
  image: env.CMK_IMAGE ?? null,
  /** How often a replica says that it lives. */
  beatMs: env.CMK_HEARTBEAT,
});

const CloudSettings = environmentSchema.pick({
  AZURE_CLOUD: true,
  AZURE_ARM_ENDPOINT: true,
  AZURE_AUTHORITY_HOST: true,
  AZURE_GRAPH_ENDPOINT: true,
  AZURE_LOGS_ENDPOINT: true,
  AZURE_CA_FILE: true,
});

/** For whoever sets the bot up, and has no other setting yet. Throws {@link ConfigurationError}. */
export function readCloud(variables: Variables = processVariables()): CloudChoice {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const read = CloudSettings.safeParse(given);
  if (read.success) return cloudFrom(read.data);
  const mistakes = read.error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`);
  throw new ConfigurationError(`which Azure is meant cannot be read: ${mistakes.join('; ')}`);
}

/** One sentence each, with what to do. */
export const configWarnings = (config: Config): readonly string[] => [
  ...tagWarnings(config),
  ...stepUpWarnings(config),
  ...edgeWarnings(config),
  ...anchorWarnings(config),
];

const stepUpWarnings = ({ server, stepUp }: Config): readonly string[] =>
  server.mode === 'production' && stepUp === null
    ? ['a click in Teams is enough to approve: a stolen Teams session can approve too. Set CMK_STEP_UP']
    : [];

const anchorWarnings = ({ server, anchor }: Config): readonly string[] =>
  server.mode === 'production' && anchor === null
    ? [
        'the record is published nowhere: what is cut off while no bot runs shows in nothing but an export. Set CMK_ANCHOR',
      ]
    : [];

/** Who reaches the port; nothing where it is as somebody said, and nobody else does. */
function edgeWarnings({ server: { mode, listen } }: Config): readonly string[] {
  if (mode === 'local') return [];
  if (listen === null) return ['only this machine is heard: set CMK_LISTEN where what ends TLS runs elsewhere'];
  if (isLoopbackAddress(listen)) return [];
  return ['other machines are heard, over plain http: let nothing reach the port but what ends TLS in front of it'];
}

/** Of rules that an older file may have meant otherwise. */
const tagWarnings = ({ policy }: Config): readonly string[] =>
  policy.tagRules.flatMap((rule) => {
    const free = tagsNotVouchedFor(rule, policy);
    if (free.length === 0) return [];
    const tags = `tag ${free.join(' or ')}`;
    return [
      `policy rule ${rule.name} holds for every agent of its other criteria, whatever ${tags} says: whoever asks may write tags. ` +
        `Before, it held only where the tag matched, and loosened what it left out or made less. ` +
        `Name tags in trustedTags that nobody who asks can write, or match by subscription, group or name`,
    ];
  });
