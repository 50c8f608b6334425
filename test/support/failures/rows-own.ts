/** What the checks find, where Azure refused nothing. */

import { agentIn, onAgent } from '../azure/azure-state.ts';
import { agentId, careId } from '../azure/local-azure-names.ts';
import { requester } from '../builders/fixtures.ts';
import type { AzureUnderRun } from './azure-under-run.ts';
import { asks, type FailureGroup, run } from './failure-row.ts';
import { allOff, changing, removeIdentity, vaultInGroup } from './mends.ts';
import { seeded } from './names.ts';

const identityOf = (name: string): string =>
  `/subscriptions/${careId}/resourceGroups/rg-care-prod/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;

const silently =
  (method: string, url: string, ...lose: string[]) =>
  (azure: AzureUnderRun) =>
    azure.fault({ match: { method, url }, lose });

const agentIs = (provisioningState: string) =>
  changing(onAgent(seeded.agent, (one) => Object.assign(one, { provisioningState })));

const members = (azure: AzureUnderRun, change: (ids: readonly string[]) => string[]) =>
  azure.change((state) => {
    for (const group of state.groups)
      if (group.displayName === 'CMK requesters') group.memberIds = change(group.memberIds);
  });

export const ownRows: FailureGroup = {
  title: 'What the checks find',
  rows: [
    run(
      'Azure takes the identity and shows none.',
      silently('PATCH', 'healthBots', 'identity.type', 'identity'),
      asks('enable-identity', 'identity-not-shown', allOff),
    ),
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
      asks('grant-key-access', 'grant-not-shown', allOff),
    ),
    run(
      'Azure takes the vault’s protection and shows none.',
      silently('PATCH', 'vaults', 'properties.enablePurgeProtection'),
      asks('protect-vault', 'protection-not-shown', allOff),
    ),
    run(
      'Another operation on the agent doesn’t end.',
      agentIs('Updating'),
      asks('set-cmk', 'resource-busy', agentIs('Succeeded')),
    ),
    run(
      'Another operation on the agent is in progress before the first change.',
      agentIs('Updating'),
      asks('check', 'blocked', agentIs('Succeeded')),
    ),
    run(
      'The agent is deleted.',
      (azure) => azure.asOwner('DELETE', `${agentId(seeded.agent)}?api-version=2025-11-01`),
      asks('set-cmk', 'missing'),
    ),
    run(
      'The agent’s new identity is removed.',
      changing(removeIdentity),
      asks('grant-key-access', 'missing', async (azure) => {
        await azure.asOwner('PATCH', `${agentId(seeded.agent)}?api-version=2025-11-01`, {
          identity: { type: 'SystemAssigned' },
        });
      }),
    ),
    run(
      'The vault is moved to another group.',
      changing(vaultInGroup('rg-care-test')),
      asks('check', 'vault-moved', changing(vaultInGroup('rg-care-prod'))),
    ),
    run(
      'The requester loses the requester role.',
      (azure) => members(azure, (ids) => ids.filter((id) => id !== requester)),
      asks('check', 'requester-lost-role', (azure) => members(azure, (ids) => [...ids, requester])),
    ),
    run(
      'The agent loses a user-assigned identity.',
      changing((state) => {
        const { identity } = agentIn(state, 'visitor-agent').content;
        if (identity !== null) Object.assign(identity, { userAssignedIds: [], type: 'None' });
      }),
      asks('enable-identity', 'identity-lost', {
        wish: 'shared',
        mend: (azure) =>
          azure.asOwner('PATCH', `${agentId('visitor-agent')}?api-version=2025-11-01`, {
            identity: { type: 'UserAssigned', userAssignedIdentities: { [identityOf('id-visitor')]: {} } },
          }),
      }),
    ),
  ],
};
