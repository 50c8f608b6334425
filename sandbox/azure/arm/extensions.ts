import { z } from 'zod';
import { reply } from '../../http.ts';
import { parseBody } from '../http/incoming.ts';
import { pageOf, readFilter } from '../http/lists.ts';
import { armRoutes, type Call, param, type Route } from '../http/router.ts';
import type { ManagementLock, SimulatorState } from '../state/schema.ts';
import { lockVersions } from './api-versions.ts';
import { atOrNear, atScope, namedHere, scopeOfCall } from './rbac.ts';

interface AtScope {
  readonly name: string;
  readonly scope: string;
}

/** A type of resource that is set on a scope, under a name. */
interface Extension<T extends AtScope> {
  readonly type: string;
  readonly versions: readonly string[];
  readonly listIn: (state: SimulatorState) => T[];
  readonly bodyOf: (one: T) => { readonly id: string };
  /** Reads what is to be written. */
  readonly read: (call: Call, place: AtScope) => T;
  /** Azure answers each write with 201, and a delete with what was deleted. */
  readonly alwaysCreates?: true;
}

/** Routes that list, write and delete resources of this type. */
export function extensionRoutes<T extends AtScope>(extension: Extension<T>): readonly Route[] {
  const { type, versions, bodyOf, read, alwaysCreates = false } = extension;
  const route = armRoutes(versions, `Microsoft.Authorization/${type}`);
  const all = `/{*scope}/providers/Microsoft.Authorization/${type}`;
  const listOf = ({ world }: Call): T[] => extension.listIn(world.state);
  const remove = (call: Call): T | undefined => {
    const there = namedHere(call, listOf(call));
    if (there !== undefined) listOf(call).splice(listOf(call).indexOf(there), 1);
    return there;
  };
  return [
    route('GET', all, 'read', (call) => {
      const found = atOrNear(call, listOf(call)).filter(readFilter(call, [atScope(call)]));
      return reply(200, pageOf(call, found.map(bodyOf)));
    }),
    route('PUT', `${all}/{name}`, 'write', (call) => {
      const written = read(call, { name: param(call, 'name'), scope: scopeOfCall(call) });
      const isNew = remove(call) === undefined;
      listOf(call).push(written);
      return reply(isNew || alwaysCreates ? 201 : 200, bodyOf(written));
    }),
    route('DELETE', `${all}/{name}`, 'delete', (call) => {
      const removed = remove(call);
      if (removed === undefined) return reply(204);
      return reply(200, alwaysCreates ? bodyOf(removed) : undefined);
    }),
  ];
}

const WrittenLock = z.object({
  properties: z.object({ level: z.enum(['CanNotDelete', 'ReadOnly']), notes: z.string().max(512).nullish() }),
});

export const lockRoutes: readonly Route[] = extensionRoutes<ManagementLock>({
  type: 'locks',
  versions: lockVersions,
  listIn: (state) => state.locks,
  bodyOf: ({ name, scope, ...properties }) => ({
    id: `${scope}/providers/Microsoft.Authorization/locks/${name}`,
    name,
    type: 'Microsoft.Authorization/locks',
    properties,
  }),
  read: ({ incoming }, place) => {
    const { level, notes } = parseBody(WrittenLock, incoming.body).properties;
    return { ...place, level, notes: notes ?? '' };
  },
});
