/** What the owner of everything does in Azure where a card asks for it: through Azure's own clients, or as they would. */
import { type Change, onAgent, onVault } from '../azure/azure-state.ts';
import type { AzureUnderRun } from './azure-under-run.ts';
import { rotated, seeded } from './names.ts';

const group = '/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg-care-prod';

/** No exemptions are served; an assignment that leaves a group out does the same. */
export const exempt = async (azure: AzureUnderRun): Promise<void> => {
  const here = (await azure.state()).policyAssignments.filter(({ scope }) => group.startsWith(scope));
  for (const { name, scope, displayName, policyDefinitionId } of here) {
    const properties = { displayName, policyDefinitionId, notScopes: [group] };
    const path = `${scope}/providers/Microsoft.Authorization/policyAssignments/${name}?api-version=2025-01-01`;
    await azure.asOwner('PUT', path, { properties });
  }
};

export const unlock = async (azure: AzureUnderRun): Promise<void> => {
  const locks = (await azure.state()).locks.filter(({ level }) => level === 'ReadOnly');
  for (const { name, scope } of locks) {
    await azure.asOwner('DELETE', `${scope}/providers/Microsoft.Authorization/locks/${name}?api-version=2020-05-01`);
  }
};

export const register = async (azure: AzureUnderRun): Promise<void> => {
  await azure.owner.resources().providers.register('Microsoft.HealthBot');
};

export const open = async (azure: AzureUnderRun): Promise<void> => {
  const networkAcls = { bypass: 'AzureServices', defaultAction: 'Allow' };
  for (const vault of [seeded.vault, rotated.vault]) {
    const properties = { networkAcls, publicNetworkAccess: 'Enabled' };
    await azure.owner.vaults().vaults.update('rg-care-prod', vault, { properties });
  }
};

export const keysOf = async (azure: AzureUnderRun, vault = seeded.vault) =>
  azure.owner.keys(await azure.vaultAddress(vault));

export const recover = async (azure: AzureUnderRun): Promise<void> => {
  await (await (await keysOf(azure)).beginRecoverDeletedKey(seeded.key, { intervalInMs: 20 })).pollUntilDone();
};

export const allOff = (azure: AzureUnderRun): Promise<void> => azure.allOff();

export const changing =
  (...changes: readonly Change[]) =>
  (azure: AzureUnderRun): Promise<void> =>
    azure.change(...changes);

export const removeIdentity = onAgent(seeded.agent, ({ content }) => Object.assign(content, { identity: null }));

/** The vault lies in that group then. */
export const vaultInGroup = (resourceGroup: string): Change =>
  onVault(seeded.vault, (vault) => Object.assign(vault, { resourceGroup }));
