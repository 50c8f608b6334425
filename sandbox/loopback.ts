/** What both simulators share: servers on loopback addresses, their callers, and calls of other servers on this machine. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { Refusal } from './http.ts';

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

/**
 * Listens on 127.0.0.1 and, if available, ::1; port 0 uses a free one. `inUse` is the error's text if another program
 * uses the port.
 */
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

interface Sent {
  readonly method: string;
  readonly body: string;
  readonly timeoutMs: number;
  /** Certificate authority of an https server. */
  readonly ca?: Buffer | undefined;
}

/** Sends JSON. Uses a new connection, so that a restarted server never meets a connection of its previous process. */
export function callServer(
  url: URL,
  { method, body, timeoutMs, ca }: Sent,
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
