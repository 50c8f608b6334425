/** What the bot may not, and what nobody may. */
import { bot } from '../../contract/azure-setup.ts';
import { keyRoles, withActions, withoutActions } from '../azure/azure-state.ts';
import { agentId, careId } from '../azure/local-azure-names.ts';
import type { AzureUnderRun } from './azure-under-run.ts';
import { asks, type FailureGroup, goesOn, lookUnder, type RunRow, refused, run, runUnder } from './failure-row.ts';
import { reviewOf } from './looks.ts';
import { changing, exempt, register, unlock } from './mends.ts';
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

const rightLost = (
  what: string,
  action: string,
  at: RunRow['at'],
  mend: RunRow['mend'] = changing(withActions(action)),
): RunRow =>
  run(
    `The bot’s role no longer permits ${what}.`,
    changing(withoutActions(action)),
    asks(at, 'AuthorizationFailed', mend),
  );

export const rightRows: FailureGroup = {
  title: 'Permissions, policies, locks and registration',
  rows: [
    runUnder(
      'role-assignment-refused',
      asks('grant-key-access', 'AuthorizationFailed', { what: 'The bot doesn’t have permission to assign roles.' }),
    ),
    runUnder(
      'grant-condition',
      asks('grant-key-access', 'AuthorizationFailed', {
        what: 'The condition on the bot’s role admits another role only.',
      }),
    ),
    runUnder('deny-assignment', asks('enable-identity', 'DenyAssignmentAuthorizationFailed')),
    rightLost('role assignments', 'Microsoft.Authorization/roleAssignments/write', 'grant-key-access'),
    runUnder(
      'agent-write-refused',
      asks('enable-identity', 'AuthorizationFailed', { what: 'The bot doesn’t have permission to change agents.' }),
    ),
    rightLost(
      'changes of agents',
      'Microsoft.HealthBot/healthBots/write',
      'set-cmk',
      giveBotRole(agentId(seeded.agent), keyRoles.contributor),
    ),
    rightLost('changes of vaults', 'Microsoft.KeyVault/vaults/write', 'protect-vault'),
    rightLost(
      'reading agents',
      'Microsoft.HealthBot/healthBots/read',
      'check',
      giveBotRole(agentId(seeded.agent), keyRoles.contributor),
    ),
    runUnder('identity-not-known-yet', goesOn('grant-key-access', 'PrincipalNotFound')),
    runUnder('role-assignment-limit', asks('grant-key-access', 'RoleAssignmentLimitExceeded')),
    runUnder('policy-denies', asks('set-cmk', 'RequestDisallowedByPolicy', exempt)),
    runUnder('policy-denies-in-details', asks('set-cmk', 'RequestDisallowedByPolicy', exempt)),
    runUnder('everything-locked', asks('set-cmk', 'ScopeLocked', unlock)),
    runUnder(
      'everything-locked',
      asks('check', 'blocked', { what: 'A read-only lock prevents changes.', mend: unlock }),
    ),
    lookUnder('everything-locked', refused('the review', 'locked', reviewOf('enable'))),
    runUnder('registration-missing', asks('set-cmk', 'MissingSubscriptionRegistration', register)),
    runUnder('type-not-offered', asks('check', 'InvalidResourceType')),
    lookUnder('type-not-offered', refused('the review', 'InvalidResourceType', reviewOf('enable'))),
  ],
};
