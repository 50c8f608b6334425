/**
 * Every right of the bot's identity at Azure, and what it is for. `infra/custom-role.json` and `infra/custom-role-grants.json`
 * give exactly these; a test compares them with what is really exercised. Names are those of Azure's list of provider
 * operations.
 */
import type { Effect } from '../../domain/effect.ts';
import type { Rights } from '../../domain/ports/azure.ts';
import type { ResourceKind } from '../../domain/ports/resource-kind.ts';
import { kinds } from './registry.ts';

/** What is looked at, on every resource a request is about. */
const guardReads = ['Microsoft.Authorization/locks/read', 'Microsoft.Authorization/permissions/read'];

/** Naming a resource's user-assigned identities in a write needs a right on each of them. */
export const assignIdentity = 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action';

/** Actions by what they are needed on. */
export const actionsOn = {
  subscription: [
    // When a resource was created, where it does not tell itself.
    'Microsoft.Resources/subscriptions/resources/read',
    // What people call it.
    'Microsoft.Resources/subscriptions/read',
  ],
  resource: [...kinds.flatMap(({ rights }) => [...rights.read, ...rights.write]), ...guardReads],
  identity: [assignIdentity, 'Microsoft.Authorization/permissions/read'],
  vault: [
    'Microsoft.KeyVault/vaults/read',
    'Microsoft.KeyVault/vaults/write',
    // The list of keys, and the newest version of one.
    'Microsoft.KeyVault/vaults/keys/read',
    // The list of a key's versions, and any one of them: a right of its own.
    'Microsoft.KeyVault/vaults/keys/versions/read',
    'Microsoft.KeyVault/vaults/keys/write',
    'Microsoft.KeyVault/vaults/accessPolicies/write',
    'Microsoft.Authorization/roleAssignments/read',
    'Microsoft.Authorization/roleAssignments/write',
    // Who controls a key: what each assigned role allows.
    'Microsoft.Authorization/roleDefinitions/read',
    ...guardReads,
  ],
} as const;

/**
 * On the Log Analytics workspace that vaults' logs go to, where one is configured: queries of that table and no other. The first
 * is what Microsoft's page on access to tables has beside them; no call of the bot asks for it.
 */
export const actionsOnWorkspace = [
  'Microsoft.OperationalInsights/workspaces/read',
  'Microsoft.OperationalInsights/workspaces/query/read',
  'Microsoft.OperationalInsights/workspaces/query/AZKVAuditLogs/read',
] as const;

/**
 * A further version of a key is made in the vault itself: ARM makes the first alone. What is carried over to it is read there
 * just before.
 */
export const makeVersion = [
  'Microsoft.KeyVault/vaults/keys/read',
  'Microsoft.KeyVault/vaults/keys/create/action',
] as const;

/**
 * Data actions on vaults that grant by role: trying the key, looking whether a deleted key holds a name, making a further
 * version. Optional: without the first three the trial is told as not made, without the first or the last a new version is
 * blocked.
 */
export const dataActionsOnVault = [
  'Microsoft.KeyVault/vaults/keys/read',
  'Microsoft.KeyVault/vaults/keys/wrap/action',
  'Microsoft.KeyVault/vaults/keys/unwrap/action',
  'Microsoft.KeyVault/vaults/keys/create/action',
] as const;

const onVault = (...actions: readonly string[]): Rights => ({ actions, dataActions: [] });

/** What one change takes, with what has to be read beside it. A write to the resource asks its kind. */
function rightsFor(effect: Effect, kind: ResourceKind, userAssigned: boolean): Rights {
  switch (effect.change) {
    case 'identity':
      return { actions: [...kind.rights.write, ...(userAssigned ? [assignIdentity] : [])], dataActions: [] };
    case 'customer-key':
      return { actions: kind.rights.write, dataActions: [] };
    case 'key':
      return effect.before === null
        ? onVault('Microsoft.KeyVault/vaults/keys/write')
        : { actions: [], dataActions: makeVersion };
    case 'role-assignment':
      // Read only once the resource has an identity: without the right the run would stop after its first change.
      return onVault('Microsoft.Authorization/roleAssignments/read', 'Microsoft.Authorization/roleAssignments/write');
    case 'access-policy':
      return onVault('Microsoft.KeyVault/vaults/accessPolicies/write');
    case 'soft-delete':
    case 'purge-protection':
      return onVault('Microsoft.KeyVault/vaults/write');
  }
}

/** What a plan with these changes needs, for a resource with or without user-assigned identities; each once. */
export function rightsForEffects(effects: readonly Effect[], kind: ResourceKind, userAssigned: boolean): Rights {
  const each = effects.map((effect) => rightsFor(effect, kind, userAssigned));
  return {
    actions: [...new Set(each.flatMap(({ actions }) => actions))],
    dataActions: [...new Set(each.flatMap(({ dataActions }) => dataActions))],
  };
}

/** Everything that a plan may need at a resource, and at a vault with its keys. */
export const rightsAtResource = ({ rights }: ResourceKind): Rights => ({ actions: rights.write, dataActions: [] });
export const rightsAtVault: Rights = {
  actions: [
    'Microsoft.KeyVault/vaults/keys/write',
    'Microsoft.Authorization/roleAssignments/read',
    'Microsoft.Authorization/roleAssignments/write',
    'Microsoft.KeyVault/vaults/accessPolicies/write',
    'Microsoft.KeyVault/vaults/write',
  ],
  dataActions: makeVersion,
};
