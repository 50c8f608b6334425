import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { HttpProblem } from './http.ts';

/** Listens on 127.0.0.1 and, if available, ::1; port 0 uses a free one. */
export async function listen(serve: RequestListener, port: number): Promise<readonly Server[]> {
  const first = await listenOn(serve, '127.0.0.1', port);
  try {
    return [first, await listenOn(serve, '::1', portOf([first]))];
  } catch (error) {
    if (!(error instanceof PortInUse)) return [first];
    await close(first);
    if (port === 0) return listen(serve, 0);
    throw error;
  }
}

/** Another program uses the port. */
class PortInUse extends Error {
  constructor(port: number) {
    super(
      `port ${port} is in use; stop the program that uses it, or choose another with --port (npm run local: --teams-port)`,
    );
  }
}

function listenOn(serve: RequestListener, host: string, port: number): Promise<Server> {
  const server = createServer(serve);
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject('code' in error && error.code === 'EADDRINUSE' ? new PortInUse(port) : error);
    });
    server.listen(port, host, () => resolve(server));
  });
}

export function portOf([server]: readonly Server[]): number {
  const address = server?.address();
  if (address === null || address === undefined || typeof address === 'string') throw new Error('listening: no port');
  return address.port;
}

export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Refuses web pages of other sites.
 * The Teams simulator trusts its callers, so another site in a browser tab must not reach it: by a form (JSON only), by
 * a name that resolves to loopback (Host), or across sites (Origin).
 */
export function refuseForeigners(message: IncomingMessage): void {
  const host = message.headers.host ?? '';
  if (!loopbackNames.has(host.replace(/:\d+$/, '').toLowerCase()))
    throw new HttpProblem(403, 'ForeignHost', 'the Teams simulator answers on loopback names only');
  const origin = message.headers.origin;
  if (origin !== undefined && origin !== `http://${host}`)
    throw new HttpProblem(403, 'ForeignOrigin', 'the Teams simulator answers its own page only');
  if (message.headers['sec-fetch-site'] === 'cross-site' && message.headers['sec-fetch-mode'] !== 'navigate')
    throw new HttpProblem(403, 'ForeignOrigin', 'the Teams simulator answers its own page only');
  const hasBody = message.method === 'POST' || message.method === 'PUT';
  if (hasBody && !/^application\/json\b/i.test(message.headers['content-type'] ?? ''))
    throw new HttpProblem(415, 'UnsupportedMediaType', 'content-type: application/json is wanted');
}
