/**
 * The configuration: environment and policy file, read once. All mistakes are reported together before anything starts.
 * Other code uses settings by meaning and doesn't know the variables' names.
 */
import { untrustedTags } from '../domain/policy/policy.ts';
import { isLoopbackAddress } from '../domain/strings.ts';
import { ConfigurationError, type Mistake, processVariables, readEnvironment, type Variables } from './env.ts';
import { kindMistakes, type PolicyFile, policyFrom, readPolicyFile } from './policy-file.ts';
import { anchorFrom, sealsFrom } from './settings/audit-log.ts';
import { azureFrom } from './settings/azure.ts';
import { rulesFrom, stepUpFrom, stepUpRuleFrom } from './settings/people.ts';
import type { Environment } from './settings/table.ts';
import { teamsFrom } from './settings/teams.ts';
import {
  defaultRetryLimits,
  logsFrom,
  overridesFrom,
  serverFrom,
  telemetryFrom,
  webhookFrom,
} from './settings/working.ts';

const noFile: PolicyFile = { content: { rules: [] }, mistakes: [] };

/** Reads and checks the environment and the policy file it names. Throws {@link ConfigurationError}. */
export function readConfig(variables: Variables = processVariables()): Config {
  const { env, mistakes } = readEnvironment(variables);
  const { CMK_POLICY_FILE: policyFile = '' } = variables;
  const file = policyFile === '' ? noFile : readPolicyFile(policyFile);
  const off = env === null || file.content === null ? [] : kindMistakes(file.content, isOnIn(env));
  if (env !== null && file.content !== null && off.length === 0)
    return configFrom(env, file.content, overridesFrom(env, variables));
  throw new ConfigurationError('settings contradict each other:', [
    ...mistakes,
    ...[...file.mistakes, ...off].map((mistake): Mistake => ['CMK_POLICY_FILE', mistake]),
  ]);
}

const isOnIn = (env: Environment) => (kind: string) =>
  azureFrom(env).kinds.some(({ type }) => type.toLowerCase() === kind);

export type Config = ReturnType<typeof configFrom>;

const configFrom = (
  env: Environment,
  content: NonNullable<PolicyFile['content']>,
  { usePollMs, metricsEveryMs, replica }: ReturnType<typeof overridesFrom>,
) => ({
  server: serverFrom(env),
  teams: teamsFrom(env),
  databaseUrl: env.DATABASE_URL ?? '',
  /** The same database as its owner, for migrations only. Null: the bot's own user migrates. */
  ownerUrl: env.CMK_DATABASE_OWNER_URL ?? null,
  /** `ownerClientId`: the managed identity that owns the tables; null: the bot's own. */
  databaseSignIn: { by: env.CMK_DATABASE_SIGN_IN, ownerClientId: env.CMK_DATABASE_OWNER_CLIENT_ID ?? null },
  seals: sealsFrom(env),
  /** Where the audit log is published for others to verify. Null: nowhere. */
  anchor: anchorFrom(env),
  azure: azureFrom(env),
  /** The policy file's rules, then the environment's settings. */
  policy: {
    ...policyFrom(content, rulesFrom(env), stepUpRuleFrom(env), isOnIn(env)),
    escalateAfterMs: env.CMK_ESCALATE_AFTER,
  },
  /** Who is notified when a request waits for approval for that long. */
  escalateTo: env.CMK_ESCALATE_TO,
  operators: env.CMK_OPERATORS,
  // Operators need read access, because they're notified of requests.
  admission: {
    readers: [...env.CMK_READERS, ...env.CMK_OPERATORS],
    operators: env.CMK_OPERATORS,
    allowGuests: env.CMK_ALLOW_GUESTS,
  },
  policyFile: env.CMK_POLICY_FILE ?? null,
  stepUp: stepUpFrom(env),
  retry: {
    ...defaultRetryLimits,
    firstWaitMs: env.CMK_RETRY_FIRST_WAIT,
    spreadWithinMs: env.CMK_GRANT_WAIT,
  },
  logs: logsFrom(env, usePollMs),
  watchMs: env.CMK_WATCH_INTERVAL,
  webhook: webhookFrom(env),
  paused: env.CMK_PAUSE,
  log: { level: env.CMK_LOG_LEVEL },
  telemetry: telemetryFrom(env, metricsEveryMs),
  replica,
});

/** Each is a sentence that says what to do. */
export const configWarnings = (config: Config): readonly string[] => [
  ...tagWarnings(config),
  ...(config.server.mode === 'local' ? [] : productionWarnings(config)),
];

function productionWarnings({ server: { listen }, stepUp, anchor }: Config): readonly string[] {
  const found: readonly (readonly [isFound: boolean, warning: string])[] = [
    [stepUp === null, 'a click in Teams is enough to approve, also in a stolen Teams session. Set CMK_STEP_UP'],
    [listen === null, 'only this machine can reach the bot. If the proxy that ends TLS runs elsewhere, set CMK_LISTEN'],
    [
      listen !== null && !isLoopbackAddress(listen),
      'other machines can reach the bot over plain http. Let only the proxy that ends TLS reach the port',
    ],
    [
      anchor === null,
      'the audit log isn’t published, so the database owner can remove a decision, and the bot then acts without it. Set CMK_ANCHOR',
    ],
  ];
  return found.flatMap(([isFound, warning]) => (isFound ? [warning] : []));
}

const tagWarnings = ({ policy }: Config): readonly string[] =>
  policy.tagRules.flatMap((rule) => {
    const free = untrustedTags(rule, policy);
    if (free.length === 0) return [];
    const tags = `tag ${free.join(' or ')}`;
    return [
      `policy rule ${rule.name} applies to every resource that its other criteria match, whatever the value of ${tags} is: requesters might be able to write tags. ` +
        `Name tags in trustedTags that no requester can write, or match by subscription, group or name`,
    ];
  });

/** Returns the URL without a final slash. Null: not reachable. The sandbox is reachable from its own machine. */
export function browserUrl({ server }: Pick<Config, 'server'>): string | null {
  if (server.publicUrl !== null) return server.publicUrl;
  return server.mode === 'local' ? `http://127.0.0.1:${server.port}` : null;
}
