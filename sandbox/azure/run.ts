/** Runs the Azure simulator as its own process. */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { AzureOptions, startLocalAzure } from './server.ts';

const complain = (error: unknown): never => {
  const words = error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : error;
  console.error('starting the Azure simulator:', words);
  process.exit(1);
};

const run = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: '.local' },
      port: { type: 'string', default: '8443' },
      latency: { type: 'string' },
      'sign-in-port': { type: 'string' },
      record: { type: 'string' },
      scenario: { type: 'string', multiple: true },
    },
  });
  const azure = await startLocalAzure(AzureOptions.parse(values));
  console.log(`Azure simulator ${azure.url}`);
  const stop = async (): Promise<void> => {
    await azure.stop();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
};

run().catch(complain);
