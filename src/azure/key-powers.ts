/**
 * Derives the powers over a key, beyond using it, from roles and access policies. Names are those of Azure's list of provider
 * operations (Microsoft.KeyVault, Microsoft.Authorization, Microsoft.Resources) and of Key Vault's key permissions.
 */
import { z } from 'zod';
import { type Power, powers } from '../domain/control.ts';
import { done, nullIfForbidden, type Outcome } from '../domain/failure.ts';
import type { ObservedVault } from '../domain/observed.ts';
import { brief } from './azure-clients.ts';
import type { Connection } from './connection.ts';
import { inParallel } from './limits.ts';
import { maybeAllowedBy, Permission } from './permissions.ts';
import { vaultKind } from './resource-ids.ts';

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

// Role definitions from Azure Resource Manager (Microsoft.Authorization 2022-04-01). Built-in roles are cached for an hour,
// because the bot checks one key three times per request, and Azure limits the bot's reads in total. Custom roles and role
// assignments are read at each check: docs/decisions/0049.

/** Cache time of built-in roles. Only Microsoft changes them, mostly to add a new service's actions. */
const cacheMs = 3_600_000;

/** Azure's code for a role that was deleted after its assignment was read. */
const deleted = ['RoleDefinitionDoesNotExist'];

const Definition = z.object({ roleType: z.string().nullish(), permissions: z.array(Permission) });
type Definition = z.infer<typeof Definition>;

/**
 * Creates the reader of permissions by role id, a GUID; null: the bot can't read the role, or it was deleted. `now`:
 * milliseconds of a monotonic clock.
 */
export function roleDefinitions(connection: Connection, now: () => number = () => performance.now()) {
  const cache = new Map<string, { readonly permissions: readonly Permission[]; readonly until: number }>();

  const store = (id: string, { roleType, permissions }: Definition): readonly Permission[] => {
    if (roleType === 'BuiltInRole') cache.set(id, { permissions, until: now() + cacheMs });
    return permissions;
  };

  async function readOne(vault: ObservedVault, id: string): Promise<Outcome<readonly Permission[] | null>> {
    const known = cache.get(id);
    if (known !== undefined && now() < known.until) return done(known.permissions);
    const found = await connection.on(
      vaultKind,
      vault.id,
      `reading what role ${id} allows`,
      async (clients, { subscriptionId }) => {
        const pending = clients.authorization(subscriptionId).roleDefinitions.get(vault.id.slice(1), id);
        return Definition.nullable().parse((await clients.nullOn(deleted, pending)) ?? null);
      },
      brief,
    );
    if (found.ok) return done(found.value === null ? null : store(id, found.value));
    return nullIfForbidden(found);
  }

  return async (vault: ObservedVault, ids: readonly string[]) => {
    const roles = new Map<string, readonly Permission[] | null>();
    for (const { id, role } of await inParallel(ids, async (id) => ({ id, role: await readOne(vault, id) }))) {
      if (!role.ok) return role;
      roles.set(id, role.value);
    }
    return done(roles);
  };
}
