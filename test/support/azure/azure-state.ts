/** What people do to Azure beside the bot: changes of the simulated Azure's state, to be made through `changeState`. */

import { agentBody } from '../../../sandbox/azure/agents/agent-body.ts';
import { agentId, vaultId } from '../../../sandbox/azure/arm/ids.ts';
import { vaultUri } from '../../../sandbox/azure/key-vault/vault-body.ts';
import type { HealthBot } from '../../../sandbox/azure/state/agents.ts';
import type { SimulatorState } from '../../../sandbox/azure/state/schema.ts';
import type { KeyVersion, Vault, VaultKey } from '../../../sandbox/azure/state/vaults.ts';
import { encryptionUser } from './local-azure-names.ts';

export type AzureState = SimulatorState;
export type Change = (state: AzureState) => void;

function named<T extends { readonly name: string }>(things: readonly T[], name: string): T {
  const found = things.find((one) => one.name === name);
  if (found === undefined) throw new Error(`the simulated Azure has no ${name}`);
  return found;
}

export const agentIn = (state: AzureState, name: string): HealthBot => named(state.agents, name);
export const vaultIn = (state: AzureState, name: string): Vault => named(state.vaults, name);
export const keyIn = (state: AzureState, vault: string, key: string): VaultKey =>
  named(vaultIn(state, vault).keys, key);

export function newestIn(state: AzureState, vault: string, key: string): KeyVersion {
  const newest = keyIn(state, vault, key).versions.at(-1);
  if (newest === undefined) throw new Error(`${key} has no version`);
  return newest;
}

export const onAgent =
  (name: string, change: (agent: HealthBot) => void): Change =>
  (state) =>
    change(agentIn(state, name));
export const onVault =
  (name: string, change: (vault: Vault) => void): Change =>
  (state) =>
    change(vaultIn(state, name));
export const onKey =
  (vault: string, key: string, change: (version: KeyVersion) => void): Change =>
  (state) =>
    change(newestIn(state, vault, key));

export const putUnder =
  (agent: string, vault: string, key: string): Change =>
  (state) => {
    agentIn(state, agent).content.keyVaultProperties = {
      keyName: key,
      keyVaultUri: vaultUri(vaultIn(state, vault)),
      keyVersion: newestIn(state, vault, key).version,
      userIdentity: null,
    };
  };

export const deleteKey =
  (vault: string, key: string): Change =>
  (state) => {
    keyIn(state, vault, key).deletedAt = Math.floor(Date.now() / 1000);
  };

/** Gives an agent's identity the role on a key, or on the whole vault, as somebody in the portal would. */
export const allow =
  (agent: string, vault: string, key: string | null): Change =>
  (state) => {
    const principalId = agentIn(state, agent).content.identity?.principalId;
    if (!principalId) throw new Error(`${agent} has no identity of its own`);
    const scope = `${scopes.vault(state, vault)}${key === null ? '' : `/keys/${key}`}`;
    giveRole(principalId, encryptionUser, () => scope, 'ServicePrincipal')(state);
  };

/** Gives somebody a role at a scope, as an administrator would in the portal. */
export const giveRole =
  (
    principalId: string,
    roleDefinitionId: string,
    scope: (state: AzureState) => string,
    principalType: 'User' | 'Group' | 'ServicePrincipal' = 'User',
  ): Change =>
  (state) => {
    const [like] = state.roleAssignments;
    if (like === undefined) throw new Error('nobody has a role');
    const name = `80000000-0000-4000-8000-${String(state.roleAssignments.length + 1000).padStart(12, '0')}`;
    state.roleAssignments.push({ ...like, name, scope: scope(state), principalId, principalType, roleDefinitionId });
  };

export const takeRoles =
  (principalId: string): Change =>
  (state) => {
    state.roleAssignments = state.roleAssignments.filter((one) => one.principalId !== principalId);
  };

export const givePolicy =
  (vault: string, objectId: string, ...keys: readonly string[]): Change =>
  (state) => {
    const permissions = { keys: [...keys], secrets: [], certificates: [], storage: [] };
    const { accessPolicies, tenantId } = vaultIn(state, vault);
    const effectiveAt = '2024-03-04T08:00:00.000Z';
    accessPolicies.push({ tenantId, objectId, applicationId: null, permissions, keysBefore: [], effectiveAt });
  };

const botPermissions = (state: AzureState) =>
  state.roleDefinitions.filter((role) => role.roleName.startsWith('CMK bot')).flatMap((role) => role.permissions);

/** Takes actions from the bot's roles, wherever it holds them; data actions too. */
export const withoutActions =
  (...actions: readonly string[]): Change =>
  (state) => {
    for (const permission of botPermissions(state)) {
      permission.actions = permission.actions.filter((action) => !actions.includes(action));
      permission.dataActions = permission.dataActions.filter((action) => !actions.includes(action));
    }
  };

export const scopes = {
  agent: (state: AzureState, name: string): string => agentId(agentIn(state, name)),
  vault: (state: AzureState, name: string): string => vaultId(vaultIn(state, name)),
  groupOf: (state: AzureState, vault: string): string => vaultId(vaultIn(state, vault)).replace(/\/providers\/.*$/, ''),
  subscriptionOf: (state: AzureState, vault: string): string =>
    `/subscriptions/${vaultIn(state, vault).subscriptionId}`,
};

/** The agent itself does not tell any more when it was created; the subscription's resource list does. */
export const hideCreationOnAgent =
  (name: string): Change =>
  (state) => {
    const { systemData: _, ...body } = agentBody(state, agentIn(state, name));
    state.faults.push({ match: { method: 'GET', url: `healthBots/${name}\\?` }, respond: { status: 200, body } });
  };

export const all =
  (...changes: readonly Change[]): Change =>
  (state) => {
    for (const change of changes) change(state);
  };
