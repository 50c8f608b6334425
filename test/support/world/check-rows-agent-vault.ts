/** What the checks say about agent and vault. */
import { all, type Change, hideCreation, onAgent, onVault, putUnder, rotate } from '../azure/azure-state.ts';
import { agent, block, type CheckRow, key, pass, vault, warn } from './check-row.ts';

const tooOld = 'Customer-managed keys need an agent that was created after 2021-11-11.';
const created = (at: string): Change =>
  onAgent(agent, ({ systemData }) => Object.assign(systemData, { createdAt: at }));
const provisioning = (state: string): Change =>
  onAgent(agent, (one) => Object.assign(one, { provisioningState: state }));
const ofVault = (change: object): Change => onVault(vault, (one) => Object.assign(one, change));
const deny = { bypass: 'AzureServices', defaultAction: 'Deny', ipRules: [], virtualNetworkRules: [] };

export const agentRows: readonly CheckRow[] = [
  {
    ...pass('created-after-cutoff'),
    when: 'created in 2024',
    words: ['Created on 2024-05-14, after 2021-11-11'],
  },
  {
    ...block('created-before-cutoff'),
    when: 'created on the last day that is too early',
    azure: created('2021-11-11T23:59:59.000Z'),
    words: [`The agent is too old. It was created on 2021-11-11. ${tooOld}`, 'Create a new agent and move to it.'],
  },
  {
    ...block('created-unknown'),
    when: 'neither ARM nor its list tells',
    azure: hideCreation(agent),
    words: [
      'Azure doesn’t say when the agent was created. Customer-managed keys need an agent that was created after 2021-11-11.',
      'Ask Azure support for its creation date.',
    ],
  },
  { ...pass('provisioning-settled'), when: 'Succeeded', words: ['No operation is running on the agent'] },
  {
    ...block('provisioning-unsettled'),
    when: 'Updating',
    azure: provisioning('Updating'),
    words: [
      'Another operation is running on the agent. Azure says Updating.',
      'Wait until it’s done, and then try again.',
    ],
  },
  {
    ...warn('provisioning-unsettled'),
    when: 'Failed',
    azure: provisioning('Failed'),
    words: [
      'The last operation on the agent failed',
      'Azure state: Failed. You can continue: a successful change also resets this state.',
    ],
  },
  { ...pass('microsoft-managed'), when: 'no key of ours', words: ['The agent uses a Microsoft-managed key'] },
  {
    ...block('already-under-this-key'),
    when: 'this version',
    azure: putUnder(agent, vault, key),
    words: ['The agent already uses this key. No change is needed.'],
  },
  {
    ...warn('already-under-this-key'),
    when: 'this version, which an operation failed to set',
    azure: all(putUnder(agent, vault, key), provisioning('Failed')),
    words: [
      'The agent shows this key, but the change failed',
      'The operation that set it failed. It will be set again.',
    ],
  },
  {
    ...block('already-under-another-key'),
    when: 'another key',
    azure: putUnder(agent, 'kv-hospital-keys', 'cmk-virtual-visit'),
    words: [
      /^The agent already uses a customer-managed key\. It uses cmk-virtual-visit in https:\S+, version [0-9a-f]{8}\.$/,
      'Use /rotate-cmk to change the key or version.',
    ],
  },
  {
    ...block('already-under-another-key'),
    when: 'an older version of this key',
    azure: all(putUnder(agent, vault, key), rotate(vault, key)),
    mend: onAgent(agent, ({ content }) => Object.assign(content, { keyVaultProperties: null })),
    words: [
      /customer-managed key\. It uses cmk-triage-agent in https:\S+, version [0-9a-f]{8}\.$/,
      'Use /rotate-cmk to change the key or version.',
    ],
  },
];

const firewall = (when: string, change: object): CheckRow => ({
  ...block('vault-firewalled'),
  when,
  azure: ofVault(change),
  words: [
    'The vault’s firewall blocks the agent. Healthcare agent service isn’t a Key Vault trusted service.',
    'Choose a vault that allows access from all networks, or ask the vault owner which one to use.',
  ],
});

export const vaultRows: readonly CheckRow[] = [
  { ...pass('same-tenant'), when: 'same tenant', words: ['Vault and agent are in the same tenant'] },
  {
    ...block('other-tenant'),
    when: 'the vault belongs to another tenant',
    azure: ofVault({ tenantId: '30000000-0000-4000-8000-000000000000' }),
    words: [
      'The vault is in another tenant. Its tenant is 30000000-0000-4000-8000-000000000000. The agent’s identity has no access there.',
      'Choose a vault in this tenant.',
    ],
  },
  { ...pass('same-region'), when: 'same region', words: ['Vault and agent are in West Europe'] },
  {
    ...warn('other-region'),
    when: 'a vault in the north',
    choice: { vault: 'kv-care-north', key: 'cmk-north' },
    words: [
      'The vault is in another region',
      'Agent in West Europe, vault in North Europe. If that region is unavailable, the agent can’t access its data.',
    ],
  },
  { ...pass('vault-reachable'), when: 'no rules', words: ['The vault’s firewall is open'] },
  firewall('everything denied by default', { networkAcls: deny }),
  firewall('public access off', { publicNetworkAccess: 'Disabled' }),
  firewall('behind a perimeter', { publicNetworkAccess: 'SecuredByPerimeter' }),
  { ...pass('soft-delete-on'), when: 'soft delete on', words: ['Soft delete is on'] },
  {
    ...warn('soft-delete-will-be-on'),
    when: 'soft delete off',
    azure: ofVault({ enableSoftDelete: false }),
    words: ['Soft delete is off', 'It will be turned on, and can’t be turned off again.'],
  },
  {
    ...pass('purge-protection-on'),
    when: 'purge protection on',
    azure: ofVault({ enablePurgeProtection: true }),
    words: ['Purge protection is on'],
  },
  {
    ...pass('purge-protection-will-be-on'),
    when: 'purge protection off',
    words: ['Purge protection will be turned on'],
  },
];
