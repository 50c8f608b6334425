/**
 * Outgoing HTTP calls with limits, over node:http and node:https. Every response has a limit in bytes and in time, headers
 * and body together. Nothing is decompressed, and no redirect is followed. Node's own `fetch` has no byte limit and
 * decompresses responses.
 */
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';

interface ServerCall {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
  /** PEM of the only trusted certificate authorities. Null: the default ones. */
  readonly ca?: string | null | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly limits: AnswerLimits;
}

interface AnswerLimits {
  readonly bytes: number;
  /** From the call to the last byte of the response. */
  readonly ms: number;
}

/** Reads the stream to its end; null if it has more bytes. Leaving the loop closes the connection. */
export async function bytesUpTo(stream: AsyncIterable<unknown>, most: number): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of stream) {
    const bytes = part as Buffer;
    length += bytes.length;
    if (length > most) return null;
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

async function bytesOf(response: IncomingMessage, most: number): Promise<Buffer> {
  const { 'content-encoding': packed = 'identity' } = response.headers;
  if (packed !== 'identity') throw new Error(`the answer is packed (${packed.slice(0, 40)})`);
  const bytes = await bytesUpTo(response, most);
  if (bytes === null) throw new Error(`the answer is too long: more than ${most} bytes`);
  return bytes;
}

function answerTo(url: URL, { method = 'GET', headers, body, ca = null }: ServerCall, signal: AbortSignal) {
  const packing = { 'accept-encoding': 'identity' };
  const options = { method, headers: { ...packing, ...headers }, signal, ...(ca === null ? {} : { ca }) };
  return new Promise<IncomingMessage>((resolve, reject) => {
    (url.protocol === 'http:' ? requestPlain : requestTls)(url, options)
      .on('response', resolve)
      .on('error', reject)
      .end(body);
  });
}

/** Returns the whole response, with the content type as its only header. Throws if it fails or exceeds a limit. */
export async function callServer(url: string | URL, call: ServerCall): Promise<Response> {
  const { limits } = call;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), limits.ms);
  let response: IncomingMessage | null = null;
  try {
    const signal = call.signal === undefined ? late.signal : AbortSignal.any([late.signal, call.signal]);
    response = await answerTo(new URL(url), call, signal);
    const bytes = await bytesOf(response, limits.bytes);
    const headers = { 'content-type': response.headers['content-type'] ?? '' };
    return new Response(bytes.length === 0 ? null : bytes, { status: response.statusCode ?? 0, headers });
  } catch (error) {
    response?.destroy();
    // Several addresses of one host name were tried.
    if (!late.signal.aborted) throw error instanceof AggregateError ? error.errors[0] : error;
    throw new Error(`there was no whole answer within ${limits.ms / 1_000} seconds`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
