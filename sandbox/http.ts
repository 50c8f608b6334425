/** What both simulators share: answers, refusals and routes. */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/**
 * An answer to a client. A text, bytes or undefined are sent unchanged, anything else as JSON. `stream` takes over the
 * response, for example for an event stream.
 */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly stream?: (response: ServerResponse) => void;
}

export const reply = (status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers,
  body,
});

/** The error envelope of Azure Resource Manager, Microsoft Graph and the Bot Connector. */
export const errorBody = (code: string, message: string, more: Readonly<Record<string, unknown>> = {}) => ({
  error: { code, message, ...more },
});

/** An error answer, thrown where the error is detected. */
export class Refusal extends Error {
  readonly reply: Reply;

  constructor(refused: Reply) {
    super(JSON.stringify(refused.body));
    this.reply = refused;
  }

  /** A refusal in the usual envelope. `more` are further members of the error. */
  static of(
    status: number,
    code: string,
    message: string,
    more: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ): Refusal {
    return new Refusal(reply(status, errorBody(code, message, more), headers));
  }
}

/** An answer as sent on the wire. */
export interface Sent {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly content: string | Buffer;
}

const contentOf = (body: unknown): string | Buffer =>
  typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);

export const toSend = ({ status, body, headers }: Reply): Sent => {
  const isEmpty = body === undefined || status === 204 || status === 304;
  const content = isEmpty ? '' : contentOf(body);
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
  return {
    status,
    headers: {
      ...(isEmpty ? {} : { 'content-type': type }),
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'x-ms-request-id': randomUUID(),
      'x-ms-correlation-request-id': randomUUID(),
      ...headers,
      'content-length': Buffer.byteLength(content),
    },
    content,
  };
};

export const send = (response: ServerResponse, { status, headers, content }: Sent): void => {
  response.writeHead(status, headers);
  response.end(content);
};

/** Returns a path without double and trailing slashes: real clients send both. */
export const plainPath = (path: string): string => path.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1');

/** `{name}` is one path segment, `{*name}` any number of them, or none. Case doesn't matter, as in ARM. */
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

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

export class Router<Route extends { readonly method: string; readonly pattern: string }> {
  readonly routes: readonly Route[];
  private readonly compiled: readonly { readonly route: Route; readonly shape: RegExp }[];

  constructor(routes: readonly Route[]) {
    this.routes = routes;
    this.compiled = routes.map((route) => ({ route, shape: compile(route.pattern) }));
  }

  /** Returns the first route for the method and path, with its percent-decoded parameters; or null. */
  find(method: string, path: string): { readonly route: Route; readonly params: Record<string, string> } | null {
    for (const { route, shape } of this.compiled) {
      const found = route.method === method ? shape.exec(path) : null;
      if (found === null) continue;
      const groups: Record<string, string | undefined> = found.groups ?? {};
      return {
        route,
        params: Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decode(value ?? '')])),
      };
    }
    return null;
  }

  /** Returns true if a route has this path, with any method. */
  knows(path: string): boolean {
    return this.compiled.some(({ shape }) => shape.test(path));
  }
}
