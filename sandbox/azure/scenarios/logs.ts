import type { SimulatorState } from '../state/schema.ts';
import type { Circumstances, ScenarioGroup } from './scenario.ts';

type Logs = SimulatorState['settings']['logs'];
const usual: Logs = { sent: 'everything', since: null, takesMs: null, agentsUseKeys: true, agentsAgoMs: 0 };

/** Changes one setting and restores only that one, because several scenarios can be on. */
const set = <K extends keyof Logs>(name: K, value: () => Logs[K]): Circumstances => ({
  on: ({ settings }) => {
    settings.logs[name] = value();
  },
  off: ({ settings }) => {
    settings.logs[name] = usual[name];
  },
});

/** Scenarios for the vaults' logs. No run waits for logs. */
export const logs: ScenarioGroup = {
  title: 'Vault logs',
  scenarios: {
    'agents-use-no-key': { circumstances: set('agentsUseKeys', () => false) },
    'agents-used-keys-a-day-ago': { circumstances: set('agentsAgoMs', () => 25 * 3_600_000) },
    'logs-take-10-minutes': { circumstances: set('takesMs', () => 600_000) },
    'logs-not-sent': { circumstances: set('sent', () => 'nothing') },
    'logs-begin-now': { circumstances: set('since', () => new Date().toISOString()) },
    'logs-refused': { faults: [{ match: { method: 'POST', url: '^/v1/workspaces/' }, deny: true }] },
    'logs-cut-short': {
      faults: [
        {
          match: { method: 'POST', url: '^/v1/workspaces/' },
          respond: {
            status: 200,
            // Shape from Microsoft's page on the API's errors; text from memory.
            body: {
              tables: [{ name: 'PrimaryResult', columns: [{ name: 'Part', type: 'string' }], rows: [] }],
              error: { code: 'PartialError', message: 'There were some errors when processing your query.' },
            },
          },
        },
      ],
    },
  },
};
