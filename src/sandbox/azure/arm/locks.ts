import { z } from 'zod';
import { parseBody } from '../http/incoming.ts';
import { pageOfBodies } from '../http/pages.ts';
import { type Reply, reply } from '../http/reply.ts';
import { armRoutes, type Call, param, type Route } from '../http/router.ts';
import type { ManagementLock } from '../state/schema.ts';
import { lockVersions } from './api-versions.ts';
import { within } from './ids.ts';
import { namedHere, scopeOfCall } from './rbac.ts';

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

const found = (call: Call): ManagementLock | undefined => namedHere(call, call.world.state.locks);

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

const route = armRoutes(lockVersions, 'Microsoft.Authorization/locks');
const all = '/{*scope}/providers/Microsoft.Authorization/locks';

export const lockRoutes: readonly Route[] = [
  route('GET', all, 'read', listLocks),
  route('PUT', `${all}/{name}`, 'write', putLock),
  route('DELETE', `${all}/{name}`, 'delete', deleteLock),
];
