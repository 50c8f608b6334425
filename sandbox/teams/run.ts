/** Runs the Teams simulator as its own process: prints its address when it listens, ends on SIGTERM or SIGINT. */
import { parseArgs } from 'node:util';
import { startLocalTeams } from './local-teams.ts';

const complain = (error: unknown): never => {
  console.error('starting the Teams simulator:', error instanceof Error ? error.message : error);
  process.exit(1);
};

const start = async () => {
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
};

const run = async () => {
  const teams = await start();
  console.log(`Teams simulator ${teams.url}`);
  const end = () => void teams.stop().then(() => process.exit(0));
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
};

run().catch(complain);
