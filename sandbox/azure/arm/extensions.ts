/** Resources that are set on a scope, such as locks: what is the same for all of them. */

import { type Refusal, reply } from '../../http.ts';
import { armRoutes, type Call, param, type Route } from '../http.ts';
import { type FilterPart, pageOf, readFilter } from '../lists.ts';
import type { SimulatorState } from '../state/schema.ts';
import { atOrNear, atScope, namedHere, scopeOfCall } from './authorization.ts';

export interface AtScope {
  readonly name: string;
  readonly scope: string;
}

/** A type of resource that is set on a scope, under a name. */
interface Extension<T extends AtScope> {
  readonly type: string;
  readonly versions: readonly string[];
  readonly listIn: (state: SimulatorState) => T[];
  /** Missing: with all that it has. */
  readonly bodyOf?: (one: T) => { readonly id: string };
  /** Reads what is to be written. */
  readonly read: (call: Call, place: AtScope) => T;
  /** Azure answers each write with 201. */
  readonly alwaysCreates?: true;
  /** Azure answers a delete with what was deleted. */
  readonly showsDeleted?: true;
  /** Other filters of lists than the scope. */
  readonly filters?: (call: Call) => readonly FilterPart<T>[];
  /** The refusal if there is none with this name. Missing: single ones can't be read here. */
  readonly notFound?: (name: string) => Refusal;
}

/** Routes that list, write and delete resources of this type. */
export function extensionRoutes<T extends AtScope>(extension: Extension<T>): readonly Route[] {
  const { type, versions, read, filters = () => [], notFound } = extension;
  const all = `/{*scope}/providers/Microsoft.Authorization/${type}`;
  const plainBody = ({ name, scope, ...properties }: T) => ({
    id: `${scope}/providers/Microsoft.Authorization/${type}/${name}`,
    name,
    type: `Microsoft.Authorization/${type}`,
    properties,
  });
  const bodyOf: (one: T) => { readonly id: string } = extension.bodyOf ?? plainBody;
  const route = armRoutes(versions, `Microsoft.Authorization/${type}`);
  const listOf = ({ world }: Call): T[] => extension.listIn(world.state);
  const remove = (call: Call): T | undefined => {
    const there = namedHere(call, listOf(call));
    if (there !== undefined) listOf(call).splice(listOf(call).indexOf(there), 1);
    return there;
  };
  return [
    route('GET', all, 'read', (call) => {
      const found = atOrNear(call, listOf(call)).filter(readFilter(call, [atScope(call), ...filters(call)]));
      return reply(200, pageOf(call, found.map(bodyOf)));
    }),
    ...(notFound === undefined
      ? []
      : [
          route('GET', `${all}/{name}`, 'read', (call) => {
            const found = namedHere(call, listOf(call));
            if (found === undefined) throw notFound(param(call, 'name'));
            return reply(200, bodyOf(found));
          }),
        ]),
    route('PUT', `${all}/{name}`, 'write', (call) => {
      const written = read(call, { name: param(call, 'name'), scope: scopeOfCall(call) });
      const isNew = remove(call) === undefined;
      listOf(call).push(written);
      return reply(isNew || extension.alwaysCreates ? 201 : 200, bodyOf(written));
    }),
    route('DELETE', `${all}/{name}`, 'delete', (call) => {
      const removed = remove(call);
      if (removed === undefined) return reply(204);
      return reply(200, extension.showsDeleted ? bodyOf(removed) : undefined);
    }),
  ];
}
