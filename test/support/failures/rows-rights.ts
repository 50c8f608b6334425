/** What the bot may not, and what nobody may. */
import { bot } from '../../contract/azure-setup.ts';
import { keyRoles, withActions, withoutActions } from '../azure-state.ts';
import { agentId, careId } from '../local-azure-clients.ts';
import type { AzureUnderRun } from './azure-under-run.ts';
import { type FailureGroup, lookUnder, run, runUnder } from './failure-row.ts';
import { reviewOf } from './looks.ts';
import { seeded } from './wishes.ts';

const group = '/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg-care-prod';

/** As an owner would in the portal: a role that has the right that was missing. */
const giveBotRole = (scope: string, role: string) => (azure: AzureUnderRun) =>
  azure.owner
    .authorization()
    .roleAssignments.create(scope, crypto.randomUUID(), {
      roleDefinitionId: `/subscriptions/${careId}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
      principalId: bot.id,
      principalType: 'ServicePrincipal',
    })
    .then(() => undefined);

/** No exemptions are served; an assignment that leaves a group out does the same. */
const exempt = async (azure: AzureUnderRun): Promise<void> => {
  const here = (await azure.state()).policyAssignments.filter(({ scope }) => group.startsWith(scope));
  for (const { name, scope, displayName, policyDefinitionId } of here) {
    const properties = { displayName, policyDefinitionId, notScopes: [group] };
    const path = `${scope}/providers/Microsoft.Authorization/policyAssignments/${name}?api-version=2025-01-01`;
    await azure.asOwner('PUT', path, { properties });
  }
};

const unlock = async (azure: AzureUnderRun): Promise<void> => {
  const locks = (await azure.state()).locks.filter(({ level }) => level === 'ReadOnly');
  for (const { name, scope } of locks) {
    await azure.asOwner('DELETE', `${scope}/providers/Microsoft.Authorization/locks/${name}?api-version=2020-05-01`);
  }
};

const register = async (azure: AzureUnderRun): Promise<void> => {
  await azure.owner.resources().providers.register('Microsoft.HealthBot');
};

const asks = 'asks a person';

export const rightRows: FailureGroup = {
  title: 'Rights, policies, locks and registration',
  rows: [
    runUnder('role-assignment-refused', { at: 'grant-key-access', ends: asks, code: 'AuthorizationFailed' }),
    run(
      'The bot’s role has lost the right to grant.',
      (azure) => azure.change(withoutActions('Microsoft.Authorization/roleAssignments/write')),
      {
        at: 'grant-key-access',
        ends: asks,
        code: 'AuthorizationFailed',
        mend: (azure) => azure.change(withActions('Microsoft.Authorization/roleAssignments/write')),
      },
    ),
    runUnder('agent-write-refused', { at: 'enable-identity', ends: asks, code: 'AuthorizationFailed' }),
    run(
      'The bot’s role has lost the right to change agents.',
      (azure) => azure.change(withoutActions('Microsoft.HealthBot/healthBots/write')),
      {
        at: 'set-cmk',
        ends: asks,
        code: 'AuthorizationFailed',
        mend: giveBotRole(agentId(seeded.agent), keyRoles.contributor),
      },
    ),
    run(
      'The bot’s role has lost the right to change vaults.',
      (azure) => azure.change(withoutActions('Microsoft.KeyVault/vaults/write')),
      {
        at: 'protect-vault',
        ends: asks,
        code: 'AuthorizationFailed',
        mend: (azure) => azure.change(withActions('Microsoft.KeyVault/vaults/write')),
      },
    ),
    run(
      'The bot’s role has lost the right to read agents.',
      (azure) => azure.change(withoutActions('Microsoft.HealthBot/healthBots/read')),
      {
        at: 'check',
        ends: asks,
        code: 'AuthorizationFailed',
        mend: giveBotRole(agentId(seeded.agent), keyRoles.contributor),
      },
    ),
    runUnder('identity-not-known-yet', {
      at: 'grant-key-access',
      ends: 'goes on by itself',
      code: 'PrincipalNotFound',
    }),
    runUnder('role-assignment-limit', { at: 'grant-key-access', ends: asks, code: 'RoleAssignmentLimitExceeded' }),
    runUnder('policy-denies', { at: 'set-cmk', ends: asks, code: 'RequestDisallowedByPolicy', mend: exempt }),
    runUnder('policy-denies-in-details', {
      at: 'set-cmk',
      ends: asks,
      code: 'RequestDisallowedByPolicy',
      mend: exempt,
    }),
    runUnder('everything-locked', { at: 'set-cmk', ends: asks, code: 'ScopeLocked', mend: unlock }),
    runUnder('everything-locked', { at: 'check', ends: asks, code: 'blocked', mend: unlock }),
    lookUnder('everything-locked', {
      by: 'the review',
      ends: 'is refused to whoever asks',
      code: 'locked',
      look: reviewOf('enable'),
    }),
    runUnder('registration-missing', {
      at: 'set-cmk',
      ends: asks,
      code: 'MissingSubscriptionRegistration',
      mend: register,
    }),
    runUnder('type-not-offered', { at: 'check', ends: asks, code: 'InvalidResourceType' }),
    lookUnder('type-not-offered', {
      by: 'the review',
      ends: 'is refused to whoever asks',
      code: 'InvalidResourceType',
      look: reviewOf('enable'),
    }),
  ],
};
