/** The bot's settings and the simulators' arguments for `npm run local`. */
import type { LocalOptions } from './options.ts';
import { approver, localTenantId, requestersGroup, secondApprover } from './people.ts';

/** The bot's service principal in the Azure simulator. */
export const localBotPrincipal = { id: '50000000-0000-4000-8000-000000000002', secret: 'local-bot' };

const subscriptions = ['40000000-0000-4000-8000-000000000001', '40000000-0000-4000-8000-000000000002'];

const stepUp = (options: Omit<LocalOptions, 'log'>): NodeJS.ProcessEnv => ({
  CMK_STEP_UP: 'c1',
  CMK_STEP_UP_APP_ID: localBotPrincipal.id,
  CMK_STEP_UP_APP_SECRET: localBotPrincipal.secret,
  CMK_PUBLIC_URL: `http://127.0.0.1:${options['bot-port']}`,
});

/** Turns on usage checks in the simulated Key Vault log, with short intervals for people who watch. */
export const usageCheckSettings: NodeJS.ProcessEnv = {
  CMK_LOGS_WORKSPACE: 'a0000000-0000-4000-8000-000000000001',
  CMK_USE_WITHIN: '3m',
};

/** Returns the bot's settings. The caller's own settings take precedence. */
export function botEnvironment(options: Omit<LocalOptions, 'log'>, caller: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const azure = `https://localhost:${options['azure-port']}`;
  const quick = options.latency === 'instant';
  return {
    CMK_MODE: 'local',
    PORT: String(options['bot-port']),
    MicrosoftAppTenantId: localTenantId,
    AZURE_CLOUD: 'custom',
    AZURE_ARM_ENDPOINT: azure,
    AZURE_AUTHORITY_HOST: azure,
    AZURE_GRAPH_ENDPOINT: azure,
    AZURE_LOGS_ENDPOINT: azure,
    AZURE_CA_FILE: `${options.data}/ca.pem`,
    AZURE_CLIENT_ID: localBotPrincipal.id,
    AZURE_CLIENT_SECRET: localBotPrincipal.secret,
    CMK_SUBSCRIPTIONS: subscriptions.join(','),
    CMK_REQUESTERS: requestersGroup.id,
    CMK_APPROVERS: `${approver.id},${secondApprover.id}`,
    CMK_OPERATIONS_CHANNEL: '19:operations@thread.tacv2',
    CMK_APPROVALS_CHANNEL: '19:approvals@thread.tacv2',
    CMK_AUDIT_CHANNEL: '19:audit@thread.tacv2',
    CMK_TEAMS_SERVICE_URL: `http://127.0.0.1:${options['teams-port']}`,
    CMK_AZURE_POLL: quick ? '50ms' : '1s',
    CMK_RETRY_FIRST_WAIT: quick ? '200ms' : '1s',
    CMK_LOG_LEVEL: 'warn',
    ...(options['step-up'] ? stepUp(options) : {}),
    ...caller,
  };
}

export const azureArguments = (options: LocalOptions): readonly string[] => [
  '--data',
  options.data,
  '--port',
  String(options['azure-port']),
  '--accounts',
  ...(options.latency === undefined ? [] : ['--latency', options.latency]),
  ...(options.scenario ?? []).flatMap((name) => ['--scenario', name]),
  ...(options['step-up'] ? ['--sign-in-port', String(options['sign-in-port'])] : []),
];

export const teamsArguments = (options: LocalOptions): readonly string[] => [
  '--data',
  options.data,
  '--port',
  String(options['teams-port']),
  '--bot-url',
  `http://127.0.0.1:${options['bot-port']}/api/messages`,
  '--bot-id',
  localBotPrincipal.id,
  '--azure-url',
  `https://localhost:${options['azure-port']}`,
  '--azure-ca',
  `${options.data}/ca.pem`,
  '--manifest',
  'manifest/manifest.json',
];
