import type { SimulatorState } from '../state/schema.ts';
import type { Vault } from '../state/schema-vaults.ts';
import { type Circumstances, refusal, type ScenarioGroup, setting } from './scenario.ts';

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
  scenarios: [
    {
      name: 'vault-firewalled',
      title: 'Vaults are behind a firewall',
      does: 'The firewall of every vault blocks all callers: ForbiddenByFirewall.',
      circumstances: closed((vault) => {
        vault.networkAcls = { bypass: 'AzureServices', defaultAction: 'Deny', ipRules: [], virtualNetworkRules: [] };
      }),
    },
    {
      name: 'vault-private',
      title: 'Vaults have no public access',
      does: 'No vault allows access from public networks: ForbiddenByConnection.',
      circumstances: closed((vault) => {
        vault.publicNetworkAccess = 'Disabled';
      }),
    },
    {
      name: 'vault-refuses-the-bot',
      title: 'Vaults refuse the bot',
      does: 'Vaults refuse every call of the bot to their keys: ForbiddenByRbac.',
      faults: [{ match: { url: '^/(keys|deletedkeys)\\b' }, deny: true }],
    },
    {
      name: 'vault-throttled',
      title: 'Vaults throttle the bot',
      does: 'The next 3 requests to vaults get 429 (too many requests).',
      // From memory; Microsoft's throttling guide gives only the status.
      faults: [
        refusal(
          { match: { url: '^/(keys|deletedkeys)\\b' }, times: 3 },
          429,
          'Throttled',
          'Too many requests were received. Try again later.',
        ),
      ],
    },
    {
      name: 'agents-notice-lost-keys',
      title: 'Agents react to a lost key',
      does: 'An agent that can’t use its key becomes Failed. If off, it doesn’t.',
      circumstances: setting('agentsNoticeLostKeys', true, false),
    },
  ],
};
