/** What the checks say about whose vault it is and who controls the key. */
import { onAgent, withoutActions } from '../azure/azure-state.ts';
import { block, type CheckRow, pass, warn } from './check-row.ts';

export const controlRows: readonly CheckRow[] = [
  {
    ...pass('same-subscription'),
    when: 'both are in care production',
    words: ['Vault and agent are in the same subscription'],
  },
  {
    ...block('vault-not-permitted'),
    when: 'the vault is in another subscription',
    choice: { vault: 'kv-legacy', key: 'cmk-legacy' },
    words: [
      'The approval policy doesn’t allow vault kv-legacy. It’s in another subscription than the agent. Rule environment doesn’t allow that.',
      'Choose another vault, or ask an operator to allow this one in the approval policy.',
    ],
  },
  {
    ...pass('controllers-known'),
    when: 'roles and assignments can be read',
    words: ['Identities with control over the key: 3'],
  },
  {
    ...warn('controllers-not-checked'),
    when: 'the bot may not read what roles allow',
    azure: withoutActions('Microsoft.Authorization/roleDefinitions/read'),
    words: [
      'The bot couldn’t check who has control over the key',
      'The bot doesn’t have permission to read what every role allows (Microsoft.Authorization/roleDefinitions/read). Other people and apps might back up or delete the key.',
    ],
  },
  {
    ...warn('controllers-not-named'),
    when: 'Microsoft Graph does not tell who a group is',
    azure: (state) => {
      state.faults.push({
        match: { method: 'GET', url: '/v1\\.0/groups/60000000-0000-4000-8000-0000000000c1' },
        respond: { status: 403, body: { error: { code: 'Authorization_RequestDenied', message: 'No.' } } },
      });
    },
    words: [
      'Some names of identities with control over the key are missing',
      'Microsoft Graph didn’t return all names or group sizes. The object IDs are shown instead.',
    ],
  },
  {
    ...pass('key-not-shared'),
    when: 'no other agent is under the key',
    words: ['No other agent uses this key, and no name resembles one in use'],
  },
  {
    ...warn('key-shared'),
    when: 'another agent is under the key',
    choice: { agent: 'triage-agent-test', vault: 'kv-hospital-keys', key: 'cmk-virtual-visit' },
    words: [
      'virtual-visit-agent already uses this key',
      'It is in Care production, resource group rg-care-prod. If cmk-virtual-visit is disabled, expires, or is deleted, both agents are affected.',
    ],
  },
  {
    ...warn('name-alike'),
    when: 'the vault has a name like the one of another agent',
    choice: { agent: 'wellness-agent', vault: 'kv-hospita1-keys', key: 'cmk-virtual-visit' },
    // The simulator's own addresses of vaults bear no names.
    azure: onAgent('virtual-visit-agent', ({ content }) => {
      if (content.keyVaultProperties !== null)
        content.keyVaultProperties.keyVaultUri = 'https://kv-hospital-keys.vault.azure.net/';
    }),
    words: [
      'The key vault name resembles another one',
      'Requested: kv-hospita1-keys. In use by other agents: kv-hospital-keys. The difference: digit 1, letter l.',
    ],
  },
  {
    ...warn('other-agents-not-checked'),
    when: 'the agents cannot be listed when the review is submitted',
    late: (state) => {
      state.faults.push({
        match: { method: 'POST', url: 'Microsoft.ResourceGraph/resources' },
        respond: { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'No.' } } },
      });
    },
    words: [
      'Other agents weren’t checked',
      'The bot couldn’t list the agents. Another agent might use this key or a similar name.',
    ],
  },
  {
    ...warn('key-origin-unknown'),
    when: 'the key was there before',
    words: ['Existing key, not created by this request', 'Copies or backups of it might exist.'],
  },
];
