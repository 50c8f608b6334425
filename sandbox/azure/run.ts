import { parseArgs } from 'node:util';
import { runAlone } from '../http.ts';
import { startLocalAzure } from './server.ts';
import { AzureOptions } from './world.ts';

void runAlone('Azure simulator', () => {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: '.local' },
      port: { type: 'string', default: '8443' },
      latency: { type: 'string' },
      'sign-in-port': { type: 'string' },
      record: { type: 'string' },
      accounts: { type: 'boolean' },
      scenario: { type: 'string', multiple: true },
    },
  });
  return startLocalAzure(AzureOptions.parse(values));
});
