/** How the Teams simulator reads requests and answers them. */

import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { Refusal, type Reply, readText, reply } from '../http.ts';

export interface Request {
  readonly method: string;
  readonly url: URL;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

export interface Route {
  readonly method: string;
  readonly pattern: string;
  readonly handle: (request: Request) => Reply | Promise<Reply>;
}

export const route = (method: string, pattern: string, handle: Route['handle']): Route => ({ method, pattern, handle });

export const ok = (body: unknown): Reply => reply(200, body);

/** An answer whose body is JSON already. */
export const jsonText = (status: number, text: string | undefined, headers: Reply['headers'] = {}): Reply =>
  reply(status, text, { 'content-type': 'application/json; charset=utf-8', ...headers });

/** Validates input. Throws a 400 that names the invalid field. */
export function parse<S extends z.ZodType>(schema: S, value: unknown): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  throw Refusal.of(400, 'BadArgument', `${where === '' ? 'body' : where}: ${issue?.message ?? 'not understood'}`);
}

const largestBody = 1_000_000;

/** Reads a JSON body; undefined if it is empty. */
export async function readBody(message: IncomingMessage): Promise<unknown> {
  const text = await readText(message, largestBody);
  if (text === null) throw Refusal.of(413, 'RequestTooLarge', `body: over ${largestBody} bytes`);
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw Refusal.of(400, 'BadSyntax', 'body: not JSON');
  }
}

/** Returns the answer to a request that failed. */
export function problemAnswer(error: unknown): Reply {
  if (error instanceof Refusal) return error.reply;
  console.error('Teams simulator: serving a request:', error);
  return Refusal.of(500, 'ServiceError', 'the Teams simulator could not serve this request').reply;
}
