/**
 * What roles allow, as Azure Resource Manager has it (Microsoft.Authorization 2022-04-01). Built-in roles are remembered for an hour,
 * because the bot checks one key three times in a request, and Azure counts reads for the bot as a whole. Custom roles and who has
 * which role are read at each check: docs/decisions/0049.
 */
import { z } from 'zod';
import { done, isPermissionRefusal, type Outcome } from '../domain/failure.ts';
import type { ObservedVault } from '../domain/observed.ts';
import { inBatches } from './batches.ts';
import type { Connection } from './connection.ts';
import { Permission } from './permissions.ts';
import { vaultKind } from './resource-ids.ts';

/** Only Microsoft changes a built-in role, mostly to add a new service's actions. */
const rememberMs = 3_600_000;

/** What Azure says of a role that was deleted after its assignment was read. */
const deleted = ['RoleDefinitionDoesNotExist'];

const Definition = z.object({ roleType: z.string().nullish(), permissions: z.array(Permission) });
type Definition = z.infer<typeof Definition>;

export interface RoleDefinitions {
  /** By id, a GUID; null for one that the bot lacks the permission to read, or that is deleted meanwhile. */
  read(
    vault: ObservedVault,
    ids: readonly string[],
  ): Promise<Outcome<ReadonlyMap<string, readonly Permission[] | null>>>;
}

/** `now` in milliseconds, of a clock that is never set back. */
export function roleDefinitions(connection: Connection, now: () => number = () => performance.now()): RoleDefinitions {
  const remembered = new Map<string, { readonly permissions: readonly Permission[]; readonly until: number }>();

  const remember = (id: string, { roleType, permissions }: Definition): readonly Permission[] => {
    if (roleType === 'BuiltInRole') remembered.set(id, { permissions, until: now() + rememberMs });
    return permissions;
  };

  async function readOne(vault: ObservedVault, id: string): Promise<Outcome<readonly Permission[] | null>> {
    const known = remembered.get(id);
    if (known !== undefined && now() < known.until) return done(known.permissions);
    const found = await connection.on(
      vaultKind,
      vault.id,
      `reading what role ${id} allows`,
      async (line, { subscriptionId }) => {
        const asked = line.authorization(subscriptionId).roleDefinitions.get(vault.id.slice(1), id);
        return Definition.nullable().parse((await line.unless(deleted, asked)) ?? null);
      },
      { brief: true },
    );
    if (found.ok) return done(found.value === null ? null : remember(id, found.value));
    return isPermissionRefusal(found.failure) ? done(null) : found;
  }

  return {
    async read(vault, ids) {
      const roles = new Map<string, readonly Permission[] | null>();
      for (const { id, role } of await inBatches(ids, async (id) => ({ id, role: await readOne(vault, id) }))) {
        if (!role.ok) return role;
        roles.set(id, role.value);
      }
      return done(roles);
    },
  };
}
