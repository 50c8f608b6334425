/**
 * What may stand in the way of a write, as ARM tells it: locks (Microsoft.Authorization 2020-05-01) and the caller's own
 * permissions (2022-04-01). Asked for by the resource's id: for a resource without a parent `@azure/arm-authorization` 9 puts
 * two slashes into the address, and it has no locks.
 */
import { z } from 'zod';
import { armIdParts } from '../domain/ids.ts';
import type { Guards, Lock } from '../domain/ports/azure.ts';
import type { Connection } from './connection.ts';
import { scopeCovers } from './grants.ts';
import type { AzureClients } from './line.ts';
import { allowedBy, permissionsAt } from './permissions.ts';
import { resourceKindOf } from './resource-ids.ts';

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
