import { z } from 'zod';
import { parseBody } from '../http/incoming.ts';
import { pageOfBodies } from '../http/pages.ts';
import { type Reply, reply } from '../http/reply.ts';
import { type Call, param, type Route } from '../http/router.ts';
import type { ManagementLock } from '../state/schema.ts';
import { lockVersions } from './api-versions.ts';
import { sameId, within } from './ids.ts';

const scopeOfCall = (call: Call): string => `/${param(call, 'scope')}`;

const lockBody = (lock: ManagementLock) => ({
  id: `${lock.scope}/providers/Microsoft.Authorization/locks/${lock.name}`,
  name: lock.name,
  type: 'Microsoft.Authorization/locks',
  properties: { level: lock.level, notes: lock.notes },
});

/** Lists locks at the scope, inherited from above it and, without `atScope()`, below it. */
const listLocks = (call: Call): Reply => {
  const scope = scopeOfCall(call);
  const only = /^\s*atScope\(\)\s*$/i.test(call.incoming.query.get('$filter') ?? '');
  const listed = call.world.state.locks.filter(
    (lock) => within(scope, lock.scope) || (!only && within(lock.scope, scope)),
  );
  return reply(200, pageOfBodies(call, listed.map(lockBody)));
};

const found = (call: Call): ManagementLock | undefined =>
  call.world.state.locks.find(
    (lock) => sameId(lock.name, param(call, 'name')) && sameId(lock.scope, scopeOfCall(call)),
  );

const Written = z.object({
  properties: z.object({ level: z.enum(['CanNotDelete', 'ReadOnly']), notes: z.string().max(512).nullish() }),
});

/** Answers 201 for a new lock, and 200 for a changed one. */
const putLock = (call: Call): Reply => {
  const { state } = call.world;
  const { level, notes } = parseBody(Written, call.incoming.body).properties;
  const before = found(call);
  const lock = { name: param(call, 'name'), scope: scopeOfCall(call), level, notes: notes ?? '' };
  state.locks = [...state.locks.filter((one) => one !== before), lock];
  return reply(before === undefined ? 201 : 200, lockBody(lock));
};

const deleteLock = (call: Call): Reply => {
  const lock = found(call);
  if (lock === undefined) return reply(204);
  call.world.state.locks = call.world.state.locks.filter((one) => one !== lock);
  return reply(200);
};

const route = (method: string, tail: string, verb: string, handle: Route['handle']): Route => ({
  method,
  pattern: `/{*scope}/providers/Microsoft.Authorization/locks${tail}`,
  audience: 'arm',
  versions: lockVersions,
  action: `Microsoft.Authorization/locks/${verb}`,
  handle,
});

export const lockRoutes: readonly Route[] = [
  route('GET', '', 'read', listLocks),
  route('PUT', '/{name}', 'write', putLock),
  route('DELETE', '/{name}', 'delete', deleteLock),
];
