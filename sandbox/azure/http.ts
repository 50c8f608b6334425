/** Routes, and what every handler gets, as all of Azure's services answer them. */

import { Refusal, type Reply } from '../http.ts';
import { type InGroup, sameId } from './arm/ids.ts';
import type { Caller } from './identity/tokens.ts';
import type { Incoming } from './incoming.ts';
import type { World } from './world.ts';

/** Collects, while a request is served, what the request log needs: the permissions that were required and allowed. */
export class AccessTrace {
  /** The caller; null until known. */
  principalId: string | null = null;
  readonly actions = new Set<string>();
  /** On a vault that uses RBAC. */
  readonly dataActions = new Set<string>();
  /** Application permissions of Microsoft Graph. */
  readonly graphPermissions = new Set<string>();
}

/** Arguments of a handler. `params` are the pattern's names, percent-decoded. */
export interface Call {
  readonly incoming: Incoming;
  readonly params: Readonly<Record<string, string>>;
  readonly caller: Caller;
  readonly world: World;
  readonly now: Date;
  readonly trace: AccessTrace;
}

export interface Route {
  readonly method: string;
  readonly pattern: string;
  /** Audience of the required token; `open` needs none. */
  readonly audience: 'arm' | 'graph' | 'logs' | 'open';
  /** Accepted API versions; empty if the path carries the version. */
  readonly versions: readonly string[];
  /** The ARM action that the caller needs at the scope of the path; null if every caller of the tenant can call it. */
  readonly action: string | null;
  /** What is behind an answer that has only the shape of the real one. Missing: as in the real service. */
  readonly shapeOnly?: string;
  readonly handle: (call: Call) => Reply | Promise<Reply>;
}

/** Returns a maker of routes to ARM. Each needs the action `type/verb`; a null verb: every caller of the tenant can call it. */
export const armRoutes =
  (versions: readonly string[], type: string) =>
  (method: string, pattern: string, verb: string | null, handle: Route['handle']): Route => ({
    method,
    pattern,
    audience: 'arm',
    versions,
    action: verb === null ? null : `${type}/${verb}`,
    handle,
  });

/** Returns a parameter that the pattern is known to have. */
export const param = (call: Call, name: string): string => {
  const value = call.params[name];
  if (value === undefined) throw new Error(`the route has no parameter ${name}`);
  return value;
};

/** Returns place and name of the resource that a path names. */
export const placeOf = (call: Call): InGroup => ({
  subscriptionId: param(call, 'sub'),
  resourceGroup: param(call, 'group'),
  name: param(call, 'name'),
});

/** Returns the resources in the subscription, or in the resource group, that a path names. */
export const listedIn = <T extends InGroup>({ params: { sub = '', group } }: Call, all: readonly T[]): readonly T[] =>
  all.filter((one) => sameId(one.subscriptionId, sub) && (group === undefined || sameId(one.resourceGroup, group)));

/** Refuses what isn't simulated, with a code of the simulator's own: it might exist in Azure. */
export const notSimulated = ({ method, path }: Incoming): Refusal =>
  Refusal.of(501, 'NotSimulated', `The Azure simulator doesn’t simulate ${method} ${path}. Azure might serve it.`);
