/** What the caller's own roles give it at a scope (Microsoft.Authorization permissions 2022-04-01). */
import { z } from 'zod';
import { armIdParts } from '../domain/ids.ts';
import { fits } from '../domain/policy/rules.ts';
import type { Guards, Lock } from '../domain/ports/azure.ts';
import type { Connection } from './connection.ts';
import { scopeCovers } from './grants.ts';
import type { AzureClients } from './line.ts';
import { resourceKindOf } from './resource-ids.ts';

const patterns = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);

/** What one role gives. One role's exceptions take nothing from another's. */
export const Permission = z.object({
  actions: patterns,
  notActions: patterns,
  dataActions: patterns,
  notDataActions: patterns,
});
export type Permission = z.infer<typeof Permission>;

/** Conditions on a role assignment and deny assignments are not in this list. */
export async function permissionsAt(line: AzureClients, scope: string): Promise<readonly Permission[]> {
  const found: Permission[] = [];
  const path = `${scope}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01`;
  for await (const item of line.plain.list(path)) found.push(Permission.parse(item));
  return found;
}

/** `*` stands for any text, slashes included; case does not matter. */
const fitsAsWritten = (pattern: string, action: string): boolean => fits(pattern.toLowerCase(), action.toLowerCase());

/**
 * A star between two slashes may stand for nothing, so that one slash is left. Microsoft's page on wildcards does not say so, but
 * only then do built-in roles give what Microsoft says of them: Key Vault Reader reads vaults by `vaults/…/read` with a star in
 * the middle, and Managed Identity Operator has `assign/action` in the same way alone.
 */
const fitsInAzure = (pattern: string, action: string): boolean =>
  fitsAsWritten(pattern, action) || fitsAsWritten(pattern.replaceAll('/*/', '/'), action);

type Fits = typeof fitsInAzure;

const allowed =
  (given: 'actions' | 'dataActions', taken: 'notActions' | 'notDataActions', gives: Fits, takes: Fits) =>
  (permissions: readonly Permission[]) =>
  (name: string): boolean =>
    permissions.some(
      (one) =>
        one[given].some((pattern) => gives(pattern, name)) && !one[taken].some((pattern) => takes(pattern, name)),
    );

const both = (gives: Fits, takes: Fits) => (permissions: readonly Permission[]) => ({
  action: allowed('actions', 'notActions', gives, takes)(permissions),
  dataAction: allowed('dataActions', 'notDataActions', gives, takes)(permissions),
});

/** Whether the roles together allow an action, or a data action, as Azure seems to read wildcards. */
export const allowedBy = both(fitsInAzure, fitsInAzure);

/** Whether they allow it by any reading of wildcards: for what others could do. */
export const maybeAllowedBy = both(fitsInAzure, fitsAsWritten);

// What may stand in the way of a write, as ARM tells it: locks (Microsoft.Authorization 2020-05-01) and the caller's own
// permissions (2022-04-01). Asked for by the resource's id: for a resource without a parent `@azure/arm-authorization` 9 puts
// two slashes into the address, and it has no locks.

/** Only what is used. A lock's own id is that of what it locks, and this behind it. */
const ArmLock = z.object({
  name: z.string(),
  id: z.string().regex(/\/providers\/Microsoft\.Authorization\/locks\/[^/]+$/i),
  properties: z.object({ level: z.enum(['ReadOnly', 'CanNotDelete']) }),
});

const levels = { ReadOnly: 'read-only', CanNotDelete: 'cannot-delete' } as const;

function lockOf(item: unknown): Lock {
  const { name, id, properties } = ArmLock.parse(item);
  return { name, level: levels[properties.level], scope: id.split('/').slice(0, -4).join('/') };
}

async function locksAt(line: AzureClients, id: string): Promise<readonly Lock[]> {
  const found: Lock[] = [];
  // Locks at or above the scope; without the filter also those below it (`-AtScope` of Get-AzResourceLock).
  const query = 'api-version=2020-05-01&$filter=atScope()';
  for await (const item of line.plain.list(`${id}/providers/Microsoft.Authorization/locks?${query}`)) {
    const lock = lockOf(item);
    if (scopeCovers(lock.scope, id)) found.push(lock);
  }
  return found;
}

/** A person may be waiting for a page. */
const brief = { brief: true };

/** Locks and permissions as ARM has them. */
export function armGuards(connection: Connection): Guards {
  const { kinds } = connection;
  return {
    locks: (id) =>
      connection.on(
        resourceKindOf(id, kinds),
        id,
        `reading the locks on ${armIdParts(id).name}`,
        (line) => locksAt(line, id),
        brief,
      ),

    allowed: (id, { actions, dataActions }) =>
      connection.on(
        resourceKindOf(id, kinds),
        id,
        `reading what the bot may do with ${armIdParts(id).name}`,
        async (line) => {
          const may = allowedBy(await permissionsAt(line, id));
          return {
            actions: Object.fromEntries(actions.map((action) => [action, may.action(action)])),
            dataActions: Object.fromEntries(dataActions.map((action) => [action, may.dataAction(action)])),
          };
        },
      ),
  };
}
