/**
 * Runs the Azure simulator as its own process.
 * Options: `--data DIR --port N --latency instant|realistic --sign-in-port N --record DIR --scenario NAME`.
 * `--sign-in-port`: serves the sign-in page there, over plain http.
 * `--record`: writes every exchange to the folder, without credentials.
 * `--latency`: the default is the last value, also if `/simulator/latency` set it; `realistic` at first.
 * `--scenario`: can be repeated; turns on these scenarios and turns off all others. `none`: turns off all.
 */
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
