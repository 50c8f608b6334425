/** Reads the caller's permissions at a scope (Microsoft.Authorization permissions 2022-04-01). */
import { z } from 'zod';
import { armIdParts } from '../domain/ids.ts';
import { fits } from '../domain/policy/rules.ts';
import type { Guards, Lock } from '../domain/ports/azure.ts';
import { type AzureClients, brief } from './azure-clients.ts';
import type { Connection } from './connection.ts';
import { scopeCovers } from './grants.ts';
import { resourceKindOf } from './resource-ids.ts';

const patterns = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);

/** Permissions of one role. One role's exceptions don't restrict another role. */
export const Permission = z.object({
  actions: patterns,
  notActions: patterns,
  dataActions: patterns,
  notDataActions: patterns,
});
export type Permission = z.infer<typeof Permission>;

/** Reads the permissions at a scope. The list excludes conditions on role assignments and deny assignments. */
export const permissionsAt = (clients: AzureClients, scope: string): Promise<readonly Permission[]> =>
  clients.plain.listAll(`${scope}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01`, Permission);

/** Matches a pattern. `*` is any text including slashes; case doesn't matter. */
const fitsAsWritten = (pattern: string, action: string): boolean => fits(pattern.toLowerCase(), action.toLowerCase());

/**
 * Matches a pattern as Azure seems to: a star between two slashes can also match nothing, so that one slash is left.
 * Microsoft's page on wildcards doesn't say so, but only then do built-in roles allow what Microsoft documents: Key Vault
 * Reader reads vaults by `vaults/…/read` with a star in the middle, and Managed Identity Operator has `assign/action` in the
 * same way alone.
 */
const fitsInAzure = (pattern: string, action: string): boolean =>
  fitsAsWritten(pattern, action) || fitsAsWritten(pattern.replaceAll('/*/', '/'), action);

const matchers = (fitsException: typeof fitsInAzure) => (permissions: readonly Permission[]) => {
  const allowed = (grants: 'actions' | 'dataActions', exceptions: 'notActions' | 'notDataActions') => (name: string) =>
    permissions.some(
      (one) =>
        one[grants].some((pattern) => fitsInAzure(pattern, name)) &&
        !one[exceptions].some((pattern) => fitsException(pattern, name)),
    );
  return { action: allowed('actions', 'notActions'), dataAction: allowed('dataActions', 'notDataActions') };
};

/** Returns whether the roles together allow an action or a data action, as Azure seems to read wildcards. */
export const allowedBy = matchers(fitsInAzure);

/** Returns whether they might allow it by any reading of wildcards. For other identities' powers. */
export const maybeAllowedBy = matchers(fitsAsWritten);

// What could block a write: locks (Microsoft.Authorization 2020-05-01) and the caller's own permissions (2022-04-01). Requested
// by the resource's id without an SDK client: for a resource without a parent, `@azure/arm-authorization` 9 puts two slashes in
// the address, and it has no locks.

/** Only the fields in use. A lock's id is the id of what it locks and this suffix. */
const ArmLock = z.object({
  name: z.string(),
  id: z.string().regex(/\/providers\/Microsoft\.Authorization\/locks\/[^/]+$/i),
  properties: z.object({ level: z.enum(['ReadOnly', 'CanNotDelete']) }),
});

const levels = { ReadOnly: 'read-only', CanNotDelete: 'cannot-delete' } as const;

function lockOf({ name, id, properties }: z.infer<typeof ArmLock>): Lock {
  return { name, level: levels[properties.level], scope: id.split('/').slice(0, -4).join('/') };
}

export function armGuards(connection: Connection): Guards {
  const { kinds } = connection;
  return {
    locks: (id) =>
      connection.on(
        resourceKindOf(id, kinds),
        id,
        `reading the locks on ${armIdParts(id).name}`,
        async (clients) => {
          // Locks at or above the scope. Without the filter, also those below (`-AtScope` of Get-AzResourceLock).
          const path = `${id}/providers/Microsoft.Authorization/locks?api-version=2020-05-01&$filter=atScope()`;
          const locks = (await clients.plain.listAll(path, ArmLock)).map(lockOf);
          return locks.filter(({ scope }) => scopeCovers(scope, id));
        },
        brief,
      ),

    allowed: (id, { actions, dataActions }) =>
      connection.on(
        resourceKindOf(id, kinds),
        id,
        `reading what the bot can do with ${armIdParts(id).name}`,
        async (clients) => {
          const granted = allowedBy(await permissionsAt(clients, id));
          return {
            actions: Object.fromEntries(actions.map((action) => [action, granted.action(action)])),
            dataActions: Object.fromEntries(dataActions.map((action) => [action, granted.dataAction(action)])),
          };
        },
        { optional: true },
      ),
  };
}
