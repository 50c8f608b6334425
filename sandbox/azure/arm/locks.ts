/** Locks: what they block, and their routes. */

import { z } from 'zod';
import { Refusal } from '../../http.ts';
import type { Route } from '../http.ts';
import { parseBody } from '../incoming.ts';
import type { ManagementLock, SimulatorState } from '../state/schema.ts';
import { lockVersions } from './api-versions.ts';
import { extensionRoutes } from './extensions.ts';
import { within } from './ids.ts';

const WrittenLock = z.object({
  properties: z.object({ level: z.enum(['CanNotDelete', 'ReadOnly']), notes: z.string().max(512).nullish() }),
});

export const lockRoutes: readonly Route[] = extensionRoutes<ManagementLock>({
  type: 'locks',
  versions: lockVersions,
  listIn: (state) => state.locks,
  read: ({ incoming }, place) => {
    const { level, notes } = parseBody(WrittenLock, incoming.body).properties;
    return { ...place, level, notes: notes ?? '' };
  },
});

/** A read-only lock blocks writes at or below its scope; either kind of lock blocks deletes. Real text, from public reports. */
export const requireUnlocked = (state: SimulatorState, path: string, operation: 'write' | 'delete'): void => {
  const locks = state.locks.filter(
    (lock) => within(path, lock.scope) && (operation === 'delete' || lock.level === 'ReadOnly'),
  );
  if (locks.length === 0) return;
  const message = `The scope '${path}' cannot perform ${operation} operation because following scope(s) are locked: '${locks.map((lock) => lock.scope).join(',')}'. Please remove the lock and try again.`;
  throw Refusal.of(409, 'ScopeLocked', message);
};
