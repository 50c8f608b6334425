/** Servers of tests, on free ports of this machine, and what stands in front of others. */
import { once } from 'node:events';
import { type Server as HttpServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo, Server } from 'node:net';

interface Listening {
  readonly port: number;
  /** Ends open connections too. */
  close(): Promise<void>;
}

/** Listens on this port; 0: on a free one. */
export async function listen(server: Server | HttpServer, port = 0, host = '127.0.0.1'): Promise<Listening> {
  server.listen(port, host);
  await once(server, 'listening');
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      if ('closeAllConnections' in server) server.closeAllConnections();
    });
  return { port: (server.address() as AddressInfo).port, close };
}

/** The address with this port of this machine in place of its own. */
export function throughPort(address: string, port: number): URL {
  const url = new URL(address);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return url;
}

/** Passes a call on to this address, and the answer back. 502: none came. */
export function passOn(incoming: IncomingMessage, answer: ServerResponse, to: string): void {
  const fail = (): void => void (answer.headersSent ? answer.destroy() : answer.writeHead(502).end());
  const { method, url = '/', headers } = incoming;
  const sent = request(new URL(url, to), { method, headers, agent: false }, (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(answer).on('error', fail);
    response.on('error', fail);
  });
  sent.on('error', fail);
  incoming.pipe(sent);
}
