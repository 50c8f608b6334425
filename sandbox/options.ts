/** Options of `npm run local`: the command line overrides `CMK_LOCAL_…` variables, which override the defaults. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { scenarioHelp, scenariosNamed } from './azure/scenarios/scenarios.ts';

const port = z.coerce.number().int().min(1).max(65_000);

const LocalOptions = z.object({
  data: z
    .string()
    .min(1)
    .transform((folder) => path.resolve(folder)),
  'bot-port': port,
  'teams-port': port,
  'azure-port': port,
  /** Port of the Entra simulator's sign-in page; used only with `step-up`. */
  'sign-in-port': port,
  /** Undefined: the last value, which the page can also set; `realistic` at first. */
  latency: z.enum(['instant', 'realistic']).optional(),
  /** Scenario names, or `none`. Undefined: those that were on. */
  scenario: z.array(z.string()).optional(),
  /** Format of the bot's application log. */
  log: z.enum(['words', 'json']),
  'step-up': z.boolean(),
  reset: z.boolean(),
});
export type LocalOptions = z.infer<typeof LocalOptions>;

const defaults = {
  data: '.local',
  'bot-port': '3978',
  'teams-port': '3979',
  'azure-port': '8443',
  'sign-in-port': '3980',
  log: 'words',
} as const;

export const usage = `npm run local -- [options]
  --data DIR          data folder (default: ${defaults.data})
  --bot-port N        port of the bot (default: ${defaults['bot-port']})
  --teams-port N      port of the Teams simulator, with the page (default: ${defaults['teams-port']})
  --azure-port N      port of the Azure simulator; its vaults use the next ports (default: ${defaults['azure-port']})
  --latency instant|realistic
                      pace of the Azure simulator (default: last value; realistic at first)
  --scenario NAME     scenario to turn on; repeat it for more; none turns all off (default: last value)
  --log words|json    format of the application log (default: ${defaults.log})
  --step-up           approvers must sign in again, at the Entra simulator
  --sign-in-port N    port of its sign-in page (default: ${defaults['sign-in-port']})
  --reset             delete the sandbox's data first
  --help              print this`;

/** Text of `--help`. */
export const help = `${usage}

Scenarios. You can also turn them on and off on the page:
${scenarioHelp}`;

/** Throws an error whose message lists every invalid option. */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): LocalOptions | 'help' {
  const variable = (name: string) => env[`CMK_LOCAL_${name.replaceAll('-', '_').toUpperCase()}`];
  const text = (name: keyof typeof defaults) =>
    ({ type: 'string', default: variable(name) ?? defaults[name] }) as const;
  const flag = (name: string) => ({ type: 'boolean', default: ['1', 'true'].includes(variable(name) ?? '') }) as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: text('data'),
      'bot-port': text('bot-port'),
      'teams-port': text('teams-port'),
      'azure-port': text('azure-port'),
      'sign-in-port': text('sign-in-port'),
      log: text('log'),
      latency: { type: 'string' },
      scenario: { type: 'string', multiple: true },
      'step-up': flag('step-up'),
      reset: flag('reset'),
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return 'help';
  const usual = { latency: variable('latency'), scenario: variable('scenario')?.split(',') };
  const read = LocalOptions.safeParse({ ...usual, ...values });
  if (!read.success) {
    throw new Error(read.error.issues.map((issue) => `--${issue.path.join('.')}: ${issue.message}`).join('\n'));
  }
  scenariosNamed(read.data.scenario ?? [], (text) => new Error(`--scenario: ${text}`));
  return read.data;
}
