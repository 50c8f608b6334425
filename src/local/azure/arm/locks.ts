import { reply } from '../http/reply.ts';
import { type Call, param, type Route } from '../http/router.ts';
import { lockVersions } from './api-versions.ts';
import { within } from './ids.ts';

/** Locks at the scope, above it (they are inherited) and below it. */
const listLocks = (call: Call) => {
  const scope = `/${param(call, 'scope')}`;
  const value = call.world.state.locks
    .filter((lock) => within(scope, lock.scope) || within(lock.scope, scope))
    .map((lock) => ({
      id: `${lock.scope}/providers/Microsoft.Authorization/locks/${lock.name}`,
      name: lock.name,
      type: 'Microsoft.Authorization/locks',
      properties: { level: lock.level, notes: lock.notes },
    }));
  return reply(200, { value });
};

export const lockRoutes: readonly Route[] = [
  {
    method: 'GET',
    pattern: '/{*scope}/providers/Microsoft.Authorization/locks',
    audience: 'arm',
    versions: lockVersions,
    action: 'Microsoft.Authorization/locks/read',
    handle: listLocks,
  },
];
