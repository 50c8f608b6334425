import { z } from 'zod';
import type { CloudChoice } from '../../azure/clouds.ts';
import { kinds, usualKinds } from '../../operations/resources/registry.ts';
import { clientId, group, list, optional, type Values } from './setting.ts';
import type { teamsSettings } from './teams.ts';

const kindNames = kinds.map(({ name }) => name);
const usualNames = kinds.filter(({ type }) => usualKinds.includes(type.toLowerCase())).map(({ name }) => name);

export const azureSettings = group('Azure', {
  AZURE_CLOUD: {
    value: z.enum(['public', 'usgovernment', 'china', 'custom']).default('public'),
    example: 'public',
    meaning: '`public` (default), `usgovernment`, `china`, or `custom`',
  },
  AZURE_ARM_ENDPOINT: {
    value: z.url().optional(),
    example: 'https://management.example.org',
    meaning: 'addresses of a custom cloud. The last is required with `CMK_LOGS_WORKSPACE` only',
  },
  AZURE_AUTHORITY_HOST: { value: z.url().optional(), example: 'https://login.example.org' },
  AZURE_GRAPH_ENDPOINT: { value: z.url().optional(), example: 'https://graph.example.org' },
  AZURE_LOGS_ENDPOINT: { value: z.url().optional(), example: 'https://logs.example.org' },
  AZURE_CA_FILE: {
    value: optional,
    example: '/etc/cmk-bot/ca.pem',
    meaning: 'PEM file with the only certificate authorities to trust in a custom cloud. Default: the usual ones',
  },
  AZURE_CLIENT_ID: {
    value: clientId.optional(),
    example: '5f1c0a52-7d0e-4a8b-9a53-6f2f4f6c9d31',
    meaning:
      'client ID of the bot’s app or managed identity, and the app’s secret. Without secret and token file, the managed identity signs in',
    mustBeSet: true,
  },
  AZURE_CLIENT_SECRET: { value: optional, example: 'what-entra-showed-once', mustBeSet: true, isSecret: true },
  AZURE_FEDERATED_TOKEN_FILE: {
    value: optional,
    example: '/var/run/secrets/azure/tokens/azure-identity-token',
    meaning: 'token file of Kubernetes workload identity, in place of a secret',
  },
  CMK_SUBSCRIPTIONS: {
    value: list,
    example: '40000000-0000-4000-8000-000000000001,40000000-0000-4000-8000-000000000002',
    meaning: 'the only subscriptions that the bot reads and changes: IDs, separated by commas',
    mustBeSet: true,
  },
  CMK_KINDS: {
    value: z
      .string()
      .optional()
      .transform((value) => (value || usualNames.join()).split(/[\s,]+/).filter((name) => name !== ''))
      .pipe(z.array(z.enum(kindNames, `must be one or more of: ${kindNames.join(', ')}`)).min(1)),
    example: kindNames.join(','),
    meaning: `kinds of resources that can be requested: ${kindNames.map((name) => `\`${name}\``).join(', ')}. Each further kind needs [its own role and policy rule](set-the-approval-policy.md#other-kinds-of-resources). Default: \`${usualNames.join()}\``,
  },
  CMK_LOGS_WORKSPACE: {
    value: z.guid('must be the id that the workspace shows as its own, which is no ARM id').optional(),
    example: '0c1e7a52-7d0e-4a8b-9a53-6f2f4f6c9d33',
    meaning:
      'ID (a GUID, not the ARM ID) of the Log Analytics workspace for [usage checks](protect-further.md#usage-checks). Default: none',
  },
});

type Env = Values<typeof azureSettings>;

/** Empty addresses can't occur: validation requires them for the custom cloud. */
export function cloudFrom(env: Omit<Env, 'CMK_SUBSCRIPTIONS'>): CloudChoice {
  const { AZURE_CLOUD: name, AZURE_CA_FILE: caFile = null } = env;
  if (name !== 'custom') return { name };
  const { AZURE_ARM_ENDPOINT: armEndpoint = '', AZURE_AUTHORITY_HOST: authorityHost = '' } = env;
  const { AZURE_GRAPH_ENDPOINT: graphEndpoint = '', AZURE_LOGS_ENDPOINT: logsEndpoint } = env;
  const logs = logsEndpoint === undefined ? {} : { logsEndpoint };
  return { name, armEndpoint, authorityHost, graphEndpoint, ...logs, caFile };
}

export const azureFrom = (
  env: Env & Pick<Values<typeof teamsSettings>, 'MicrosoftAppTenantId'> & { readonly CMK_AZURE_POLL: number },
) => ({
  cloud: cloudFrom(env),
  signIn: {
    tenantId: env.MicrosoftAppTenantId,
    clientId: env.AZURE_CLIENT_ID ?? null,
    clientSecret: env.AZURE_CLIENT_SECRET ?? null,
    federatedTokenFile: env.AZURE_FEDERATED_TOKEN_FILE ?? null,
  },
  subscriptions: env.CMK_SUBSCRIPTIONS,
  /** Those that are turned on. */
  kinds: kinds.filter(({ name }) => env.CMK_KINDS.includes(name)),
  pollMs: env.CMK_AZURE_POLL,
});
