/** What the checks find, where Azure refused nothing. */

import { agentIn, onAgent, onVault } from '../azure/azure-state.ts';
import { agentId, careId } from '../azure/local-azure-names.ts';
import { requester } from '../builders/fixtures.ts';
import type { AzureUnderRun } from './azure-under-run.ts';
import { type FailureGroup, run } from './failure-row.ts';
import { seeded } from './names.ts';

const asks = 'needs attention';

const identityOf = (name: string): string =>
  `/subscriptions/${careId}/resourceGroups/rg-care-prod/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;

const silently =
  (method: string, url: string, ...lose: readonly string[]) =>
  (azure: AzureUnderRun) =>
    azure.fault({ match: { method, url }, lose });

const allOff = (azure: AzureUnderRun) => azure.allOff();

const members = (azure: AzureUnderRun, change: (ids: readonly string[]) => string[]) =>
  azure.change((state) => {
    for (const group of state.groups)
      if (group.displayName === 'CMK requesters') group.memberIds = change(group.memberIds);
  });

export const ownRows: FailureGroup = {
  title: 'What the checks find',
  rows: [
    run('Azure takes the identity and shows none.', silently('PATCH', 'healthBots', 'identity.type', 'identity'), {
      at: 'enable-identity',
      ends: asks,
      code: 'identity-not-shown',
      mend: allOff,
    }),
    run(
      'Azure takes the grant and shows none.',
      (azure) =>
        azure.fault({
          match: { method: 'PUT', url: 'roleAssignments' },
          respond: {
            status: 201,
            body: { id: '/a', name: 'a', type: 'Microsoft.Authorization/roleAssignments', properties: {} },
          },
        }),
      {
        at: 'grant-key-access',
        ends: asks,
        code: 'grant-not-shown',
        mend: allOff,
      },
    ),
    run(
      'Azure takes the vault’s protection and shows none.',
      silently('PATCH', 'vaults', 'properties.enablePurgeProtection'),
      {
        at: 'protect-vault',
        ends: asks,
        code: 'protection-not-shown',
        mend: allOff,
      },
    ),
    run(
      'Another operation on the agent doesn’t end.',
      (azure) => azure.change(onAgent(seeded.agent, (one) => Object.assign(one, { provisioningState: 'Updating' }))),
      {
        at: 'set-cmk',
        ends: asks,
        code: 'resource-busy',
        mend: (azure) =>
          azure.change(onAgent(seeded.agent, (one) => Object.assign(one, { provisioningState: 'Succeeded' }))),
      },
    ),
    run(
      'Another operation on the agent is in progress before the first change.',
      (azure) => azure.change(onAgent(seeded.agent, (one) => Object.assign(one, { provisioningState: 'Updating' }))),
      {
        at: 'check',
        ends: asks,
        code: 'blocked',
        mend: (azure) =>
          azure.change(onAgent(seeded.agent, (one) => Object.assign(one, { provisioningState: 'Succeeded' }))),
      },
    ),
    run(
      'The agent is deleted.',
      (azure) => azure.asOwner('DELETE', `${agentId(seeded.agent)}?api-version=2025-11-01`),
      {
        at: 'set-cmk',
        ends: asks,
        code: 'missing',
      },
    ),
    run(
      'The agent’s new identity is removed.',
      (azure) => azure.change(onAgent(seeded.agent, ({ content }) => Object.assign(content, { identity: null }))),
      {
        at: 'grant-key-access',
        ends: asks,
        code: 'missing',
        mend: async (azure) => {
          await azure.asOwner('PATCH', `${agentId(seeded.agent)}?api-version=2025-11-01`, {
            identity: { type: 'SystemAssigned' },
          });
        },
      },
    ),
    run(
      'The vault is moved to another group.',
      (azure) =>
        azure.change(onVault(seeded.vault, (vault) => Object.assign(vault, { resourceGroup: 'rg-care-test' }))),
      {
        at: 'check',
        ends: asks,
        code: 'vault-moved',
        mend: (azure) =>
          azure.change(onVault(seeded.vault, (vault) => Object.assign(vault, { resourceGroup: 'rg-care-prod' }))),
      },
    ),
    run(
      'The requester loses the requester role.',
      (azure) => members(azure, (ids) => ids.filter((id) => id !== requester)),
      {
        at: 'check',
        ends: asks,
        code: 'requester-lost-role',
        mend: (azure) => members(azure, (ids) => [...ids, requester]),
      },
    ),
    run(
      'The agent loses a user-assigned identity.',
      (azure) =>
        azure.change((state) => {
          const { identity } = agentIn(state, 'visitor-agent').content;
          if (identity !== null) Object.assign(identity, { userAssignedIds: [], type: 'None' });
        }),
      {
        at: 'enable-identity',
        wish: 'shared',
        ends: asks,
        code: 'identity-lost',
        mend: (azure) =>
          azure.asOwner('PATCH', `${agentId('visitor-agent')}?api-version=2025-11-01`, {
            identity: { type: 'UserAssigned', userAssignedIdentities: { [identityOf('id-visitor')]: {} } },
          }),
      },
    ),
  ],
};
