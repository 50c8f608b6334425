/**
 * What could block a write: locks (Microsoft.Authorization 2020-05-01) and the caller's own permissions (2022-04-01). Requested
 * by the resource's id without an SDK client: for a resource without a parent, `@azure/arm-authorization` 9 puts two slashes in
 * the address, and it has no locks.
 */
import { z } from 'zod';
import { armIdParts } from '../../domain/ids.ts';
import type { Guards, Lock } from '../../domain/ports/azure.ts';
import { brief, type Connection } from '../connection/connection.ts';
import { allowedBy, permissionsAt } from './permissions.ts';
import { resourceKindOf } from './resource-ids.ts';
import { scopeCovers } from './role-assignments.ts';

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
