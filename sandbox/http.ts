/** What both simulators share: loopback servers and calls, answers, and faults. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { z } from 'zod';

/** An answer. A text, bytes or undefined are sent unchanged, anything else as JSON. `stream` takes over the response. */
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

/** Returns a text that isn't JSON unchanged, and undefined for an empty one. */
export function readJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

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

/** Runs a simulator as its own process: prints its address when it listens, ends on SIGTERM or SIGINT. */
export async function runAlone(
  name: string,
  start: () => Promise<{ readonly url: string; readonly stop: () => Promise<void> }>,
): Promise<void> {
  try {
    const { url, stop } = await start();
    console.log(`${name} ${url}`);
    const end = () => void stop().then(() => process.exit(0));
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, end);
  } catch (error) {
    const words = error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : error;
    console.error(`starting the ${name}:`, words);
    process.exit(1);
  }
}

type WebServer = Server & { closeAllConnections(): void };

export const close = (server: WebServer): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

const listenAt = async <S extends WebServer>(server: S, host: string, port: number): Promise<S> => {
  await once(server.listen(port, host), 'listening');
  return server;
};

const isInUse = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';

/** Listens on 127.0.0.1 and, if available, ::1; port 0 uses a free one. `inUse`: the error if the port is in use. */
export async function listen<S extends WebServer>(
  create: () => S,
  port: number,
  inUse: string,
): Promise<readonly [S, ...S[]]> {
  const refuse = (error: unknown): never => {
    throw isInUse(error) ? new Error(inUse) : error;
  };
  const first = await listenAt(create(), '127.0.0.1', port).catch(refuse);
  const { port: own } = first.address() as AddressInfo;
  try {
    return [first, await listenAt(create(), '::1', own)];
  } catch (error) {
    if (!isInUse(error)) return [first];
    await close(first);
    return port === 0 ? listen(create, 0, inUse) : refuse(error);
  }
}

/**
 * Refuses web pages of other sites; null: accepted.
 * The simulators trust their callers, so another site in a browser tab must not reach them: by a name that resolves to
 * loopback (Host), across sites (Origin), or by a form (JSON only). `hasPage`: the server has a page of its own.
 */
export function foreign(
  { method, headers }: Pick<IncomingMessage, 'method' | 'headers'>,
  hasPage: boolean,
): Refusal | null {
  const { host = '', origin, 'sec-fetch-site': site = 'none', 'sec-fetch-mode': mode } = headers;
  if (!/^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i.test(host))
    return Refusal.of(403, 'ForeignHost', 'This server answers on loopback names only.');
  const isOwn = hasPage
    ? (origin ?? `http://${host}`) === `http://${host}` && (site !== 'cross-site' || mode === 'navigate')
    : origin === undefined && site === 'none';
  if (!isOwn) return Refusal.of(403, 'ForeignOrigin', 'This server answers no page of another site.');
  const hasBody = method === 'POST' || method === 'PUT';
  if (!hasBody || /^application\/json *(;|$)/i.test(headers['content-type'] ?? '')) return null;
  return Refusal.of(415, 'UnsupportedMediaType', 'Send application/json.');
}

/** Reads a body. Null if it is longer. */
export async function readText(message: IncomingMessage, mostBytes: number): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    size += chunk.length;
    if (size > mostBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

interface Asked {
  readonly method: string;
  readonly body: string;
  readonly timeoutMs: number;
  /** Certificate authority of an https server. */
  readonly ca?: Buffer | undefined;
}

/** Sends JSON. Uses a new connection, so that a restarted server never meets a connection of its previous process. */
export function callServer(
  url: URL,
  { method, body, timeoutMs, ca }: Asked,
): Promise<{ readonly status: number; readonly text: string }> {
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const signal = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve, reject) => {
    const sent = start(
      url,
      { method, headers, agent: false, signal, ...(ca === undefined ? {} : { ca }) },
      (answer) => {
        readText(answer, Number.POSITIVE_INFINITY).then(
          (text) => resolve({ status: answer.statusCode ?? 500, text: text ?? '' }),
          reject,
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

const isExpression = (source: string): boolean => {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch {
    return false;
  }
};

export const matchFields = {
  method: z.string().optional(),
  /** A regular expression for the whole URL or its path. */
  url: z.string().refine(isExpression, 'not a regular expression').optional(),
};

export const faultFields = {
  /** For removal. Another fault with the same ID replaces it. A fault without ID gets one. */
  id: z.string().min(1).max(100).optional(),
  /** The number of requests that it affects. Without it: all, until it is removed. */
  times: z.number().int().positive().optional(),
  respond: z
    .strictObject({
      status: z.number().int().min(100).max(599),
      headers: z.record(z.string(), z.string()).optional(),
      body: z.unknown().optional(),
    })
    .optional(),
  delayMs: z.number().int().nonnegative().optional(),
};

const Match = z.object(matchFields);

/** Returns true if method and URL match. */
export function matchesCall({ method, url }: z.infer<typeof Match>, call: { method: string; url: string }): boolean {
  if (method !== undefined && method.toUpperCase() !== call.method) return false;
  const shape = new RegExp(url ?? '', 'i');
  return [call.url, call.url.replace(/^https?:\/\/[^/]+/, '')].some((text) => shape.test(text));
}

/** Requests delayed by faults. Each continues after its delay, or when all faults are removed. */
export class Delays {
  private readonly waiting = new Set<() => void>();

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const release = (): void => {
        clearTimeout(timer);
        this.waiting.delete(release);
        resolve();
      };
      const timer = setTimeout(release, ms);
      this.waiting.add(release);
    });
  }

  end(): void {
    for (const release of Array.from(this.waiting)) release();
  }
}
