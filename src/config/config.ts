/**
 * Configuration: the environment and the policy file it names, read once. Everything is checked before anything starts, and
 * every mistake is named at once.
 */
import os from 'node:os';
import type { Policy } from '../domain/policy/policy.ts';
import { ConfigurationError, type Environment, processVariables, readEnvironment, type Variables } from './env.ts';
import { type PolicyFile, policyFrom, readPolicyFile } from './policy-file.ts';

export type Config = Environment & {
  readonly CMK_REPLICA: string;
  /** Who may ask and approve, how many, for how long: the policy file's rules, then the environment's settings. */
  readonly policy: Policy;
  /** Changes whenever a rule changes: part of every plan digest. */
  readonly policyVersion: string;
};

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

const noFile: PolicyFile = { rules: [], mistakes: [] };

/** Reads and checks the environment and the policy file it names. Throws {@link ConfigurationError}. */
export function readConfig(variables: Variables = processVariables()): Config {
  const { env, mistakes } = readEnvironment(variables);
  const { CMK_POLICY_FILE: policyFile = '' } = variables;
  const file = policyFile === '' ? noFile : readPolicyFile(policyFile);
  if (env !== null && file.rules !== null) return whole(env, file.rules);
  const all = [...mistakes, ...file.mistakes.map((mistake) => ['CMK_POLICY_FILE', mistake])];
  const lines = all.map(([variable, message]) => `  ${variable}: ${message}`);
  throw new ConfigurationError(`the configuration does not hold together:\n${lines.join('\n')}`);
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
