/**
 * What a role or an access policy lets somebody do to a key beside using it. Names are those of Azure's list of provider
 * operations (Microsoft.KeyVault, Microsoft.Authorization, Microsoft.Resources) and of Key Vault's key permissions.
 */
import { type Power, powers } from '../domain/control.ts';
import type { ObservedVault } from '../domain/observed.ts';
import { maybeAllowedBy, type Permission } from './permissions.ts';

const key = 'Microsoft.KeyVault/vaults/keys';

/** Data actions, which a vault heeds that grants by role. */
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

/** Actions at the vault or above it. Writing a vault can switch how it grants, and with that give access. */
const byAction: Readonly<Record<Power, readonly string[]>> = {
  copy: [],
  change: [],
  delete: ['Microsoft.KeyVault/vaults/delete', 'Microsoft.Resources/subscriptions/resourceGroups/delete'],
  purge: ['Microsoft.KeyVault/locations/deletedVaults/purge/action'],
  'give-access': [
    'Microsoft.Authorization/roleAssignments/write',
    'Microsoft.Authorization/roleDefinitions/write',
    // Listed beside these, and of others like them it was not found whether they are enough alone: counted, to be safe.
    'Microsoft.Authorization/elevateAccess/action',
    'Microsoft.Authorization/roleAssignmentScheduleRequests/write',
    'Microsoft.Authorization/roleEligibilityScheduleRequests/write',
    'Microsoft.Authorization/roleManagementPolicies/write',
    'Microsoft.KeyVault/vaults/write',
  ],
};

/** Entries that are ignored in a vault that grants by role. */
const writePolicies = 'Microsoft.KeyVault/vaults/accessPolicies/write';

/** What one role gives, by its definition. One role's exceptions take nothing from another's. */
export function powersOfRole(permissions: readonly Permission[], access: ObservedVault['access']): readonly Power[] {
  const may = maybeAllowedBy(permissions);
  const heedsData = access === 'role-assignments';
  const actions = (power: Power): readonly string[] =>
    power === 'give-access' && !heedsData ? [...byAction[power], writePolicies] : byAction[power];
  return powers.filter((power) => actions(power).some(may.action) || (heedsData && byData[power].some(may.dataAction)));
}

const byPermission: Readonly<Record<Power, readonly string[]>> = {
  copy: ['backup', 'release'],
  change: ['update', 'create', 'import', 'rotate', 'restore', 'setrotationpolicy'],
  delete: ['delete'],
  purge: ['purge'],
  'give-access': [],
};

/** What an access policy gives by its key permissions. `all` is taken at its word, though Azure leaves purging out of it. */
export function powersOfPolicy(permissions: readonly string[]): readonly Power[] {
  const given = new Set(permissions.map((one) => one.toLowerCase()));
  return powers.filter((power) =>
    given.has('all') ? power !== 'give-access' : byPermission[power].some((one) => given.has(one)),
  );
}

/** Several lists as one: each power once, in order. */
export const joined = (...lists: readonly (readonly Power[])[]): Power[] =>
  powers.filter((power) => lists.some((list) => list.includes(power)));
