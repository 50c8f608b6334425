import type { Caller } from '../identity/tokens.ts';
import type { World } from '../world.ts';
import type { Incoming } from './incoming.ts';
import { armRefusal, type Refusal, type Reply } from './reply.ts';

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
  /** `{name}` is one path segment, `{*name}` any number of them, or none. Case doesn't matter, as in ARM. */
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

/**
 * Returns a maker of routes to Azure Resource Manager. Each needs the action `type/verb`; a null verb: every caller of the
 * tenant can call it.
 */
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

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

const compile = (pattern: string): RegExp => {
  const source = pattern
    .split('/')
    .slice(1)
    .map((segment) => {
      const many = /^\{\*(\w+)\}$/.exec(segment);
      if (many !== null) return `(?:/(?<${many[1]}>.*?))?`;
      const one = /^\{(\w+)\}$/.exec(segment);
      return one === null ? `/${segment.replace(/[.$]/g, '\\$&')}` : `/(?<${one[1]}>[^/]+)`;
    })
    .join('');
  return new RegExp(`^${source}$`, 'i');
};

export class Router {
  readonly routes: readonly Route[];
  private readonly compiled: readonly { readonly route: Route; readonly shape: RegExp }[];

  constructor(routes: readonly Route[]) {
    this.routes = routes;
    this.compiled = routes.map((route) => ({ route, shape: compile(route.pattern) }));
  }

  /** Returns the first route for the method and path, or null. */
  find(method: string, path: string): Match | null {
    for (const { route, shape } of this.compiled) {
      const found = route.method === method ? shape.exec(path) : null;
      if (found !== null) return { route, params: decodeAll(found.groups ?? {}) };
    }
    return null;
  }
}

const decodeAll = (groups: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decode(value ?? '')]));

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** Returns a parameter that the pattern is known to have. */
export const param = (call: Call, name: string): string => {
  const value = call.params[name];
  if (value === undefined) throw new Error(`the route has no parameter ${name}`);
  return value;
};

/**
 * Refuses what isn't simulated.
 * It must not claim that something doesn't exist. The code is the simulator's own, so that clients don't take it for
 * Azure's.
 */
export const notSimulated = ({ method, path }: Incoming): Refusal =>
  armRefusal(501, 'NotSimulated', `The Azure simulator doesn’t simulate ${method} ${path}. Azure might serve it.`);
