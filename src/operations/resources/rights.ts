/**
 * All permissions of the bot's identity in Azure, and their purpose. `infra/custom-role.json` and
 * `infra/custom-role-grants.json` grant exactly these; a test compares them with the permissions in use. Names are those of
 * Azure's list of provider operations.
 */
import { type Check, type CheckContext, judge } from '../../domain/check.ts';
import type { Effect } from '../../domain/effect.ts';
import type { KeyWork } from '../../domain/key-change.ts';
import type { Observation } from '../../domain/observed.ts';
import type { Rights } from '../../domain/ports/azure.ts';
import type { ResourceKind } from '../../domain/resource-kind.ts';
import { kinds, usualKinds } from './registry.ts';

/** Read on every resource of a request. */
const guardReads = ['Microsoft.Authorization/locks/read', 'Microsoft.Authorization/permissions/read'];

/** On each resource of a kind. A kind besides the usual ones has its own role file: `infra/custom-role-NAME.json`. */
export const actionsOnResource = ({ rights }: ResourceKind): readonly string[] => [
  ...rights.read,
  ...rights.write,
  ...guardReads,
];

/** Needed on each user-assigned identity that a write of the resource names. */
export const assignIdentity = 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action';

/** Actions by scope. */
export const actionsOn = {
  subscription: [
    // Creation time, if the resource doesn't report it.
    'Microsoft.Resources/subscriptions/resources/read',
    // Display name.
    'Microsoft.Resources/subscriptions/read',
    // Where a policy asks for a token of each write.
    'Microsoft.Authorization/acquirePolicyToken/read',
    // What Azure Policy refuses: `infra/guard`.
    'Microsoft.Authorization/policyAssignments/read',
    'Microsoft.Authorization/policyDefinitions/read',
    'Microsoft.Authorization/policyExemptions/read',
    // Activity Log: who changed what the key watch finds.
    'Microsoft.Insights/eventtypes/values/read',
  ],
  resource: kinds.filter(({ type }) => usualKinds.includes(type.toLowerCase())).flatMap(actionsOnResource),
  identity: [assignIdentity, 'Microsoft.Authorization/permissions/read'],
  vault: [
    'Microsoft.KeyVault/vaults/read',
    'Microsoft.KeyVault/vaults/write',
    // List of keys, and the newest version of a key.
    'Microsoft.KeyVault/vaults/keys/read',
    // List of a key's versions, and any one version: a separate permission.
    'Microsoft.KeyVault/vaults/keys/versions/read',
    'Microsoft.KeyVault/vaults/keys/write',
    'Microsoft.KeyVault/vaults/accessPolicies/write',
    'Microsoft.Authorization/roleAssignments/read',
    'Microsoft.Authorization/roleAssignments/write',
    // Control over a key: the permissions of each assigned role.
    'Microsoft.Authorization/roleDefinitions/read',
    ...guardReads,
  ],
} as const;

/**
 * Actions on the Log Analytics workspace of the vaults' logs, if configured: queries of that table only. The first action comes
 * with them on Microsoft's page on table access; no call of the bot needs it.
 */
export const actionsOnWorkspace = [
  'Microsoft.OperationalInsights/workspaces/read',
  'Microsoft.OperationalInsights/workspaces/query/read',
  'Microsoft.OperationalInsights/workspaces/query/AZKVAuditLogs/read',
] as const;

/**
 * Data actions that create a further version of a key, in the vault itself: ARM can only create the first. The settings to copy
 * are read there just before.
 */
export const makeVersion = [
  'Microsoft.KeyVault/vaults/keys/read',
  'Microsoft.KeyVault/vaults/keys/create/action',
] as const;

/**
 * Data actions on vaults with Azure RBAC: testing the key, checking for a deleted key of the same name, creating a further
 * version. Optional: without the first three, the key test is reported as not made. Without the first or the last, a new
 * version is blocked.
 */
export const dataActionsOnVault = [
  'Microsoft.KeyVault/vaults/keys/read',
  'Microsoft.KeyVault/vaults/keys/wrap/action',
  'Microsoft.KeyVault/vaults/keys/unwrap/action',
  'Microsoft.KeyVault/vaults/keys/create/action',
] as const;

const onVault = (...actions: readonly string[]): Rights => ({ actions, dataActions: [] });

/** Returns the permissions for one change, including its reads. The resource's kind defines its write permissions. */
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
    case 'key-recovery':
    case 'key-enablement':
    case 'key-disablement':
      // A role of the vault makes this change.
      return onVault();
    case 'role-assignment':
      // Read only after the resource has an identity: without this permission, the run would stop after its first change.
      return onVault('Microsoft.Authorization/roleAssignments/read', 'Microsoft.Authorization/roleAssignments/write');
    case 'access-policy':
      return onVault('Microsoft.KeyVault/vaults/accessPolicies/write');
    case 'soft-delete':
    case 'purge-protection':
      return onVault('Microsoft.KeyVault/vaults/write');
  }
}

/** Returns the permissions for these changes without duplicates. A resource with user-assigned identities needs more. */
export function rightsForEffects(effects: readonly Effect[], kind: ResourceKind, userAssigned: boolean): Rights {
  const each = effects.map((effect) => rightsFor(effect, kind, userAssigned));
  return {
    actions: [...new Set(each.flatMap(({ actions }) => actions))],
    dataActions: [...new Set(each.flatMap(({ dataActions }) => dataActions))],
  };
}

/** Input of an operation's checks. */
export interface OperationContext extends CheckContext {
  readonly kind: ResourceKind;
}

function judgeLocks({ guards }: Observation): Check {
  if (guards.readOnlyLocks === null) return judge('warn', 'locks-not-checked', {});
  // A lock on a common parent scope is found for both the resource and the vault.
  const locks = guards.readOnlyLocks.filter(
    ({ name, scope }, at, all) => all.findIndex((one) => one.name === name && one.scope === scope) === at,
  );
  return locks.length === 0 ? judge('pass', 'no-lock', {}) : judge('block', 'locked', { locks });
}

const missingFrom = (wanted: readonly string[], allowed: Readonly<Record<string, boolean>>): string[] =>
  wanted.filter((action) => allowed[action] !== true);

/** Checks locks and permissions for the plan's writes. A plan without writes needs neither. */
export function judgeWrites({ observed }: KeyWork, { effects, kind }: OperationContext): readonly Check[] {
  if (effects.length === 0) return [];
  const needed = rightsForEffects(effects, kind, observed.resource.userAssignedIds.length > 0);
  const { allowed, allowedData } = observed.guards;
  const locks = judgeLocks(observed);
  if (allowed === null) return [locks, judge('warn', 'rights-not-checked', {})];
  const data = needed.dataActions;
  const missing = {
    actions: missingFrom(needed.actions, allowed),
    dataActions: allowedData === null ? [] : missingFrom(data, allowedData),
  };
  const isAllowed = missing.actions.length + missing.dataActions.length === 0;
  return [
    locks,
    isAllowed ? judge('pass', 'bot-allowed', {}) : judge('block', 'bot-not-allowed', missing),
    // A vault with access policies doesn't report the bot's data permissions.
    ...(data.length > 0 && allowedData === null
      ? [judge('warn', 'vault-rights-not-checked', { actions: [...data] })]
      : []),
  ];
}

/** All permissions that a plan can need on a resource, and on a vault with its keys. */
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
