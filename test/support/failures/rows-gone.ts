/** What was there at the approval, or a step ago, and is gone, moved, or another thing of the same name. */
import type { Change } from '../azure/azure-state.ts';
import { agentIn, deleteKey, givePolicy, onAgent, onKey, onVault } from '../azure/azure-state.ts';
import { agentId } from '../azure/local-azure-names.ts';
import type { AzureUnderRun } from './azure-under-run.ts';
import { asks, type FailureGroup, goesOn, type RunRow, run } from './failure-row.ts';
import { changing, keysOf, recover, removeIdentity, vaultInGroup } from './mends.ts';
import { rotated, seeded } from './names.ts';

const retryRepairs = async (): Promise<void> => undefined;

/** Time passes: every role assignment counts, and the next one does at once. */
async function counts(azure: AzureUnderRun): Promise<void> {
  await azure.allOff();
  await azure.change((state) => {
    for (const one of state.roleAssignments) one.effectiveAt = '2024-03-04T08:00:00.000Z';
  });
}

const other = '90000000-0000-4000-8000-0000000000cd';

/** Another deployment takes the agent's identity away and gives it one: it has another object id. */
const exchangeIdentity: Change = (state) => {
  const { identity } = agentIn(state, seeded.agent).content;
  const known = state.principals.find(({ id }) => id === identity?.principalId);
  if (known === undefined || identity == null) throw new Error('the agent has no identity');
  state.principals.push({ ...known, id: other, appId: other });
  identity.principalId = other;
};
const removeRole: Change = (state) => {
  state.roleAssignments = state.roleAssignments.filter(({ scope }) => !scope.endsWith(`/keys/${seeded.key}`));
};
const removePolicy: Change = (state) => {
  const { identity } = agentIn(state, seeded.agent).content;
  onVault(seeded.vault, (vault) => {
    vault.accessPolicies = vault.accessPolicies.filter(({ objectId }) => objectId !== identity?.principalId);
  })(state);
};
const byPolicy: Change = onVault(seeded.vault, (vault) => Object.assign(vault, { enableRbacAuthorization: false }));
const enabled = (on: boolean): Change => onKey(seeded.vault, seeded.key, (key) => Object.assign(key, { enabled: on }));

/** While the role assignment doesn't count yet, so that the first attempt is refused. */
const whileWaiting = (what: string, change: Change, row: Pick<RunRow, 'code' | 'mend'>): RunRow =>
  run(
    `While a role assignment propagates, ${what}`,
    (azure) => azure.turnOn('grant-takes-10-minutes'),
    asks('set-cmk', row.code, {
      from: 'grant-key-access',
      later: changing(change),
      mend: async (azure, approved) => {
        await counts(azure);
        await row.mend?.(azure, approved);
      },
    }),
  );

const recreate =
  (name: string) =>
  async (azure: AzureUnderRun): Promise<void> => {
    const path = `${agentId(name)}?api-version=2025-11-01`;
    await azure.asOwner('DELETE', path);
    await azure.asOwner('PUT', path, { location: 'westeurope', sku: { name: 'C1' } });
  };

/** Purged and created again, with a key of the same name: it has another version. */
const recreateVault = changing(
  onVault(seeded.vault, (vault) => Object.assign(vault.systemData, { createdAt: '2026-02-03T04:05:06.000Z' })),
  onKey(seeded.vault, seeded.key, (key) => Object.assign(key, { version: '6f'.repeat(16) })),
);

async function recreateKey(azure: AzureUnderRun): Promise<void> {
  const keys = await keysOf(azure);
  await (await keys.beginDeleteKey(seeded.key, { intervalInMs: 20 })).pollUntilDone();
  await keys.purgeDeletedKey(seeded.key);
  await keys.createRsaKey(seeded.key);
}

const inGroup = (resourceGroup: string): Change =>
  onAgent(seeded.agent, (agent) => Object.assign(agent, { resourceGroup }));

const notFound = (url: string, code = 'ResourceNotFound') => ({
  match: { method: 'GET', url },
  times: 1,
  respond: { status: 404, body: { error: { code, message: 'The Resource was not found.' } } },
});
const agentReads = `healthBots/${seeded.agent}\\?`;
const vaultReads = `vaults/${seeded.vault}\\?`;
const keyReads = `vaults/${seeded.vault}/keys/${seeded.key}/versions/`;

/** A replica of Azure that lags answers once that there is no such thing. */
const onceNotFound = (what: string, url: string, at: RunRow['at'], from?: RunRow['from']): RunRow =>
  run(
    `Azure doesn’t find ${what} once, though it is there.`,
    (azure) => azure.fault(notFound(url)),
    goesOn(at, null, from === undefined ? {} : { from }),
  );

const waitingRows: readonly RunRow[] = [
  whileWaiting('the agent gets another identity.', exchangeIdentity, { code: 'identity-changed' }),
  whileWaiting('the agent’s identity is removed.', removeIdentity, { code: 'missing' }),
  whileWaiting('the role assignment is removed.', removeRole, { code: 'access-gone' }),
  whileWaiting('the key is disabled.', enabled(false), { code: 'blocked', mend: changing(enabled(true)) }),
  whileWaiting('the key is deleted.', deleteKey(seeded.vault, seeded.key), { code: 'blocked', mend: recover }),
  whileWaiting('the vault is moved to another group.', vaultInGroup('rg-care-test'), {
    code: 'vault-moved',
    mend: changing(vaultInGroup('rg-care-prod')),
  }),
  run(
    'The access policy for the agent is removed.',
    changing(removePolicy),
    asks('set-cmk', 'access-gone', {
      before: changing(byPolicy, givePolicy(seeded.vault, '90000000-0000-4000-8000-000000000000', 'get')),
      mend: retryRepairs,
    }),
  ),
  run(
    'The agent gets another identity after it got access to the key.',
    changing(exchangeIdentity),
    asks('set-cmk', 'identity-changed', retryRepairs),
  ),
  run(
    'The role assignment is removed after the key was set.',
    changing(removeRole),
    asks('verify', 'access-gone', retryRepairs),
  ),
];

const replacedRows: readonly RunRow[] = [
  run(
    'The agent is deleted and created again before a rotation: it has no key.',
    recreate(rotated.agent),
    asks('check', 'replaced', { wish: 'rotate' }),
  ),
  run('The agent is deleted and created again during the run.', recreate(seeded.agent), asks('set-cmk', 'replaced')),
  run(
    'The vault is purged and created again, with a key of the same name, before the run.',
    recreateVault,
    asks('check', 'replaced'),
  ),
  run('The vault is purged and created again during the run.', recreateVault, asks('grant-key-access', 'replaced')),
];

const movedRows: readonly RunRow[] = [
  run(
    'The agent is moved to another group before the run.',
    changing(inGroup('rg-care-test')),
    asks('check', 'resource-moved', changing(inGroup('rg-care-prod'))),
  ),
  run(
    'The agent is moved to another group during the run.',
    changing(inGroup('rg-care-test')),
    asks('set-cmk', 'resource-moved', changing(inGroup('rg-care-prod'))),
  ),
  run(
    'The agent is moved before it gets access to the key.',
    changing(inGroup('rg-care-test')),
    asks('grant-key-access', 'resource-moved', changing(inGroup('rg-care-prod'))),
  ),
  run(
    'The vault is moved to another group during the run.',
    changing(vaultInGroup('rg-care-test')),
    asks('protect-vault', 'vault-moved', changing(vaultInGroup('rg-care-prod'))),
  ),
];

export const goneRows: FailureGroup = {
  title: 'Deleted, moved or replaced resources',
  rows: [
    ...waitingRows,
    ...replacedRows,
    ...movedRows,
    run(
      'The key is deleted, and can be recovered, before the run.',
      changing(deleteKey(seeded.vault, seeded.key)),
      asks('check', 'blocked', recover),
    ),
    run('The key is purged and created again under its name, before the run.', recreateKey, asks('check', 'blocked')),
    onceNotFound('the agent', agentReads, 'check'),
    onceNotFound('the vault', vaultReads, 'check'),
    onceNotFound('the version of the key', keyReads, 'check'),
    onceNotFound('the agent', agentReads, 'enable-identity'),
    onceNotFound('the agent', agentReads, 'grant-key-access'),
    onceNotFound('the vault', vaultReads, 'protect-vault'),
    onceNotFound('the agent', agentReads, 'set-cmk'),
    onceNotFound('the agent', agentReads, 'verify'),
    onceNotFound('the vault', vaultReads, 'verify'),
  ],
};
