import { parseArgs } from 'node:util';
import { runAlone } from '../http.ts';
import { startLocalTeams } from './local-teams.ts';

void runAlone('Teams simulator', () => {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: '.local' },
      port: { type: 'string', default: '3979' },
      'bot-url': { type: 'string', default: 'http://127.0.0.1:3978/api/messages' },
      'bot-id': { type: 'string', default: '50000000-0000-4000-8000-000000000002' },
      'azure-url': { type: 'string' },
      'azure-ca': { type: 'string' },
      manifest: { type: 'string' },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port: ${values.port} is not a port`);
  return startLocalTeams({ ...values, port });
});
