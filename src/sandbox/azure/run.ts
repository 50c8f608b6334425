/** Runs the Azure simulator as its own process. `docs/azure-simulator.md` has the options. */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { chosenScenarios } from './scenarios/scenarios.ts';
import { startLocalAzure } from './server.ts';
import { LatencyName } from './state/latency.ts';

const Options = z.object({
  data: z.string(),
  port: z.coerce.number().int().min(1).max(65_000),
  latency: LatencyName.optional(),
  'sign-in-port': z.coerce.number().int().min(1).max(65_535).optional(),
  record: z.string().min(1).optional(),
  scenario: z.array(z.string()).optional(),
});

const complain = (error: unknown): never => {
  const words = error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : error;
  console.error('starting the Azure simulator:', words);
  process.exit(1);
};

const readOptions = (): z.infer<typeof Options> => {
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
  return Options.parse(values);
};

const start = async () => {
  const { data, port, latency, 'sign-in-port': signInPort, record: recordDir, scenario } = readOptions();
  const scenarios = scenario === undefined ? undefined : chosenScenarios(scenario);
  if (typeof scenarios === 'string') throw new Error(scenarios);
  return startLocalAzure({ dataDir: data, port, latency, signInPort, recordDir, scenarios });
};

const run = async (): Promise<void> => {
  const azure = await start();
  console.log(`Azure simulator ${azure.url}`);
  const stop = async (): Promise<void> => {
    await azure.stop();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
};

run().catch(complain);
