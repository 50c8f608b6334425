/** How the two local servers are started. */
import { localBotPrincipal } from './bot-environment.ts';
import type { LocalOptions } from './options.ts';

export const azureArguments = (options: LocalOptions): readonly string[] => [
  ...['--data', options.data, '--port', String(options['azure-port'])],
  ...(options.latency === undefined ? [] : ['--latency', options.latency]),
  ...(options.scenario ?? []).flatMap((name) => ['--scenario', name]),
  ...(options['step-up'] ? ['--sign-in-port', String(options['sign-in-port'])] : []),
];

export const teamsArguments = (options: LocalOptions): readonly string[] => [
  ...['--data', options.data, '--port', String(options['teams-port'])],
  ...['--bot-url', `http://127.0.0.1:${options['bot-port']}/api/messages`, '--bot-id', localBotPrincipal.id],
  ...['--azure-url', `https://localhost:${options['azure-port']}`, '--azure-ca', `${options.data}/ca.pem`],
  ...['--manifest', 'manifest/manifest.json'],
];
