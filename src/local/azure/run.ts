/** The local Azure as a process of its own: `--data DIR --port N --latency instant|realistic`. */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startLocalAzure } from './server.ts';

const Options = z.object({
  data: z.string(),
  port: z.coerce.number().int().min(1).max(65_000),
  latency: z.enum(['instant', 'realistic']),
});

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '.local' },
    port: { type: 'string', default: '8443' },
    latency: { type: 'string', default: 'realistic' },
  },
});

const options = Options.parse(values);
const azure = await startLocalAzure({
  dataDir: options.data,
  port: options.port,
  latency: options.latency,
}).catch((error: unknown) => {
  console.error('starting the local azure:', error instanceof Error ? error.message : error);
  process.exit(1);
});
console.log(`local azure ${azure.url}`);

const stop = async (): Promise<void> => {
  await azure.stop();
  process.exit(0);
};

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
