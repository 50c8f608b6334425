import type { Caller } from '../identity/tokens.ts';
import type { World } from '../world.ts';
import type { Incoming } from './incoming.ts';
import { armRefusal, type Refusal, type Reply } from './reply.ts';
import type { Witness } from './witness.ts';

/** What a handler gets. `params` are the pattern's names, percent-decoded. */
export interface Call {
  readonly incoming: Incoming;
  readonly params: Readonly<Record<string, string>>;
  readonly caller: Caller;
  readonly world: World;
  readonly now: Date;
  readonly witness: Witness;
}

export interface Route {
  readonly method: string;
  /** `{name}` is one path segment, `{*name}` any number of them (also none). Case does not matter, as in ARM. */
  readonly pattern: string;
  /** Whose token is needed; `open` needs none. */
  readonly audience: 'arm' | 'graph' | 'logs' | 'open';
  /** The api-versions served; empty where the path carries the version. */
  readonly versions: readonly string[];
  /** The ARM action the caller must hold at the scope of the path; null where any caller of the tenant may. */
  readonly action: string | null;
  /** What there is behind the answer where it is no more than the real one's shape; missing: as in the real service. */
  readonly shapeOnly?: string;
  readonly handle: (call: Call) => Reply | Promise<Reply>;
}

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

  /** The first route for the method and path; null when there is none. */
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

/** A parameter the pattern is known to have. */
export const param = (call: Call, name: string): string => {
  const value = call.params[name];
  if (value === undefined) throw new Error(`the route has no parameter ${name}`);
  return value;
};

/**
 * Of what is not built here nothing is known: no answer of the real service, least of all that something does not exist. The
 * code is this program's own, so that no client takes it for Azure's.
 */
export const notSimulated = ({ method, path }: Incoming): Refusal =>
  armRefusal(
    501,
    'NotSimulated',
    `The local Azure does not simulate ${method} ${path}; the real one may well serve it.`,
  );
