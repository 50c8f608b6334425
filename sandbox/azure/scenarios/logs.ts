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
  scenarios: [
    {
      name: 'agents-use-no-key',
      title: 'Agents don’t use their key',
      does: 'Agents don’t use the key that is set on them.',
      circumstances: set('agentsUseKeys', () => false),
    },
    {
      name: 'agents-used-keys-a-day-ago',
      title: 'Agents last used keys a day ago',
      does: 'The vault logs date every call of an agent 25 hours too early.',
      circumstances: set('agentsAgoMs', () => 25 * 3_600_000),
    },
    {
      name: 'logs-take-10-minutes',
      title: 'Logs are ten minutes late',
      does: 'Entries of the vault logs and the Activity Log appear after 10 minutes.',
      circumstances: set('takesMs', () => 600_000),
    },
    {
      name: 'logs-not-sent',
      title: 'Vaults send no logs',
      does: 'No vault has a diagnostic setting, so the workspace has no entries.',
      circumstances: set('sent', () => 'nothing'),
    },
    {
      name: 'logs-begin-now',
      title: 'Logs start now',
      does: 'The workspace has no vault log entries from before now.',
      circumstances: set('since', () => new Date().toISOString()),
    },
    {
      name: 'logs-refused',
      title: 'Reading the logs is refused',
      does: 'The bot can’t query the workspace: InsufficientAccessError.',
      faults: [{ match: { method: 'POST', url: '^/v1/workspaces/' }, deny: true }],
    },
    {
      name: 'logs-cut-short',
      title: 'The logs’ answer is incomplete',
      does: 'The workspace returns only a part of the answer: PartialError.',
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
