/**
 * Role definitions from Azure Resource Manager (Microsoft.Authorization 2022-04-01). Built-in roles are cached for an hour,
 * because the bot checks one key three times per request, and Azure limits the bot's reads in total. Custom roles and role
 * assignments are read at each check: docs/decisions/0049.
 */
import { z } from 'zod';
import { nullIfForbidden, valueOrThrow } from '../../domain/failure.ts';
import type { ObservedVault } from '../../domain/observed.ts';
import { brief, type Connection } from '../connection/connection.ts';
import { inParallel } from '../connection/limits.ts';
import { Permission } from './permissions.ts';
import { vaultKind } from './resource-ids.ts';

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
