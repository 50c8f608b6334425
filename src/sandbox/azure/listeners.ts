import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';

interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const listen = (server: Server, port: number, host: string): Promise<unknown> =>
  once(server.listen({ port, host, ipv6Only: true }), 'listening');

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

/** Error codes of `::1` on a machine without IPv6. */
const isAddressUnavailable = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'].includes(String(error.code));

/** The error text for a port that another program uses. */
const inUse = (port: number, main: number | undefined): Error => {
  const what = port === main ? '' : `, where a vault of the Azure simulator on port ${main} listens,`;
  return new Error(
    `port ${port}${what} is in use; stop the program that uses it, or choose another with --port (npm run local: --azure-port)`,
  );
};

const isInUse = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';

/** The default of Azure Load Balancer. */
const idleTimeoutMs = 240_000;

/** Open ports: the main one and one for each vault. Each listens on 127.0.0.1 and, if available, ::1. */
export class Listeners {
  private readonly certificate: Certificate;
  private readonly onRequest: RequestListener;
  private readonly open = new Map<number, readonly Server[]>();
  private turn: Promise<void> = Promise.resolve();

  constructor(certificate: Certificate, onRequest: RequestListener) {
    this.certificate = certificate;
    this.onRequest = onRequest;
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
      if (this.open.has(port)) continue;
      const servers = await this.start(port).catch((error: unknown) => {
        throw isInUse(error) ? inUse(port, ports[0]) : error;
      });
      this.open.set(port, servers);
    }
  }

  async stop(): Promise<void> {
    await this.keep([]);
  }

  private async start(port: number): Promise<Server[]> {
    const servers = [createServer(this.certificate, this.onRequest), createServer(this.certificate, this.onRequest)];
    // Node closes idle connections after 5 s, and a request that is sent at that moment fails. Azure's load balancers wait longer.
    for (const server of servers) server.keepAliveTimeout = idleTimeoutMs;
    const [first, second] = servers;
    if (first === undefined || second === undefined) return [];
    await listen(first, port, '127.0.0.1');
    try {
      await listen(second, port, '::1');
      return [first, second];
    } catch (error) {
      if (isAddressUnavailable(error)) return [first];
      await close(first);
      throw error;
    }
  }
}
