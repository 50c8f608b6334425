/** Scenarios of the vaults, their keys and their logs. */

import type { SimulatorState } from '../state/schema.ts';
import type { Vault } from '../state/vaults.ts';
import { type Circumstances, changing, refuses, type ScenarioGroup, setting } from './scenario.ts';

type Logs = SimulatorState['settings']['logs'];
const usual: Logs = { takesMs: null, agentsUseKeys: true, agentsAgoMs: 0 };

const set = <K extends keyof Logs>(name: K, value: () => Logs[K]): Circumstances =>
  changing(({ settings }) => settings.logs, name, value, usual[name]);

/** Scenarios for the vaults' logs. No run waits for logs. */
export const logs: ScenarioGroup = {
  title: 'Vault logs',
  scenarios: {
    'agents-use-no-key': { circumstances: set('agentsUseKeys', () => false) },
    'agents-used-keys-a-day-ago': { circumstances: set('agentsAgoMs', () => 25 * 3_600_000) },
    'logs-take-10-minutes': { circumstances: set('takesMs', () => 600_000) },
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

const closed = (change: (vault: Vault) => void): Circumstances => ({
  on: ({ vaults }: SimulatorState) => {
    for (const vault of vaults) {
      const { publicNetworkAccess, networkAcls } = vault;
      vault.openedAgain ??= { publicNetworkAccess, networkAcls };
      change(vault);
    }
  },
  off: ({ vaults }: SimulatorState) => {
    for (const vault of vaults) {
      Object.assign(vault, vault.openedAgain);
      delete vault.openedAgain;
    }
  },
});

export const vaults: ScenarioGroup = {
  title: 'Vaults and keys',
  scenarios: {
    'vault-firewalled': {
      circumstances: closed((vault) => {
        vault.networkAcls = { bypass: 'AzureServices', defaultAction: 'Deny', ipRules: [], virtualNetworkRules: [] };
      }),
    },
    'vault-private': {
      circumstances: closed((vault) => {
        vault.publicNetworkAccess = 'Disabled';
      }),
    },
    'vault-refuses-the-bot': { faults: [{ match: { url: '^/(keys|deletedkeys)\\b' }, deny: true }] },
    // From memory; Microsoft's throttling guide gives only the status.
    'vault-throttled': refuses(
      { match: { url: '^/(keys|deletedkeys)\\b' }, times: 3 },
      429,
      'Throttled',
      'Too many requests were received. Try again later.',
    ),
    'agents-notice-lost-keys': { circumstances: setting('agentsNoticeLostKeys', true, false) },
  },
};
