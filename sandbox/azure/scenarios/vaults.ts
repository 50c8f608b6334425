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
    'vault-throttled': {
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
    'agents-notice-lost-keys': { circumstances: setting('agentsNoticeLostKeys', true, false) },
  },
};
