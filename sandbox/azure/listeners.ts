/** The simulator's open ports, and the error for one that is taken. */

import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import { close, listen } from '../http.ts';

/** The default of Azure Load Balancer. */
const idleTimeoutMs = 240_000;

/** The error text for a port that another program uses. */
const inUse = (port: number, main: number | undefined): string => {
  const what = port === main ? '' : `, where a vault of the Azure simulator on port ${main} listens,`;
  return `port ${port}${what} is in use; stop the program that uses it, or choose another with --port (npm run local: --azure-port)`;
};

/** Open ports: the main one and one for each vault. */
export class Listeners {
  private readonly create: () => Server;
  private readonly open = new Map<number, readonly Server[]>();
  private turn: Promise<void> = Promise.resolve();

  constructor(certificate: { readonly cert: string; readonly key: string }, onRequest: RequestListener) {
    this.create = () => {
      const server = createServer(certificate, onRequest);
      // Node closes idle connections after 5 s, and a request that is sent at that moment fails. Azure's load balancers wait longer.
      server.keepAliveTimeout = idleTimeoutMs;
      return server;
    };
  }

  /** Opens missing ports and closes others. Changes are serialized. */
  keep(ports: readonly number[]): Promise<void> {
    const change = this.turn.then(() => this.change(ports));
    this.turn = change.catch(() => undefined);
    return change;
  }

  private async change(ports: readonly number[]): Promise<void> {
    for (const [port, servers] of this.open) {
      if (ports.includes(port)) continue;
      this.open.delete(port);
      await Promise.all(servers.map(close));
    }
    for (const port of ports) {
      if (!this.open.has(port)) this.open.set(port, await listen(this.create, port, inUse(port, ports[0])));
    }
  }
}
