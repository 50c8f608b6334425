/**
 * Derives the powers over a key, beyond using it, from roles and access policies. Names are those of Azure's list of
 * provider operations (Microsoft.KeyVault, Microsoft.Authorization, Microsoft.Resources) and of Key Vault's key
 * permissions.
 */
import { type Power, powers } from '../../domain/control.ts';
import type { ObservedVault } from '../../domain/observed.ts';
import { maybeAllowedBy, type Permission } from '../arm/permissions.ts';

const key = 'Microsoft.KeyVault/vaults/keys';

/** Data actions, effective in vaults with Azure RBAC. */
const byData: Readonly<Record<Power, readonly string[]>> = {
  copy: [`${key}/backup/action`, `${key}/release/action`],
  change: [
    `${key}/update/action`,
    `${key}/create/action`,
    `${key}/import/action`,
    `${key}/rotate/action`,
    `${key}/restore/action`,
    'Microsoft.KeyVault/vaults/keyrotationpolicies/write',
  ],
  delete: [`${key}/delete`],
  purge: [`${key}/purge/action`],
  'give-access': [],
};

/** Actions at the vault's scope or above. Writing a vault can change its access mode, and so give access. */
const byAction: Readonly<Record<Power, readonly string[]>> = {
  copy: [],
  change: [],
  delete: ['Microsoft.KeyVault/vaults/delete', 'Microsoft.Resources/subscriptions/resourceGroups/delete'],
  purge: ['Microsoft.KeyVault/locations/deletedVaults/purge/action'],
  'give-access': [
    'Microsoft.Authorization/roleAssignments/write',
    'Microsoft.Authorization/roleDefinitions/write',
    // Listed with these by Microsoft. It's unknown whether each is sufficient alone: counted, to be safe.
    'Microsoft.Authorization/elevateAccess/action',
    'Microsoft.Authorization/roleAssignmentScheduleRequests/write',
    'Microsoft.Authorization/roleEligibilityScheduleRequests/write',
    'Microsoft.Authorization/roleManagementPolicies/write',
    'Microsoft.KeyVault/vaults/write',
  ],
};

/** Access policies are ignored in vaults with Azure RBAC. */
const writePolicies = 'Microsoft.KeyVault/vaults/accessPolicies/write';

/** Returns the powers of one role. One role's exceptions don't restrict another role. */
export function powersOfRole(permissions: readonly Permission[], access: ObservedVault['access']): readonly Power[] {
  const granted = maybeAllowedBy(permissions);
  const usesDataActions = access === 'role-assignments';
  const actions = (power: Power): readonly string[] =>
    power === 'give-access' && !usesDataActions ? [...byAction[power], writePolicies] : byAction[power];
  return powers.filter(
    (power) => actions(power).some(granted.action) || (usesDataActions && byData[power].some(granted.dataAction)),
  );
}

const byPermission: Readonly<Record<Power, readonly string[]>> = {
  copy: ['backup', 'release'],
  change: ['update', 'create', 'import', 'rotate', 'restore', 'setrotationpolicy'],
  delete: ['delete'],
  purge: ['purge'],
  'give-access': [],
};

/** Returns the powers of an access policy. `all` counts as everything, although Azure excludes purge from it. */
export function powersOfPolicy(permissions: readonly string[]): readonly Power[] {
  const granted = new Set(permissions.map((one) => one.toLowerCase()));
  return powers.filter((power) =>
    granted.has('all') ? power !== 'give-access' : byPermission[power].some((one) => granted.has(one)),
  );
}

export const union = (...lists: readonly (readonly Power[])[]): Power[] =>
  powers.filter((power) => lists.some((list) => list.includes(power)));
