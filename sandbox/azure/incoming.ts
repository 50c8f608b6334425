/** Requests as they come in, and how their bodies are read. */

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { z } from 'zod';
import { plainPath, Refusal, readJson, readText } from '../http.ts';
import type { Fault } from './fault.ts';

/** One request, with its whole body. */
export interface Incoming {
  readonly method: string;
  /** The full URL as sent, with the port that it arrived at. */
  readonly sentUrl: string;
  /** Without double and trailing slashes: real clients send both. */
  readonly path: string;
  /** Names and values are decoded: `api%2Dversion` and `%24filter` are found too. */
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly host: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  /** JSON or form fields; undefined without a body, or if it isn't JSON. */
  readonly body: unknown;
  /** True if a fault treats the caller as one without permission. */
  readonly denied: boolean;
  /** True if a fault treats the caller's token as expired. */
  readonly expired: boolean;
  /** The fault that decides how an operation of this request ends. */
  readonly operationFault: Fault | null;
}

const largestBody = 32_000_000;

const readBody = (text: string, contentType: string): unknown => {
  if (text !== '' && contentType.startsWith('application/x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(text));
  const body = readJson(text);
  return typeof body === 'string' ? undefined : body;
};

/** Returns null if the body is too large. */
export const readIncoming = async (message: IncomingMessage): Promise<Incoming | null> => {
  const text = await readText(message, largestBody);
  if (text === null) return null;
  const localPort = message.socket.localPort ?? 0;
  const { method = 'GET', url = '/' } = message;
  const host = message.headers.host ?? `localhost:${localPort}`;
  const [path = '', ...query] = url.split('?');
  return {
    method,
    sentUrl: `https://${host}${url}`,
    path: plainPath(path),
    query: new URLSearchParams(query.join('?')),
    headers: message.headers,
    host,
    localPort,
    remoteAddress: (message.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, ''),
    body: readBody(text, message.headers['content-type'] ?? ''),
    denied: false,
    expired: false,
    operationFault: null,
  };
};

/** A list of names; missing or null: an empty one. */
export const Names = z
  .array(z.string())
  .nullish()
  .transform((names) => names ?? []);

/** Parses the body. Throws ARM's refusal if its shape is wrong (real code, with the field). */
export const parseBody = <T>(schema: z.ZodType<T>, body: unknown, code = 'InvalidRequestContent'): T => {
  if (body === undefined) {
    throw Refusal.of(
      400,
      code,
      'The request content was invalid and could not be deserialized: expected a JSON object.',
    );
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const message = `The request content was invalid: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`;
  throw Refusal.of(400, code, message);
};

/** POST requests that only read: Resource Graph, Microsoft Graph, logs, tokens, and operations with a key. */
const asking = [
  /\/providers\/Microsoft\.ResourceGraph\/resources$/i,
  /\/v1\.0\/users\/[^/]+\/check(Member|)(Groups|Objects)$/i,
  /^\/v1\/workspaces\/[^/]+\/query$/i,
  /\/oauth2\/v2\.0\/token$/i,
  /^\/keys\/.+\/(wrapkey|unwrapkey)$/i,
];

/** Returns true if the request itself doesn't change the state. Time and used-up faults can still change it. */
export const isReading = ({ method, path }: Pick<Incoming, 'method' | 'path'>): boolean =>
  method === 'GET' || method === 'HEAD' || (method === 'POST' && asking.some((one) => one.test(path)));
