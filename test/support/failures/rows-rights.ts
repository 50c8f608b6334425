/** What the bot may not, and what nobody may. */
import { bot } from '../../contract/azure-setup.ts';
import { keyRoles, withActions, withoutActions } from '../azure/azure-state.ts';
import { agentId, careId } from '../azure/local-azure-names.ts';
import type { AzureUnderRun } from './azure-under-run.ts';
import { type FailureGroup, lookUnder, run, runUnder } from './failure-row.ts';
import { reviewOf } from './looks.ts';
import { exempt, register, unlock } from './mends.ts';
import { seeded } from './names.ts';

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

const asks = 'needs attention';

export const rightRows: FailureGroup = {
  title: 'Permissions, policies, locks and registration',
  rows: [
    runUnder('role-assignment-refused', {
      what: 'The bot doesn’t have permission to assign roles.',
      at: 'grant-key-access',
      ends: asks,
      code: 'AuthorizationFailed',
    }),
    runUnder('grant-condition', {
      what: 'The condition on the bot’s role admits another role only.',
      at: 'grant-key-access',
      ends: asks,
      code: 'AuthorizationFailed',
    }),
    runUnder('deny-assignment', { at: 'enable-identity', ends: asks, code: 'DenyAssignmentAuthorizationFailed' }),
    run(
      'The bot’s role no longer permits role assignments.',
      (azure) => azure.change(withoutActions('Microsoft.Authorization/roleAssignments/write')),
      {
        at: 'grant-key-access',
        ends: asks,
        code: 'AuthorizationFailed',
        mend: (azure) => azure.change(withActions('Microsoft.Authorization/roleAssignments/write')),
      },
    ),
    runUnder('agent-write-refused', {
      what: 'The bot doesn’t have permission to change agents.',
      at: 'enable-identity',
      ends: asks,
      code: 'AuthorizationFailed',
    }),
    run(
      'The bot’s role no longer permits changes of agents.',
      (azure) => azure.change(withoutActions('Microsoft.HealthBot/healthBots/write')),
      {
        at: 'set-cmk',
        ends: asks,
        code: 'AuthorizationFailed',
        mend: giveBotRole(agentId(seeded.agent), keyRoles.contributor),
      },
    ),
    run(
      'The bot’s role no longer permits changes of vaults.',
      (azure) => azure.change(withoutActions('Microsoft.KeyVault/vaults/write')),
      {
        at: 'protect-vault',
        ends: asks,
        code: 'AuthorizationFailed',
        mend: (azure) => azure.change(withActions('Microsoft.KeyVault/vaults/write')),
      },
    ),
    run(
      'The bot’s role no longer permits reading agents.',
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
      ends: 'continues',
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
    runUnder('everything-locked', {
      what: 'A read-only lock prevents changes.',
      at: 'check',
      ends: asks,
      code: 'blocked',
      mend: unlock,
    }),
    lookUnder('everything-locked', {
      by: 'the review',
      ends: 'is refused',
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
      ends: 'is refused',
      code: 'InvalidResourceType',
      look: reviewOf('enable'),
    }),
  ],
};
