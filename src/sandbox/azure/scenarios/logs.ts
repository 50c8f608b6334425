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
  title: 'The vaults’ logs',
  scenarios: [
    {
      name: 'agents-use-no-key',
      title: 'Agents do not use their key',
      does: 'An agent that is put under a key does not use it.',
      circumstances: set('agentsUseKeys', () => false),
    },
    {
      name: 'agents-used-keys-a-day-ago',
      title: 'Agents used their keys a day ago',
      does: 'The vaults’ logs show every call of an agent 25 hours earlier than it was.',
      circumstances: set('agentsAgoMs', () => 25 * 3_600_000),
    },
    {
      name: 'logs-take-10-minutes',
      title: 'Logs come ten minutes late',
      does: 'What vaults log, and the Activity Log, can be found after 10 minutes.',
      circumstances: set('takesMs', () => 600_000),
    },
    {
      name: 'logs-not-sent',
      title: 'Vaults send no logs',
      does: 'No vault has a diagnostic setting: nothing of any can be found.',
      circumstances: set('sent', () => 'nothing'),
    },
    {
      name: 'logs-begin-now',
      title: 'Logs begin just now',
      does: 'Vaults log from just now on: nothing from before is there.',
      circumstances: set('since', () => new Date().toISOString()),
    },
    {
      name: 'logs-refused',
      title: 'Reading the logs is refused',
      does: 'The bot may not read the workspace: InsufficientAccessError.',
      faults: [{ match: { method: 'POST', url: '^/v1/workspaces/' }, deny: true }],
    },
    {
      name: 'logs-cut-short',
      title: 'The logs’ answer is cut short',
      does: 'The workspace gives up half way: a part of an answer, and PartialError.',
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
  ],
};
