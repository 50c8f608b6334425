import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import { readText } from '../loopback.ts';

/** An error answer, thrown where the error is detected. The body has the Connector's error shape. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface Request {
  readonly method: string;
  readonly url: URL;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** `stream` takes over the response, for example for an event stream. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly bytes?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly stream?: (response: ServerResponse) => void;
}

export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly handle: (request: Request) => Answer | Promise<Answer>;
}

/** Returns a route for a path such as `/v3/conversations/{id}/members`. Names in braces become parameters. */
export function route(method: string, path: string, handle: Route['handle']): Route {
  const source = path.replace(/[.]/g, '\\.').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  return { method, path: new RegExp(`^/*${source.slice(1)}/?$`), handle };
}

export const ok = (body: unknown): Answer => ({ status: 200, body });

/** Validates input. Throws a 400 that names the invalid field. */
export function parse<S extends z.ZodType>(schema: S, value: unknown): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  throw new HttpProblem(400, 'BadArgument', `${where === '' ? 'body' : where}: ${issue?.message ?? 'not understood'}`);
}

const largestBody = 1_000_000;

/** Reads a JSON body; undefined if it is empty. */
export async function readBody(message: IncomingMessage): Promise<unknown> {
  const text = await readText(message, largestBody);
  if (text === null) throw new HttpProblem(413, 'RequestTooLarge', `body: over ${largestBody} bytes`);
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpProblem(400, 'BadSyntax', 'body: not JSON');
  }
}

export function send(response: ServerResponse, answer: Answer): void {
  if (answer.stream !== undefined) {
    answer.stream(response);
    return;
  }
  const body = answer.bytes ?? (answer.body === undefined ? '' : JSON.stringify(answer.body));
  response.writeHead(answer.status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...answer.headers,
  });
  response.end(body);
}

/** Returns an error in the Connector's shape: `{error: {code, message}}`. */
export function problemAnswer(error: unknown): Answer {
  if (error instanceof HttpProblem)
    return { status: error.status, body: { error: { code: error.code, message: error.message } } };
  console.error('Teams simulator: serving a request:', error);
  return {
    status: 500,
    body: { error: { code: 'ServiceError', message: 'the Teams simulator could not serve this request' } },
  };
}
