/** How the write of a key ends; permissions, policies, locks and registration; vaults and keys. */

import { agentBody } from '../../../sandbox/azure/agents.ts';
import { bot } from '../../contract/azure-setup.ts';
import {
  agentIn,
  type Change,
  deleteKey,
  givePolicy,
  onKey,
  onVault,
  putUnder,
  withoutActions,
} from '../azure/azure-state.ts';
import { type AzureUnderRun, changing, keysOf, rotated, seeded } from './azure-under-run.ts';
import { asks, type FailureGroup, goesOn, lookUnder, type RunRow, refused, run, runUnder } from './failure-row.ts';
import { reviewOf } from './looks.ts';

const accepted = {
  match: { method: 'PATCH', url: `healthBots/${seeded.agent}` },
  times: 1,
  respond: { status: 202, body: {} },
};

/** Azure names no operation to follow, and the agent shows the key only some reads after the change was sent. */
async function shownLater(azure: AzureUnderRun): Promise<void> {
  const state = await azure.state();
  const body = agentBody(state, agentIn(state, seeded.agent));
  await azure.fault(accepted, {
    match: { method: 'GET', url: `healthBots/${seeded.agent}\\?` },
    times: 5,
    respond: { status: 200, body },
  });
  await azure.change(putUnder(seeded.agent, seeded.vault, seeded.key));
}

export const operationRows: FailureGroup = {
  title: 'Setting the key',
  rows: [
    runUnder(
      'grant-takes-10-minutes',
      goesOn('set-cmk', 'KeyVaultAccessForbidden', { from: 'grant-key-access', timePasses: true }),
    ),
    runUnder('operation-fails-agent-failed', goesOn('set-cmk', 'KeyVaultAccessForbidden')),
    runUnder('operation-fails-key-kept', goesOn('set-cmk', 'KeyVaultAccessForbidden')),
    runUnder(
      'operation-never-ends',
      asks('set-cmk', 'resource-busy', {
        what: 'The operation that sets the key doesn’t end.',
        choices: { limits: { operationMs: 300 } },
      }),
    ),
    runUnder('operation-canceled', asks('set-cmk', 'OperationCanceled', { retries: true })),
    runUnder('agent-stays-accepted', asks('set-cmk', 'resource-busy')),
    runUnder('accepted-then-lost', goesOn('set-cmk', 'OperationNotFound')),
    run(
      'Azure accepts the change, names no operation, and shows the key a little later.',
      shownLater,
      goesOn('set-cmk'),
    ),
    run(
      'Azure accepts the change, names no operation, and doesn’t make it.',
      (azure) => azure.fault(accepted),
      goesOn('set-cmk', 'key-not-shown'),
    ),
    runUnder(
      '200-without-the-property',
      asks('set-cmk', 'key-not-shown', { what: 'Azure accepts the change, but the agent keeps its key.' }),
    ),
    runUnder('another-change-under-way', goesOn('set-cmk', 'ConflictingConcurrentWriteNotAllowed')),
  ],
};

const rightLost = (what: string, action: string, at: RunRow['at']): RunRow =>
  run(`The bot’s role no longer permits ${what}.`, changing(withoutActions(action)), asks(at, 'AuthorizationFailed'));

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
    rightLost('changes of agents', 'Microsoft.HealthBot/healthBots/write', 'set-cmk'),
    rightLost('changes of vaults', 'Microsoft.KeyVault/vaults/write', 'protect-vault'),
    rightLost('reading agents', 'Microsoft.HealthBot/healthBots/read', 'check'),
    runUnder('identity-not-known-yet', goesOn('grant-key-access', 'PrincipalNotFound')),
    runUnder('role-assignment-limit', asks('grant-key-access', 'RoleAssignmentLimitExceeded')),
    runUnder('policy-denies', asks('set-cmk', 'RequestDisallowedByPolicy')),
    runUnder('policy-denies-in-details', asks('set-cmk', 'RequestDisallowedByPolicy')),
    runUnder('everything-locked', asks('set-cmk', 'ScopeLocked')),
    runUnder('everything-locked', asks('check', 'blocked', { what: 'A read-only lock prevents changes.' })),
    lookUnder('everything-locked', refused('the review', 'locked', reviewOf('enable'))),
    runUnder('registration-missing', asks('set-cmk', 'MissingSubscriptionRegistration')),
    runUnder('type-not-offered', asks('check', 'InvalidResourceType')),
    lookUnder('type-not-offered', refused('the review', 'InvalidResourceType', reviewOf('enable'))),
  ],
};

const ofKey = (change: object) => onKey(seeded.vault, seeded.key, (one) => Object.assign(one, change));
const seconds = (day: string): number => Date.parse(day) / 1000;

const deletedUnder = async (azure: AzureUnderRun): Promise<void> => {
  const keys = await keysOf(azure);
  await keys.createRsaKey(seeded.made);
  await (await keys.beginDeleteKey(seeded.made, { intervalInMs: 20 })).pollUntilDone();
};

const botMay = ['get', 'list', 'create', 'wrapKey', 'unwrapKey'];
/** The vault grants by access policies, to the bot and to the agent that is under its key. */
const byPolicy: Change = (state) => {
  onVault(rotated.vault, (vault) => Object.assign(vault, { enableRbacAuthorization: false }))(state);
  givePolicy(rotated.vault, bot.id, ...botMay)(state);
  const { identity } = agentIn(state, rotated.agent).content;
  givePolicy(rotated.vault, String(identity?.principalId), 'get', 'wrapKey', 'unwrapKey')(state);
};
const withoutPolicy = onVault(rotated.vault, (vault) => {
  vault.accessPolicies = vault.accessPolicies.filter(({ objectId }) => objectId !== bot.id);
});

export const vaultRows: FailureGroup = {
  title: 'Vaults and keys',
  rows: [
    runUnder('vault-firewalled', asks('set-cmk', 'blocked')),
    runUnder('vault-firewalled', goesOn('verify')),
    runUnder('vault-firewalled', asks('make-key-version', 'ForbiddenByFirewall', { wish: 'rotate' })),
    lookUnder('vault-firewalled', refused('the review', 'vault-firewalled', reviewOf('enable'))),
    runUnder('vault-private', asks('set-cmk', 'blocked')),
    runUnder('vault-private', asks('make-key-version', 'ForbiddenByConnection', { wish: 'rotate' })),
    runUnder('vault-refuses-the-bot', goesOn('verify')),
    runUnder(
      'vault-refuses-the-bot',
      asks('make-key-version', 'ForbiddenByRbac', {
        what: 'The bot doesn’t have permission to use keys.',
        wish: 'rotate',
      }),
    ),
    run(
      'The bot’s role no longer permits new versions of keys.',
      changing(withoutActions('Microsoft.KeyVault/vaults/keys/create/action')),
      asks('make-key-version', 'ForbiddenByRbac', { wish: 'rotate' }),
    ),
    run(
      'The vault’s access policy for the bot is taken away.',
      changing(withoutPolicy),
      asks('make-key-version', 'AccessDenied', { wish: 'rotate', before: changing(byPolicy) }),
    ),
    runUnder('vault-throttled', goesOn('verify')),
    lookUnder('agents-notice-lost-keys', {
      by: 'the review',
      ends: 'continues',
      code: null,
      look: async (azure) => {
        await azure.change((state) => {
          state.roleAssignments = state.roleAssignments.filter(({ scope }) => !scope.endsWith(rotated.key));
        });
        return reviewOf('rotate')(azure);
      },
    }),
    run('The key is deleted.', changing(deleteKey(seeded.vault, seeded.key)), asks('set-cmk', 'blocked')),
    run('The key is disabled.', changing(ofKey({ enabled: false })), asks('verify', 'KeyDisabled')),
    run('The key is past its date.', changing(ofKey({ exp: seconds('2024-01-01') })), asks('set-cmk', 'blocked')),
    run('The key is not valid yet.', changing(ofKey({ nbf: seconds('2099-01-01') })), asks('set-cmk', 'blocked')),
    run('The key doesn’t allow wrapping any more.', changing(ofKey({ keyOps: ['sign'] })), asks('set-cmk', 'blocked')),
    run(
      'A deleted key has the name that is to be given.',
      deletedUnder,
      asks('make-key-version', 'ObjectIsDeletedButRecoverable', { wish: 'make' }),
    ),
    run(
      'Someone else creates the key that the request is to create.',
      async (azure) => {
        await (await keysOf(azure)).createRsaKey(seeded.made);
      },
      asks('make-key-version', 'key-of-others', { wish: 'make' }),
    ),
    run(
      'Someone sets another key on the agent.',
      changing(putUnder(seeded.agent, rotated.vault, rotated.key)),
      asks('set-cmk', 'key-moved'),
    ),
    run(
      'The vault is deleted.',
      async (azure) => {
        await azure.owner.vaults().vaults.delete('rg-care-prod', seeded.vault);
      },
      asks('grant-key-access', 'missing'),
    ),
    run(
      'The vault is switched to access policies.',
      changing(onVault(seeded.vault, (vault) => Object.assign(vault, { enableRbacAuthorization: false }))),
      asks('grant-key-access', 'access-mode-changed'),
    ),
  ],
};
