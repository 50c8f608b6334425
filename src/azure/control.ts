/**
 * Reads who has control over a key: all role assignments that apply to it, by the permissions of each role, and the vault's
 * access policies if it uses them (Microsoft.Authorization 2022-04-01, Microsoft.KeyVault). A bounded number of reads in
 * parallel.
 */

import { z } from 'zod';
import { type Controller, type ObservedControl, type Power, powers, type Unseen } from '../domain/control.ts';
import { allInOrder, catchFailure, done, nullIfForbidden, valueOrThrow } from '../domain/failure.ts';
import type { KeyName } from '../domain/ids.ts';
import type { ObservedVault } from '../domain/observed.ts';
import type { Control } from '../domain/ports/azure.ts';
import { brief } from './azure-clients.ts';
import type { Connection } from './connection.ts';
import { type Principal, resolveNames } from './directory.ts';
import {
  accessPoliciesOf,
  assignmentsFor,
  holderType,
  maxAssignments,
  type RoleAssignment,
  roleIdOf,
  scopeCovers,
} from './grants.ts';
import { inParallel } from './limits.ts';
import { maybeAllowedBy, Permission } from './permissions.ts';
import { vaultKind } from './resource-ids.ts';

// Derives the powers over a key, beyond using it, from roles and access policies. Names are those of Azure's list of
// provider operations (Microsoft.KeyVault, Microsoft.Authorization, Microsoft.Resources) and of Key Vault's key
// permissions.

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

/**
 * Creates the reader of permissions by role id, a GUID; null: the bot can't read the role, or it was deleted. Throws an
 * `AzureFailure`. `now`: milliseconds of a monotonic clock.
 */
export function roleDefinitions(connection: Connection, now: () => number = () => performance.now()) {
  const cache = new Map<string, { readonly permissions: readonly Permission[]; readonly until: number }>();

  async function readOne(vault: ObservedVault, id: string): Promise<readonly Permission[] | null> {
    const known = cache.get(id);
    if (known !== undefined && now() < known.until) return known.permissions;
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
    const role = valueOrThrow(nullIfForbidden(found));
    if (role?.roleType === 'BuiltInRole') cache.set(id, { permissions: role.permissions, until: now() + cacheMs });
    return role?.permissions ?? null;
  }

  return async (vault: ObservedVault, ids: readonly string[]) =>
    new Map(await inParallel(ids, async (id) => [id, await readOne(vault, id)] as const));
}

const maxRoles = 100;

/** Returns all role assignments at the key's scope or above; null: not readable, or too many. */
async function assignmentsAt(connection: Connection, vault: ObservedVault, keyName: KeyName) {
  const scope = `${vault.id}/keys/${keyName}`;
  const read = await connection.on(
    vaultKind,
    vault.id,
    `reading who controls key ${keyName} in ${vault.name}`,
    async (clients) => {
      const found: RoleAssignment[] = [];
      for await (const assignment of assignmentsFor(clients, scope, 'atScope()')) {
        if (found.length === maxAssignments) return null;
        if (scopeCovers(assignment.scope, scope)) found.push(assignment);
      }
      return found;
    },
    brief,
  );
  return valueOrThrow(nullIfForbidden(read));
}

type Found = Map<string, { type: Principal['type']; can: Power[] }>;

function add(found: Found, id: string, type: Principal['type'], can: readonly Power[]): void {
  if (can.length === 0) return;
  const known = found.get(id.toLowerCase());
  const kind = known === undefined || known.type === 'unknown' ? type : known.type;
  found.set(id.toLowerCase(), { type: kind, can: union(known?.can ?? [], can) });
}

interface Sources {
  readonly connection: Connection;
  readonly readRoles: ReturnType<typeof roleDefinitions>;
}

async function addByRole(
  { connection, readRoles }: Sources,
  vault: ObservedVault,
  keyName: KeyName,
  found: Found,
): Promise<Unseen[]> {
  const assignments = await assignmentsAt(connection, vault, keyName);
  if (assignments === null) return ['role-assignments'];
  const ids = [...new Set(assignments.map(roleIdOf))];
  const roles = await readRoles(vault, ids.slice(0, maxRoles));
  for (const one of assignments) {
    add(found, one.principalId, holderType(one), powersOfRole(roles.get(roleIdOf(one)) ?? [], vault.access));
  }
  return ids.some((id) => (roles.get(id) ?? null) === null) ? ['roles'] : [];
}

/** Adds the controllers by access policy. A policy for an application acting for a user counts as the user's. */
async function addByPolicy(connection: Connection, vault: ObservedVault, found: Found): Promise<void> {
  const policies = await connection.on(
    vaultKind,
    vault.id,
    `reading the access policies of ${vault.name}`,
    (clients) => accessPoliciesOf(clients, vault),
    brief,
  );
  for (const { objectId, keys } of valueOrThrow(policies)) add(found, objectId, 'unknown', powersOfPolicy(keys));
}

async function controllersOf(
  sources: Sources,
  vault: ObservedVault,
  keyName: KeyName,
): Promise<Pick<ObservedControl, 'controllers' | 'unseen'>> {
  const found: Found = new Map();
  const [unseen] = await allInOrder([
    addByRole(sources, vault, keyName, found),
    vault.access === 'access-policies' && addByPolicy(sources.connection, vault, found),
  ]);
  const resolved = await resolveNames(
    sources.connection,
    [...found].map(([id, { type }]) => ({ id, type })),
  );
  const controllers = resolved.principals.map((one): Controller => ({ ...one, can: found.get(one.id)?.can ?? [] }));
  return {
    controllers: controllers.sort((a, b) => (a.id < b.id ? -1 : 1)),
    unseen: [...unseen, ...(resolved.complete ? [] : (['names'] as const))],
  };
}

const Subscription = z.object({ displayName: z.string().nullish() });

/** Time to cache a subscription's name, or that the bot can't read it. Names are for display only. */
const nameMs = 3_600_000;

export function armControl(connection: Connection): Control {
  const sources = { connection, readRoles: roleDefinitions(connection) };
  /** By subscription. Bounded by the configured subscriptions. */
  const names = new Map<string, { readonly name: string | null; readonly until: number }>();
  return {
    of: (vault, keyName) => catchFailure(() => controllersOf(sources, vault, keyName)),
    async subscriptionName(id) {
      const known = names.get(id);
      if (known !== undefined && performance.now() < known.until) return done(known.name);
      const path = `/subscriptions/${encodeURIComponent(id)}?api-version=2022-12-01`;
      const doing = `reading what subscription ${id} is called`;
      const read = await connection.call(
        doing,
        async (clients) => Subscription.parse(await clients.plain.read(path)),
        brief,
      );
      const seen = nullIfForbidden(read);
      if (!seen.ok) return seen;
      const name = seen.value?.displayName ?? null;
      names.set(id, { name, until: performance.now() + nameMs });
      return done(name);
    },
  };
}
